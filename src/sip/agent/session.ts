import { type AcceptedEvent, type AcceptedState, accepted, acceptedStart } from "../dialog/accepted.ts";
import { withRemoteCseq, withTarget } from "../dialog/dialog.ts";
import type { OpenOffers } from "../dialog/glare.ts";
import { answerTimer, type SessionInterval } from "../dialog/session-timer.ts";
import { SIP_LIMITS } from "../limits.ts";
import { findSdp } from "../message/body.ts";
import type { ParsedRequest } from "../message/message.ts";
import { reasonField, reasonsOf } from "../message/reason.ts";
import type { OctetField } from "../message/write.ts";
import { Running } from "../transaction/running.ts";
import type { CallEnd, CallHandlers, EndReason, IncomingCall } from "../types.ts";
import { type AgentContext, contactValue, type DialogUser, isSecure, type Replaceable } from "./context.ts";
import type { DialogSide } from "./dialog-side.ts";
import type { Exchange } from "./exchange.ts";
import { answerInfo, answerUpdate, askOffer } from "./in-dialog.ts";
import type { Provisionals } from "./provisionals.ts";
import { Refresher } from "./refresher.ts";
import { readOffer } from "./screening.ts";

/** A 2xx of ours whose ACK has not come. */
interface Unacknowledged {
	readonly running: Running<AcceptedState, AcceptedEvent>;
	/** Our 2xx carried the offer: the ACK brings the answer. */
	readonly offered: boolean;
}

export interface SessionOptions {
	readonly context: AgentContext;
	readonly side: DialogSide;
	readonly handlers: () => CallHandlers;
	/** We placed the call. */
	readonly placed: boolean;
	/** The peer's Allow names UPDATE. */
	readonly updates: boolean;
	/** The description of ours that is in force. */
	readonly sdp: string | undefined;
	/** The call that was taken, which another may ask to replace. */
	readonly incoming?: IncomingCall;
	/** Reliable provisional responses whose PRACK may still come. */
	readonly provisionals?: Provisionals | undefined;
	/** Told once, when the call no longer counts as running. */
	onGone(): void;
}

export interface Acceptance {
	/** Undefined where a reliable provisional response carried it. */
	readonly sdp: string | undefined;
	/** It is our offer. */
	readonly offered: boolean;
	readonly toTag?: string;
	readonly fields?: readonly OctetField[];
}

const CLEARED: EndReason = { protocol: "Q.850", cause: 16, text: "Normal call clearing" };
/** What our BYE says where nobody above gave a reason. */
const REASONS: Partial<Record<CallEnd, EndReason>> = {
	noAck: { protocol: "SIP", cause: 408, text: "ACK did not arrive" },
	expired: { protocol: "SIP", cause: 408, text: "Session expired" },
	failed: { protocol: "SIP", cause: 408, text: "Session could not be refreshed" },
};

/** A confirmed dialog: everything after the 2xx (RFC 3261 §12.2, §13.3.1.4, §14, §15; RFC 3311, RFC 4028). */
export class Session implements DialogUser {
	readonly #context: AgentContext;
	readonly #options: SessionOptions;
	readonly #side: DialogSide;
	/** By CSeq number of the INVITE. */
	readonly #unacknowledged = new Map<number, Unacknowledged>();
	/** Made when a timer is agreed on: most calls have none. */
	#refresher: Refresher | undefined;
	#sdp: string | undefined;
	#ended = false;
	/** hangUp() came before the ACK; a callee may not send BYE until then (§15). */
	#byeWaits: EndReason | undefined;

	constructor(options: SessionOptions) {
		this.#options = options;
		this.#context = options.context;
		this.#side = options.side;
		this.#sdp = options.sdp;
		this.#context.dialogs.set(this.#side.key, this);
	}

