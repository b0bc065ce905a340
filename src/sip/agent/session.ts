import { type AcceptedEvent, type AcceptedState, accepted, acceptedStart } from "../dialog/accepted.ts";
import { type Dialog, dialogKey, nextRequest, withRemoteCseq, withTarget } from "../dialog/dialog.ts";
import { SIP_LIMITS } from "../limits.ts";
import { findSdp } from "../message/body.ts";
import type { ParsedRequest } from "../message/message.ts";
import { octetsToText } from "../message/text.ts";
import { type OctetField, requestLine, writeMessage } from "../message/write.ts";
import { Running } from "../transaction/running.ts";
import type { Flow } from "../transport/flow.ts";
import type { CallEnd, CallHandlers } from "../types.ts";
import { SUPPORTED } from "./answers.ts";
import { type AgentContext, contactValue, type DialogUser, isSecure, viaValue } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { readOffer } from "./screening.ts";
import { type RequestToSend, sendOnce, sendRequest } from "./send-request.ts";

/** A 2xx of ours whose ACK has not come. */
interface Unacknowledged {
	readonly running: Running<AcceptedState, AcceptedEvent>;
	/** Our 2xx carried the offer: the ACK brings the answer. */
	readonly offered: boolean;
}

/** A confirmed dialog: everything after the 2xx (RFC 3261 §12.2, §13.3.1.4, §14.2, §15). */
export class Session implements DialogUser {
	readonly #context: AgentContext;
	readonly #handlers: () => CallHandlers;
	readonly #onGone: () => void;
	readonly #flow: Flow;
	#dialog: Dialog;
	/** By CSeq number of the INVITE. */
	readonly #unacknowledged = new Map<number, Unacknowledged>();
	#ended = false;
	/** hangUp() came before the ACK; a callee may not send BYE until then (§15). */
	#byeWaits = false;

