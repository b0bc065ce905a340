import { dialogOfUas, withRemoteCseq, withTarget } from "../dialog/dialog.ts";
import { answerTimer } from "../dialog/session-timer.ts";
import { SIP_LIMITS } from "../limits.ts";
import { findSdp } from "../message/body.ts";
import type { ParsedRequest } from "../message/message.ts";
import { reasonOfStatus, reasonsOf } from "../message/reason.ts";
import { textToOctets } from "../message/text.ts";
import type { OctetField } from "../message/write.ts";
import type { ServerUser } from "../transaction/server-transactions.ts";
import type { CallHandlers, EndReason, HeaderField, IncomingCall, SipPeer, SipRequest, Source } from "../types.ts";
import { historyEcho } from "./answers.ts";
import { type AgentContext, contactValue, type DialogUser, isSecure, newTag, type Replaceable } from "./context.ts";
import { DialogSide } from "./dialog-side.ts";
import type { Exchange } from "./exchange.ts";
import { answerInfo, answerUpdate, askOffer, refuseForNow } from "./in-dialog.ts";
import { type Carried, Provisionals } from "./provisionals.ts";
import { Session } from "./session.ts";

/** An INVITE of a peer, from its 100 to the end of its session (RFC 3261 §13.3, §9.2; RFC 3262). */
export class Incoming implements IncomingCall, DialogUser, ServerUser {
	readonly callId: string;
	readonly request: SipRequest;
	readonly source: Source;
	readonly peer: SipPeer;
	readonly localAddress: string;
	readonly offer: string | undefined;
	readonly reliableProgress: boolean;
	readonly replaces: IncomingCall | undefined;
	handlers: CallHandlers = {};
	readonly #localTag = newTag();
	readonly #context: AgentContext;
	readonly #onGone: (call: Incoming) => void;
	readonly #side: DialogSide;
	/** All provisional responses must be reliable (RFC 3262 §3). */
	readonly #reliableOnly: boolean;
	/** Undefined once answered or refused. */
	#invite: Exchange | undefined;
	#session: Session | undefined;
	#repeat: NodeJS.Timeout | undefined;
	/** Made with the first reliable provisional response: most calls have none. */
	#provisionals: Provisionals | undefined;
	/** A 200 that waits for the PRACK of what it would repeat. */
	#answerWaits: string | undefined;
	/** The description that UPDATE or PRACK put in force before the answer. */
	#sdp: string | undefined;

