import { randomInt } from "node:crypto";
import { dialogKey, dialogOfUas } from "../dialog/dialog.ts";
import { SIP_LIMITS } from "../limits.ts";
import type { ParsedRequest } from "../message/message.ts";
import { textToOctets } from "../message/text.ts";
import type { OctetField } from "../message/write.ts";
import type { ServerUser } from "../transaction/server-transactions.ts";
import type { CallHandlers, HeaderField, IncomingCall, SipPeer, SipRequest, Source } from "../types.ts";
import { SUPPORTED } from "./answers.ts";
import { type AgentContext, contactValue, type DialogUser, isSecure, newTag } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { Session } from "./session.ts";

/** An INVITE of a peer, from its 100 to the end of its session (RFC 3261 §13.3, §9.2). */
export class Incoming implements IncomingCall, DialogUser, ServerUser {
	readonly callId: string;
	readonly request: SipRequest;
	readonly source: Source;
	readonly peer: SipPeer;
	readonly localAddress: string;
	readonly offer: string | undefined;
	handlers: CallHandlers = {};
	readonly #localTag = newTag();
	readonly #context: AgentContext;
	readonly #onGone: (call: Incoming) => void;
	readonly #dialogKey: string;
	/** Undefined once answered or refused. */
	#invite: Exchange | undefined;
	#session: Session | undefined;
	#repeat: NodeJS.Timeout | undefined;

	/** @param onGone told once, when the call no longer counts as running. */
	constructor(
		context: AgentContext,
		exchange: Exchange,
		peer: SipPeer,
		offer: string | undefined,
		onGone: (call: Incoming) => void,
	) {
		const { request, flow } = exchange;
		this.callId = request.callId;
		this.request = request;
		this.source = flow.source;
		this.peer = peer;
		this.localAddress = flow.localAddress;
		this.offer = offer;
		this.#context = context;
		this.#invite = exchange;
		this.#onGone = onGone;
		this.#dialogKey = dialogKey(request.callId, this.#localTag, request.fromTag);
		exchange.transaction.user = this;
		exchange.transaction.localTag = this.#localTag;
		context.dialogs.set(this.#dialogKey, this);
		this.#repeatLater(() => exchange.respond(100));
	}

	progress(status: number, sdp?: string): void {
		const invite = this.#invite;
		if (invite === undefined) return;
		if (!(status > 100 && status < 200)) throw new RangeError(`${status} is no provisional status`);
		const fields: OctetField[] = [
			["Contact", contactValue(invite.flow, isSecure(invite.request))],
			this.#context.abilities.allow,
		];
		const send = (): void => invite.respond(status, { toTag: this.#localTag, echoRecordRoute: true, fields, sdp });
		send();
		this.#repeatLater(send);
	}

	reject(status: number, options: { readonly reason?: string; readonly headers?: readonly HeaderField[] } = {}): void {
		if (!(status >= 300 && status < 700)) throw new RangeError(`${status} does not refuse a call`);
		const fields = (options.headers ?? []).map(([name, value]): OctetField => [name, textToOctets(value)]);
		this.#refuse(status, options.reason, fields);
	}

	answer(sdp: string): void {
		const invite = this.#invite;
		if (invite === undefined) return;
		this.#settle();
		this.#context.count("sipCallsAnswered");
		const dialog = dialogOfUas(invite.request, this.#localTag);
		// The session takes the early dialog's place under the same key.
		this.#session = new Session(
			this.#context,
			dialog,
			invite.flow,
			() => this.handlers,
			() => this.#onGone(this),
		);
		this.#session.accept(invite, sdp, this.offer === undefined, this.#localTag);
	}

	hangUp(): void {
		if (this.#invite !== undefined) this.reject(480);
		else this.#session?.hangUp();
	}

	/** Whoever took the call threw; an answered one is ended. */
	fail(): void {
		if (this.#invite !== undefined) this.reject(500);
		else this.#session?.hangUp();
	}

	/** The user agent closes. */
	close(): void {
		if (this.#invite !== undefined) this.reject(503);
		else this.#session?.close();
	}

	onCancel(): void {
		this.#cancelled();
	}

	/** A request in the early dialog. */
	receive(exchange: Exchange): void {
		const { method } = exchange.request;
		if (method === "BYE") {
			// §15.1.2: the caller may end an early dialog so; the INVITE is then answered with 487.
			exchange.respond(200);
			this.#cancelled();
		} else if (method === "INVITE") {
			// §14.2: the first INVITE has no final answer yet.
			const retryAfter = String(randomInt(0, 11));
			exchange.respond(500, { reason: "INVITE In Progress", fields: [["Retry-After", retryAfter]] });
		} else if (method === "OPTIONS") exchange.respond(200, { fields: [this.#context.abilities.allow, SUPPORTED] });
		else exchange.respond(481);
	}

	ack(_request: ParsedRequest): void {
		this.#context.count("sipStrayAcks");
	}

	#cancelled(): void {
		if (this.#invite === undefined) return;
		this.#context.count("sipCallsCancelled");
		this.#refuse(487, undefined, []);
		this.#context.guard("onCancelled", () => this.handlers.onCancelled?.());
	}

	#refuse(status: number, reason: string | undefined, fields: readonly OctetField[]): void {
		const invite = this.#invite;
		if (invite === undefined) return;
		this.#settle();
		this.#context.dialogs.delete(this.#dialogKey);
		invite.respond(status, { toTag: this.#localTag, reason, fields });
		this.#onGone(this);
	}

	#settle(): void {
		this.#invite = undefined;
		clearInterval(this.#repeat);
	}

	#repeatLater(send: () => void): void {
		clearInterval(this.#repeat);
		this.#repeat = setInterval(send, SIP_LIMITS.progressRepeatMs);
	}
}
