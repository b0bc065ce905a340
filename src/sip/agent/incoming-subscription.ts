/** A SUBSCRIBE of a peer: RFC 6665 §4.2.1. What it means is decided above; here is how it is read and answered. */
import { contactUri, dialogOfUas } from "../dialog/dialog.ts";
import type { ParsedRequest } from "../message/message.ts";
import { parseHeaderParams } from "../message/params.ts";
import { textToOctets } from "../message/text.ts";
import type { OctetField } from "../message/write.ts";
import type { DialogState, HeaderField, IncomingSubscribe, ReturnPath, SipPeer, SipRequest, Source } from "../types.ts";
import { type AgentContext, contactValue, isSecure, newTag } from "./context.ts";
import type { Exchange } from "./exchange.ts";

export class IncomingSubscription implements IncomingSubscribe {
	readonly request: SipRequest;
	readonly source: Source;
	readonly peer: SipPeer;
	readonly localAddress: string;
	readonly event: string;
	readonly eventId: string;
	readonly expiresSeconds: number | undefined;
	readonly inDialog: boolean;
	readonly dialog: DialogState;
	readonly path: ReturnPath;
	readonly #context: AgentContext;
	#exchange: Exchange | undefined;

	constructor(context: AgentContext, exchange: Exchange) {
		const { request, flow } = exchange;
		this.request = request;
		this.source = flow.source;
		this.peer = exchange.peer;
		this.localAddress = flow.localAddress;
		this.event = eventOf(request) ?? "";
		this.eventId = parseHeaderParams(request.headers.get("event") ?? "")?.get("id") ?? "";
		this.expiresSeconds = expiresOf(request);
		this.inDialog = request.toTag !== "";
		this.dialog = dialogOf(request);
		const { transport, address, port } = flow.source;
		this.path = { transport, address, port };
		this.#context = context;
		this.#exchange = exchange;
	}

	accept(expiresSeconds: number): void {
		const fields: OctetField[] = [["Expires", String(expiresSeconds)]];
		const exchange = this.#exchange;
		if (exchange === undefined) return;
		fields.push(
			["Contact", contactValue(exchange.flow, isSecure(exchange.request))],
			...this.#context.abilities.allowEvents,
		);
		this.#respond(200, undefined, fields);
	}

	reject(status: number, options: { readonly reason?: string; readonly headers?: readonly HeaderField[] } = {}): void {
		if (!(status >= 300 && status < 700)) throw new RangeError(`${status} does not refuse a subscription`);
		const fields = (options.headers ?? []).map(([name, value]): OctetField => [name, textToOctets(value)]);
		this.#respond(status, options.reason, fields);
	}

	#respond(status: number, reason: string | undefined, fields: readonly OctetField[]): void {
		const echoRecordRoute = status < 300;
		this.#exchange?.respond(status, { toTag: this.dialog.localTag, reason, fields, echoRecordRoute });
		this.#exchange = undefined;
	}
}

/** Event package without parameters, in lower case; undefined without a readable Event. */
export function eventOf(request: ParsedRequest): string | undefined {
	const name = (request.headers.get("event") ?? "").split(";", 1)[0]?.trim().toLowerCase();
	return name === "" ? undefined : name;
}

/** A value that is no number is as good as none (RFC 3261 §20.19). */
function expiresOf(request: ParsedRequest): number | undefined {
	const text = request.headers.raw("expires") ?? "";
	return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function dialogOf(request: ParsedRequest): DialogState {
	if (request.toTag === "") return dialogOfUas(request, newTag());
	const dialog = { ...dialogOfUas(request, request.toTag), localParty: request.headers.raw("to") ?? "" };
	// A refresh without Contact leaves the target as it was; "" says so.
	return { ...dialog, remoteTarget: contactUri(request.headers) ?? "" };
}
