/** Which call an INVITE with Replaces is to take the place of: RFC 3891 §3. */
import { dialogKey } from "../dialog/dialog.ts";
import { parseReplaces } from "../message/replaces.ts";
import type { IncomingCall } from "../types.ts";
import type { AgentContext } from "./context.ts";
import type { Exchange } from "./exchange.ts";

/**
 * @returns undefined where the INVITE replaces nothing (or Replaces is not supported here), else the call, or the status
 * to refuse with.
 */
export function replacedCall(
	{ request, flow }: Exchange,
	context: AgentContext,
): { readonly call: IncomingCall } | { readonly status: number } | undefined {
	const values = context.abilities.tags.has("replaces") ? request.headers.rawFields("replaces") : [];
	if (values.length === 0) return undefined;
	const replaces = parseReplaces(values[0] as string);
	// Two of them, or Join beside it, leave open what is wanted.
	if (replaces === undefined || values.length > 1 || request.headers.has("join")) return { status: 400 };
	const found = context.dialogs.get(dialogKey(replaces.callId, replaces.toTag, replaces.fromTag))?.replaceable;
	if (found === undefined) return { status: 481 };
	if (found.state === "ended") return { status: 603 };
	// An early dialog may be replaced only where its callee asks for it; one that we placed is nobody's to take.
	if (found.state === "early" || found.call === undefined) return { status: 481 };
	// Whoever takes a call over hears its mailbox: only the peer that brought the call may.
	if (found.call.source.address !== flow.source.address) return { status: 403 };
	return replaces.earlyOnly ? { status: 486 } : { call: found.call };
}