	get replaceable(): Replaceable {
		return { call: this.#options.incoming, state: this.#ended ? "ended" : "confirmed" };
	}

	/** From now on the session expires unless it is refreshed; without interval not (any more). */
	agree(interval: SessionInterval | undefined): void {
		if (this.#ended) return;
		if (interval !== undefined) this.#refresher ??= this.#newRefresher();
		this.#refresher?.agree(interval);
	}

	/** Sends a 200 and resends it until the ACK comes. */
	accept(exchange: Exchange, { sdp, offered, toTag, fields: more = [] }: Acceptance): void {
		const { allow, supported } = this.#context.abilities;
		const fields: OctetField[] = [
			["Contact", contactValue(exchange.flow, isSecure(exchange.request))],
			allow,
			supported,
			...more,
		];
		const octets = exchange.write(200, { toTag, echoRecordRoute: true, fields, sdp });
		const { cseq } = exchange.request;
		const { transaction } = exchange;
		const running = new Running(acceptedStart, accepted, this.#context.timers, {
			send: (again) => transaction.respond(200, again),
			tell: (news) => {
				if (news === "noAck") this.#noAck();
			},
			ended: () => this.#unacknowledged.delete(cseq),
		});
		this.#unacknowledged.set(cseq, { running, offered });
		running.give({ type: "start", octets });
	}

	ack(request: ParsedRequest): void {
		const waiting = this.#unacknowledged.get(request.cseq);
		if (waiting === undefined) return;
		waiting.running.give({ type: "ack" });
		if (this.#byeWaits !== undefined) {
			this.#sendBye(this.#byeWaits);
			return;
		}
		if (this.#ended) return;
		const found = waiting.offered ? findSdp(request.headers, request.body) : undefined;
		const answer = found?.found === "sdp" ? found.sdp : undefined;
		this.#context.guard("onConfirmed", () => this.#handlers.onConfirmed?.(answer));
	}

	receive(exchange: Exchange): void {
		const { request } = exchange;
		const next = withRemoteCseq(this.#side.dialog, request.cseq);
		if (next === undefined) {
			exchange.respond(500, { reason: "CSeq Out Of Order" });
			return;
		}
		this.#side.dialog = next;
		const { method } = request;
		if (method === "BYE") this.#bye(exchange);
		else if (method === "PRACK") this.#prack(exchange);
		else if (this.#ended) exchange.respond(481);
		else if (method === "INVITE") this.#reinvite(exchange);
		else if (method === "UPDATE") this.#update(exchange);
		else if (method === "OPTIONS") exchange.respond(200, { fields: this.#context.abilities.all });
		else if (method === "INFO") answerInfo(this.#context, exchange, this.#handlers);
		// RFC 6665 §4.5.2: a subscription has a dialog of its own.
		else if (method === "SUBSCRIBE") exchange.respond(403, { reason: "Not In The Dialog Of A Call" });
		else exchange.respond(405, { fields: [this.#context.abilities.allow] });
	}

	/** BYE, now or as soon as the standard lets us; `onEnded` comes at once. */
	hangUp(reason: EndReason = CLEARED): void {
		if (this.#ended) return;
		this.#end("hungUp");
		if (this.#unacknowledged.size > 0) this.#byeWaits = reason;
		else this.#sendBye(reason);
	}

	/** The user agent closes: BYE without waiting for anything. */
	close(): void {
		const byeOwed = !this.#ended || this.#byeWaits !== undefined;
		const reason = this.#byeWaits ?? { protocol: "Q.850", cause: 41, text: "Closing down" };
		this.#end("hungUp");
		this.#stopResending();
		if (byeOwed) this.#sendBye(reason);
	}

	/** ACK for a 2xx of the peer to the INVITE that made the dialog, each time it comes (§13.2.2.4). */
	sendAck(cseq: number): void {
		this.#side.ack(cseq);
	}

	get #handlers(): CallHandlers {
		return this.#options.handlers();
	}

	#bye(exchange: Exchange): void {
		exchange.respond(200);
		this.#stopResending();
		this.#byeWaits = undefined;
		this.#context.dialogs.delete(this.#side.key);
		this.#end("bye", reasonsOf(exchange.request.headers.rawAll("reason"), SIP_LIMITS.reasonsMax));
	}

	/** A late one: the final answer had not waited for it (RFC 3262 §3). */
	#prack(exchange: Exchange): void {
		exchange.respond(this.#options.provisionals?.prack(exchange.request) === undefined ? 481 : 200);
	}

	get #offers(): OpenOffers {
		const inAck = [...this.#unacknowledged.values()].some((waiting) => waiting.offered);
		return { ours: inAck || this.#refresher?.offering === true, theirs: false };
	}

	#reinvite(exchange: Exchange): void {
		// Our offer is still open: theirs crosses it (RFC 3264 §4, RFC 6337 §2.3); so does an INVITE one of ours (§14.2).
		if (this.#offers.ours) {
			exchange.respond(491);
			return;
		}
		const reading = readOffer(exchange.request);
		if ("status" in reading) {
			exchange.respond(reading.status, { fields: reading.fields ?? [] });
			return;
		}
		const timer = answerTimer(exchange.request.headers, this.#context.sessionTimer);
		if ("minSeconds" in timer) {
			exchange.respond(422, { fields: [["Min-SE", String(timer.minSeconds)]] });
			return;
		}
		exchange.respond(100);
		const { offer } = reading;
		const verdict = askOffer(this.#context, this.#handlers, offer);
		// The handler may have hung up.
		if (this.#ended) exchange.respond(487);
		else if ("status" in verdict) exchange.respond(verdict.status);
		else {
			this.#side.dialog = withTarget(this.#side.dialog, exchange.request.headers);
			this.#sdp = verdict.sdp;
			this.accept(exchange, { sdp: verdict.sdp, offered: offer === undefined, fields: timer.fields });
			this.agree(timer.interval);
		}
	}

	#update(exchange: Exchange): void {
		const { headers } = exchange.request;
		answerUpdate(this.#context, exchange, {
			offers: this.#offers,
			handlers: this.#handlers,
			timer: () => {
				const timer = answerTimer(headers, this.#context.sessionTimer);
				return "minSeconds" in timer ? timer : timer.fields;
			},
			accepted: (sdp) => {
				this.#side.dialog = withTarget(this.#side.dialog, headers);
				this.#sdp = sdp ?? this.#sdp;
				const timer = answerTimer(headers, this.#context.sessionTimer);
				if ("fields" in timer) this.agree(timer.interval);
			},
		});
	}

	#newRefresher(): Refresher {
		return new Refresher({
			context: this.#context,
			side: this.#side,
			ownsCallId: this.#options.placed,
			updates: this.#options.updates,
			sdp: () => this.#sdp,
			busy: () => this.#unacknowledged.size > 0,
			answered: (sdp) => this.#context.guard("onRefreshed", () => this.#handlers.onRefreshed?.(sdp)),
			refreshed: (response) => {
				this.#side.dialog = withTarget(this.#side.dialog, response.headers);
			},
			lost: (why) => this.#lose(why),
		});
	}

	/** §13.3.1.4: a 2xx that nobody acknowledges makes a session that nobody has. */
	#noAck(): void {
		this.#context.count("sipNoAck");
		this.#lose("noAck");
	}

	#lose(why: "noAck" | "expired" | "failed"): void {
		const byeSent = this.#ended && this.#byeWaits === undefined;
		this.#stopResending();
		this.#end(why);
		if (!byeSent) this.#sendBye(REASONS[why] ?? CLEARED);
	}

	#stopResending(): void {
		for (const { running } of [...this.#unacknowledged.values()]) running.give({ type: "dialogEnded" });
	}

	#end(why: CallEnd, reasons: readonly string[] = []): void {
		this.#refresher?.stop();
		if (this.#ended) return;
		this.#ended = true;
		this.#options.onGone();
		this.#context.guard("onEnded", () => this.#handlers.onEnded?.(why, reasons));
	}

	/** The dialog stays known until the BYE is answered, so that a BYE that crosses it gets 200 and not 481. */
	#sendBye(reason: EndReason): void {
		this.#byeWaits = undefined;
		const gone = (): void => {
			this.#context.dialogs.delete(this.#side.key);
		};
		const onResponse = ({ status }: { readonly status: number }): void => {
			if (status >= 200) gone();
		};
		this.#side.request("BYE", { onResponse, onFailure: gone }, { fields: [reasonField(reason)] });
	}
}