	/** @param onGone told once, when the call no longer counts as running. */
	constructor(context: AgentContext, dialog: Dialog, flow: Flow, handlers: () => CallHandlers, onGone: () => void) {
		this.#context = context;
		this.#dialog = dialog;
		this.#flow = flow;
		this.#handlers = handlers;
		this.#onGone = onGone;
		context.dialogs.set(this.#key, this);
	}

	get #key(): string {
		return dialogKey(this.#dialog.callId, this.#dialog.localTag, this.#dialog.remoteTag);
	}

	/** Sends a 200 with this description and resends it until the ACK comes. */
	accept(exchange: Exchange, sdp: string, offered: boolean, toTag?: string): void {
		const fields: OctetField[] = [
			["Contact", contactValue(exchange.flow, isSecure(exchange.request))],
			this.#context.abilities.allow,
			SUPPORTED,
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
		if (this.#byeWaits) {
			this.#sendBye();
			return;
		}
		if (this.#ended) return;
		const found = waiting.offered ? findSdp(request.headers, request.body) : undefined;
		const answer = found?.found === "sdp" ? found.sdp : undefined;
		this.#context.guard("onConfirmed", () => this.#handlers().onConfirmed?.(answer));
	}

	receive(exchange: Exchange): void {
		const { request } = exchange;
		const next = withRemoteCseq(this.#dialog, request.cseq);
		if (next === undefined) {
			exchange.respond(500, { reason: "CSeq Out Of Order" });
			return;
		}
		this.#dialog = next;
		if (request.method === "BYE") this.#bye(exchange);
		else if (this.#ended) exchange.respond(481);
		else if (request.method === "INVITE") this.#reinvite(exchange);
		else if (request.method === "OPTIONS") exchange.respond(200, { fields: this.#context.abilities.all });
		else if (request.method === "INFO") answerInfo(exchange);
		// RFC 6665 §4.5.2: a subscription has a dialog of its own.
		else if (request.method === "SUBSCRIBE") exchange.respond(403, { reason: "Not In The Dialog Of A Call" });
		else exchange.respond(405, { fields: [this.#context.abilities.allow] });
	}

	/** BYE, now or as soon as the standard lets us; `onEnded` comes at once. */
	hangUp(): void {
		if (this.#ended) return;
		this.#end("hungUp");
		if (this.#unacknowledged.size > 0) this.#byeWaits = true;
		else this.#sendBye();
	}

	/** The user agent closes: BYE without waiting for anything. */
	close(): void {
		const byeOwed = !this.#ended || this.#byeWaits;
		this.#byeWaits = false;
		this.#end("hungUp");
		this.#stopResending();
		if (byeOwed) this.#sendBye();
	}

	#bye(exchange: Exchange): void {
		exchange.respond(200);
		this.#stopResending();
		this.#byeWaits = false;
		this.#context.dialogs.delete(this.#key);
		this.#end("bye");
	}

	#reinvite(exchange: Exchange): void {
		for (const waiting of this.#unacknowledged.values()) {
			// Our offer is still open: theirs crosses it (RFC 3264 §4, RFC 6337 §2.3).
			if (waiting.offered) {
				exchange.respond(491);
				return;
			}
		}
		const reading = readOffer(exchange.request);
		if ("status" in reading) {
			exchange.respond(reading.status, { fields: reading.fields ?? [] });
			return;
		}
		exchange.respond(100);
		const { offer } = reading;
		const verdict = this.#context.guard("onReinvite", () => {
			return this.#handlers().onReinvite?.(offer) ?? { status: 488 };
		}) ?? { status: 500 };
		// The handler may have hung up.
		if (this.#ended) exchange.respond(487);
		else if ("status" in verdict) exchange.respond(verdict.status);
		else {
			this.#dialog = withTarget(this.#dialog, exchange.request.headers);
			this.accept(exchange, verdict.sdp, offer === undefined);
		}
	}

	/** §13.3.1.4: a 2xx that nobody acknowledges makes a session that nobody has. */
	#noAck(): void {
		this.#context.count("sipNoAck");
		this.#byeWaits = false;
		this.#stopResending();
		this.#end("noAck");
		this.#sendBye();
	}

	#stopResending(): void {
		for (const { running } of [...this.#unacknowledged.values()]) running.give({ type: "dialogEnded" });
	}

	#end(why: CallEnd): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#onGone();
		this.#context.guard("onEnded", () => this.#handlers().onEnded?.(why));
	}

	/** The dialog stays known until the BYE is answered, so that a BYE that crosses it gets 200 and not 481. */
	#sendBye(): void {
		this.#byeWaits = false;
		const gone = (): void => {
			this.#context.dialogs.delete(this.#key);
		};
		sendRequest(this.#context, this.#next("BYE"), {
			onResponse: (response) => {
				if (response.status >= 200) gone();
			},
			onFailure: gone,
		});
	}

	/** ACK for a 2xx of the peer: no transaction, sent again for each repetition of that 2xx (§13.2.2.4). */
	sendAck(cseq: number): void {
		sendOnce(this.#context, this.#next("ACK", cseq));
	}

	#next(method: string, ackCseq?: number): RequestToSend {
		const next = nextRequest(this.#dialog, method, ackCseq);
		this.#dialog = next.dialog;
		const line = requestLine(method, octetsToText(next.uri));
		return {
			method,
			nextHop: next.nextHop,
			preferred: this.#flow,
			write: (flow, branch) => {
				const fields: OctetField[] = [
					["Via", viaValue(flow, branch)],
					["Max-Forwards", String(SIP_LIMITS.maxForwardsDefault)],
					...next.fields,
					["User-Agent", this.#context.serverName],
				];
				return writeMessage(line, fields);
			},
		};
	}
}

/** No Info Package is willingly received (RFC 6086 §4.2.2); an empty legacy INFO is a keep-alive and gets 200. */
function answerInfo(exchange: Exchange): void {
	const { headers, body } = exchange.request;
	if (headers.has("info-package")) exchange.respond(469, { fields: [["Recv-Info", ""]] });
	else if (body.length > 0) exchange.respond(415, { fields: [["Accept", ""]] });
	else exchange.respond(200);
}
