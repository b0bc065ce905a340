/** NOTIFY in the dialog of a subscription: RFC 6665 §4.2.2, RFC 3261 §12.2.1. */
import { nextRequest } from "../dialog/dialog.ts";
import { SIP_LIMITS } from "../limits.ts";
import type { ParsedResponse } from "../message/message.ts";
import { octetsToText, textToOctets } from "../message/text.ts";
import { schemeOf } from "../message/uri.ts";
import { type OctetField, requestLine, writeMessage } from "../message/write.ts";
import type { Flow } from "../transport/flow.ts";
import type { NotifyOptions, NotifyResult } from "../types.ts";
import { type AgentContext, contactValue, viaValue } from "./context.ts";
import { sendRequest } from "./send-request.ts";

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
	const line = requestLine("NOTIFY", octetsToText(next.uri));
	const octets = body === undefined ? undefined : Buffer.from(body.text, "utf8");
	const secure = schemeOf(next.nextHop) === "sips";
	const write = (flow: Flow, branch: string): Uint8Array => {
		const fields: OctetField[] = [
			["Via", viaValue(flow, branch)],
			["Max-Forwards", String(SIP_LIMITS.maxForwardsDefault)],
			...next.fields,
			["Contact", contactValue(flow, secure)],
			...headers.map(([name, value]): OctetField => [name, textToOctets(value)]),
			context.abilities.allow,
			...context.abilities.allowEvents,
			["User-Agent", context.serverName],
			...(body === undefined ? [] : [["Content-Type", body.type] as const]),
		];
		return writeMessage(line, fields, octets);
	};
	context.count("sipRequestsSent");
	// The connection that the subscriber made, where it still stands: nobody may be able to connect to it. Which address of
	// ours it was is not kept, so the route to the subscriber decides.
	const preferred = { source: { ...path, local: { transport: path.transport, host: "", port: 0 } } };
	sendRequest(
		context,
		{ method: "NOTIFY", nextHop: next.nextHop, preferred, write },
		{
			onResponse: (response) => {
				if (response.status < 200) return;
				finish({ status: response.status, answered: true, retryAfterSeconds: retryAfterOf(response) });
			},
			onFailure: failed,
		},
	);
}

/** Seconds, without the comment and parameters that may follow (RFC 3261 §20.33). */
function retryAfterOf(response: ParsedResponse): number | undefined {
	const seconds = /^\s*(\d{1,9})/.exec(response.headers.raw("retry-after") ?? "")?.[1];
	return seconds === undefined ? undefined : Number(seconds);
}