	/** @param onGone told once, when the call no longer counts as running. */
	constructor(
		context: AgentContext,
		exchange: Exchange,
		offer: string | undefined,
		replaces: IncomingCall | undefined,
		onGone: (call: Incoming) => void,
	) {
		const { request, flow } = exchange;
		this.callId = request.callId;
		this.request = request;
		this.source = flow.source;
		this.peer = exchange.peer;
		this.localAddress = flow.localAddress;
		this.offer = offer;
		this.replaces = replaces;
		this.#reliableOnly = hasTag(request, "require", "100rel");
		this.reliableProgress = this.#reliableOnly || hasTag(request, "supported", "100rel");
		this.#context = context;
		this.#invite = exchange;
		this.#onGone = onGone;
		this.#side = new DialogSide(context, dialogOfUas(request, this.#localTag), flow);
		exchange.transaction.user = this;
		exchange.transaction.localTag = this.#localTag;
		context.dialogs.set(this.#side.key, this);
		this.#repeatLater(() => exchange.respond(100));
	}

	get replaceable(): Replaceable {
		return { call: this, state: "early" };
	}

	progress(status: number, sdp?: string): void {
		const invite = this.#invite;
		if (invite === undefined || this.#answerWaits !== undefined) return;
		if (!(status > 100 && status < 200)) throw new RangeError(`${status} is no provisional status`);
		const reliably = this.#reliableOnly || (sdp !== undefined && this.reliableProgress);
		// RFC 3261 §13.2.1: the first reliable response to an INVITE without offer must bring one; 100 says enough.
		if (reliably && sdp === undefined && this.offer === undefined) return;
		if (sdp !== undefined && this.offer === undefined && !reliably) {
			throw new RangeError("an offer needs a reliable provisional response, which the caller does not know");
		}
		if (!reliably) {
			const send = (): void => invite.respond(status, this.#provisional([], sdp));
			send();
			this.#repeatLater(send);
			return;
		}
		this.#sendReliably(invite, status, sdp);
		// RFC 3261 §13.3.1.1: repeated so that proxies do not give up; here as a further one, without what is settled.
		this.#repeatLater(() => this.#sendReliably(invite, status, undefined));
	}

	reject(status: number, options: { readonly reason?: string; readonly headers?: readonly HeaderField[] } = {}): void {
		if (!(status >= 300 && status < 700)) throw new RangeError(`${status} does not refuse a call`);
		const fields = (options.headers ?? []).map(([name, value]): OctetField => [name, textToOctets(value)]);
		this.#refuse(status, options.reason, fields);
	}

	answer(sdp: string): void {
		const invite = this.#invite;
		if (invite === undefined) return;
		// RFC 3262 §3: no 2xx before what it would repeat is known to have arrived.
		if (this.#provisionals?.unsettled !== undefined) {
			this.#answerWaits ??= sdp;
			return;
		}
		this.#settle();
		this.#context.count("sipCallsAnswered");
		const settled = this.#provisionals?.settled;
		// Checked before the call was handed up: it names no refusal any more.
		const timer = answerTimer(invite.request.headers, this.#context.sessionTimer);
		const interval = "fields" in timer ? timer.interval : undefined;
		// The session takes the early dialog's place under the same key.
		this.#session = new Session({
			context: this.#context,
			side: this.#side,
			handlers: () => this.handlers,
			placed: false,
			updates: hasTag(invite.request, "allow", "update"),
			sdp: this.#sdp ?? sdp,
			incoming: this,
			provisionals: this.#provisionals,
			onGone: () => this.#onGone(this),
		});
		this.#session.accept(invite, {
			sdp: settled === undefined ? sdp : undefined,
			offered: settled === undefined && this.offer === undefined,
			toTag: this.#localTag,
			fields: [...historyEcho(invite.request.headers), ...("fields" in timer ? timer.fields : [])],
		});
		this.#session.agree(interval);
	}

