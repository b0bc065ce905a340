/** NOTIFY in the dialog of a subscription: RFC 6665 §4.2.2, RFC 3261 §12.2.1. */
import { nextRequest } from "../dialog/dialog.ts";
import { SIP_LIMITS } from "../limits.ts";
import type { ParsedResponse } from "../message/message.ts";
import { octetsToText, textToOctets } from "../message/text.ts";
import { type OctetField, requestLine, writeMessage } from "../message/write.ts";
import type { NotifyOptions, NotifyResult } from "../types.ts";
import { type AgentContext, contactValue, newBranch, viaValue } from "./context.ts";
import { hopOf } from "./next-hop.ts";

export function sendNotify(context: AgentContext, options: NotifyOptions): void {
	const { dialog, cseq, path, headers, body } = options;
	const next = nextRequest(dialog, "NOTIFY", cseq);
	let told = false;
	const finish = (result: NotifyResult): void => {
		if (told) return;
		told = true;
		if (!result.answered) context.count("sipRequestsFailed");
		context.guard("onFinal", () => options.onFinal(result));
	};
	const failed = (status: number): void => finish({ status, answered: false, retryAfterSeconds: undefined });
	const local = context.transports.listening[0];
	// The connection that the subscriber made, where it still stands: nobody may be able to connect to it.
	const preferred = local && { source: { ...path, local } };
	context.transports.flowTo(hopOf(next.nextHop, path), preferred, (flow) => {
		if (flow instanceof Error) {
			context.log.debug({ error: flow.message }, "no way to a subscriber");
			queueMicrotask(() => failed(503));
			return;
		}
		const branch = newBranch();
		const fields: OctetField[] = [
			["Via", viaValue(context, flow, branch)],
			["Max-Forwards", String(SIP_LIMITS.maxForwardsDefault)],
			...next.fields,
			["Contact", contactValue(context, flow)],
			...headers.map(([name, value]): OctetField => [name, textToOctets(value)]),
			context.abilities.allow,
			...context.abilities.allowEvents,
			["User-Agent", context.serverName],
			...(body === undefined ? [] : [["Content-Type", body.type] as const]),
		];
		const octets = writeMessage(
			requestLine("NOTIFY", octetsToText(next.uri)),
			fields,
			body === undefined ? undefined : Buffer.from(body.text, "utf8"),
		);
		context.count("sipRequestsSent");
		context.clients.nonInvite(branch, "NOTIFY", octets, flow, {
			onResponse: (response) => {
				if (response.status < 200) return;
				finish({ status: response.status, answered: true, retryAfterSeconds: retryAfterOf(response) });
			},
			onFailure: failed,
		});
	});
}

/** Seconds, without the comment and parameters that may follow (RFC 3261 §20.33). */
function retryAfterOf(response: ParsedResponse): number | undefined {
	const seconds = /^\s*(\d{1,9})/.exec(response.headers.raw("retry-after") ?? "")?.[1];
	return seconds === undefined ? undefined : Number(seconds);
}