	hangUp(reason?: EndReason): void {
		if (this.#invite !== undefined) this.reject(480);
		else this.#session?.hangUp(reason);
	}

	/** Whoever took the call threw; an answered one is ended. */
	fail(): void {
		if (this.#invite !== undefined) this.reject(500);
		else this.#session?.hangUp({ protocol: "Q.850", cause: 41 });
	}

	/** The user agent closes. */
	close(): void {
		if (this.#invite !== undefined) this.reject(503);
		else this.#session?.close();
	}

	onCancel(request: ParsedRequest): void {
		this.#cancelled(request);
	}

	/** A request in the early dialog. */
	receive(exchange: Exchange): void {
		const { request } = exchange;
		const { method } = request;
		const next = withRemoteCseq(this.#side.dialog, request.cseq);
		if (next === undefined) {
			exchange.respond(500, { reason: "CSeq Out Of Order" });
			return;
		}
		this.#side.dialog = next;
		const { all, allow } = this.#context.abilities;
		if (method === "BYE") {
			// §15.1.2: the caller may end an early dialog so; the INVITE is then answered with 487.
			exchange.respond(200);
			this.#cancelled(request);
		} else if (method === "PRACK") this.#prack(exchange);
		else if (method === "UPDATE") this.#update(exchange);
		// §14.2: the first INVITE has no final answer yet.
		else if (method === "INVITE") refuseForNow(exchange, "INVITE In Progress");
		else if (method === "INFO") answerInfo(this.#context, exchange, this.handlers);
		else if (method === "OPTIONS") exchange.respond(200, { fields: all });
		else if (method === "SUBSCRIBE") exchange.respond(403, { reason: "Not In The Dialog Of A Call" });
		else exchange.respond(405, { fields: [allow] });
	}

	ack(_request: ParsedRequest): void {
		this.#context.count("sipStrayAcks");
	}

	#provisional(more: readonly OctetField[], sdp: string | undefined) {
		const { request, flow } = this.#invite as Exchange;
		const { allow, supported } = this.#context.abilities;
		const echo = historyEcho(request.headers);
		const fields: OctetField[] = [
			["Contact", contactValue(flow, isSecure(request))],
			allow,
			supported,
			...echo,
			...more,
		];
		return { toTag: this.#localTag, echoRecordRoute: true, fields, sdp };
	}

	#sendReliably(invite: Exchange, status: number, sdp: string | undefined): void {
		const carried: Carried = sdp === undefined ? undefined : this.offer === undefined ? "offer" : "answer";
		this.#provisionals ??= new Provisionals({
			context: this.#context,
			inviteCseq: invite.request.cseq,
			send: (code, octets) => invite.transaction.respond(code, octets),
			lost: () => this.#progressLost(),
		});
		this.#provisionals.send(status, carried, (more) => invite.write(status, this.#provisional(more, sdp)));
	}

	/** RFC 3262 §3: without PRACK the INVITE is refused with a 5xx. */
	#progressLost(): void {
		if (this.#invite === undefined) return;
		this.#refuse(504, undefined, []);
		this.#context.guard("onProgressLost", () => this.handlers.onProgressLost?.());
	}

	/** RFC 3262 §3, §5: 481 where it matches no response; SDP in it is the answer to ours, or a further offer. */
	#prack(exchange: Exchange): void {
		const acknowledged = this.#provisionals?.prack(exchange.request);
		if (acknowledged === undefined) {
			exchange.respond(481);
			return;
		}
		const { carried } = acknowledged;
		const found = findSdp(exchange.request.headers, exchange.request.body);
		const sdp = found.found === "sdp" ? found.sdp : undefined;
		if (sdp !== undefined && carried !== "offer") this.#answerOffer(exchange, sdp);
		else exchange.respond(200);
		if (carried !== undefined) {
			const answer = carried === "offer" ? sdp : undefined;
			this.#context.guard("onProgressConfirmed", () => this.handlers.onProgressConfirmed?.(answer));
		}
		this.#provisionals?.next();
		const waiting = this.#answerWaits;
		if (waiting === undefined) return;
		this.#answerWaits = undefined;
		this.answer(waiting);
	}

	/** An offer in a PRACK: its 200 carries the answer. */
	#answerOffer(exchange: Exchange, offer: string): void {
		const verdict = askOffer(this.#context, this.handlers, offer);
		if ("status" in verdict) {
			exchange.respond(verdict.status);
			return;
		}
		this.#sdp = verdict.sdp;
		exchange.respond(200, { sdp: verdict.sdp });
	}

	#update(exchange: Exchange): void {
		const settled = this.#provisionals?.settled;
		const offers = { ours: this.#provisionals?.unsettled === "offer", theirs: settled === undefined };
		answerUpdate(this.#context, exchange, {
			offers,
			handlers: this.handlers,
			// The session's timer starts with the 2xx to its INVITE (RFC 4028 §10).
			timer: () => [],
			accepted: (sdp) => {
				this.#side.dialog = withTarget(this.#side.dialog, exchange.request.headers);
				this.#sdp = sdp ?? this.#sdp;
			},
		});
	}

	#cancelled(request: ParsedRequest): void {
		if (this.#invite === undefined) return;
		this.#context.count("sipCallsCancelled");
		this.#refuse(487, undefined, []);
		const reasons = reasonsOf(request.headers.rawAll("reason"), SIP_LIMITS.reasonsMax);
		this.#context.guard("onCancelled", () => this.handlers.onCancelled?.(reasons));
	}

	#refuse(status: number, reason: string | undefined, fields: readonly OctetField[]): void {
		const invite = this.#invite;
		if (invite === undefined) return;
		this.#settle();
		this.#context.dialogs.delete(this.#side.key);
		const more = fields.some(([name]) => name.toLowerCase() === "reason") ? [] : reasonOfStatus(status);
		const all = [...fields, ...more, ...historyEcho(invite.request.headers)];
		invite.respond(status, { toTag: this.#localTag, reason, fields: all });
		this.#onGone(this);
	}

	#settle(): void {
		this.#invite = undefined;
		this.#provisionals?.stop();
		clearInterval(this.#repeat);
	}

	#repeatLater(send: () => void): void {
		clearInterval(this.#repeat);
		this.#repeat = setInterval(send, SIP_LIMITS.progressRepeatMs);
	}
}

/** Whether a list of tokens, such as Supported, names this one. */
function hasTag(request: ParsedRequest, field: string, tag: string): boolean {
	return request.headers.rawAll(field).some((value) => value.toLowerCase() === tag);
}
