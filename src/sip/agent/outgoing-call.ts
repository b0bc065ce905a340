import { dialogOfUac } from "../dialog/dialog.ts";
import { parseMinSe, settledTimer, timerFields } from "../dialog/session-timer.ts";
import { SIP_LIMITS } from "../limits.ts";
import { findSdp } from "../message/body.ts";
import type { ParsedResponse } from "../message/message.ts";
import { textToOctets } from "../message/text.ts";
import { schemeOf } from "../message/uri.ts";
import { type OctetField, requestLine, writeMessage } from "../message/write.ts";
import type { Flow } from "../transport/flow.ts";
import type { EndReason, OutgoingCall, OutgoingCallOptions } from "../types.ts";
import { reasonOf } from "./answers.ts";
import { type AgentContext, contactValue, newBranch, newTag, viaValue } from "./context.ts";
import { DialogSide } from "./dialog-side.ts";
import { OutgoingEarly } from "./outgoing-early.ts";
import { Session } from "./session.ts";

/** An INVITE of ours, from the first octet to the end of its session (RFC 3261 §13.2, §9.1, §15). */
export class Outgoing implements OutgoingCall {
	readonly callId = `${newTag()}${newTag()}`;
	readonly #context: AgentContext;
	readonly #options: OutgoingCallOptions;
	readonly #onGone: (call: Outgoing) => void;
	#branch = newBranch();
	#cseq = 1;
	readonly #from: string;
	readonly #to: string;
	#flow: Flow | undefined;
	/** "calling" until a provisional answer came: before that no CANCEL may be sent (§9.1). */
	#phase: "calling" | "proceeding" | "answered" | "over" = "calling";
	#cancelWanted = false;
	#cancelSent = false;
	#cancelTimer: NodeJS.Timeout | undefined;
	#session: Session | undefined;
	/** Sessions and early dialogs by To tag: forks answer with tags of their own. */
	readonly #byTag = new Map<string, Session>();
	readonly #early = new Map<string, OutgoingEarly>();
	/** What a 422 asked for is asked for the next time (RFC 4028 §7.3). */
	#minSeconds: number;

	constructor(context: AgentContext, options: OutgoingCallOptions, onGone: (call: Outgoing) => void) {
		this.#context = context;
		this.#options = options;
		this.#onGone = onGone;
		this.#from = `${textToOctets(options.from)};tag=${newTag()}`;
		this.#to = textToOctets(options.to ?? `<${options.uri}>`);
		this.#minSeconds = context.sessionTimer.minSeconds;
	}

	start(): void {
		this.#context.transports.flowTo(this.#options.next, undefined, (flow) => {
			if (this.#phase === "over") return;
			if (flow instanceof Error) {
				this.#context.log.debug({ error: flow.message }, "no way to the next hop of a call");
				// Never within placeCall: its caller does not hold the call yet.
				queueMicrotask(() => this.#rejected(503, flow.message));
				return;
			}
			this.#flow = flow;
			this.#sendInvite(flow);
		});
	}

	cancel(): void {
		if (this.#phase !== "calling" && this.#phase !== "proceeding") return;
		this.#cancelWanted = true;
		if (this.#phase === "proceeding") this.#sendCancel();
		else if (this.#flow === undefined) this.#rejected(487, reasonOf(487));
	}

	hangUp(reason?: EndReason): void {
		if (this.#session !== undefined) this.#session.hangUp(reason);
		else this.cancel();
	}

	/** The user agent closes. */
	close(): void {
		if (this.#session !== undefined) {
			this.#session.close();
			return;
		}
		if (this.#phase === "proceeding") this.#sendCancel();
		this.#rejected(503, reasonOf(503));
	}

	#sendInvite(flow: Flow): void {
		const { uri, headers, sdp } = this.#options;
		const fields: OctetField[] = [
			...this.#head(flow, "INVITE"),
			["Contact", contactValue(flow, schemeOf(uri) === "sips")],
			this.#context.abilities.allow,
			this.#context.abilities.supported,
			...timerFields(Math.max(this.#context.sessionTimer.wantedSeconds, this.#minSeconds), this.#minSeconds, false),
			["User-Agent", this.#context.serverName],
			...(headers ?? []).map(([name, value]): OctetField => [name, textToOctets(value)]),
			["Content-Type", "application/sdp"],
		];
		const octets = writeMessage(requestLine("INVITE", uri), fields, Buffer.from(sdp, "utf8"));
		const branch = this.#branch;
		const cseq = this.#cseq;
		this.#context.clients.invite(branch, octets, flow, (response) => this.#ackRefusal(flow, response, branch, cseq), {
			onResponse: (response) => {
				if (response.cseq === this.#cseq) this.#receive(response);
			},
			onFailure: (status) => this.#rejected(status, reasonOf(status)),
		});
	}

	/** Via to CSeq, the same in INVITE, its CANCEL and the ACK for its refusal (§9.1, §17.1.1.3). */
	#head(flow: Flow, method: string, to = this.#to, branch = this.#branch, cseq = this.#cseq): OctetField[] {
		const routes = (this.#options.headers ?? []).filter(([name]) => name.toLowerCase() === "route");
		return [
			["Via", viaValue(flow, branch)],
			["Max-Forwards", String(SIP_LIMITS.maxForwardsDefault)],
			...(method === "INVITE" ? [] : routes.map(([name, value]): OctetField => [name, textToOctets(value)])),
			["From", this.#from],
			["To", to],
			["Call-ID", this.callId],
			["CSeq", `${cseq} ${method}`],
		];
	}

	#ackRefusal(flow: Flow, response: ParsedResponse, branch: string, cseq: number): Uint8Array {
		const to = response.headers.raw("to") ?? this.#to;
		return writeMessage(requestLine("ACK", this.#options.uri), this.#head(flow, "ACK", to, branch, cseq));
	}

	#receive(response: ParsedResponse): void {
		const { status } = response;
		if (status < 200) this.#provisional(response);
		else if (status < 300) this.#accepted(response);
		else if (status === 422 && !this.#cancelWanted && this.#askLonger(response)) return;
		else this.#rejected(this.#cancelWanted ? 487 : status, response.reason);
	}

	/** RFC 4028 §7.3: the same call again, with the interval that was asked for. @returns false where none was. */
	#askLonger(response: ParsedResponse): boolean {
		const minSeconds = parseMinSe(response.headers);
		const flow = this.#flow;
		if (flow === undefined || minSeconds <= this.#minSeconds || minSeconds > SIP_LIMITS.sessionSecondsMax) return false;
		this.#minSeconds = minSeconds;
		this.#branch = newBranch();
		this.#cseq++;
		this.#phase = "calling";
		this.#forgetEarly();
		this.#early.clear();
		this.#sendInvite(flow);
		return true;
	}

	#provisional(response: ParsedResponse): void {
		if (this.#phase === "calling") this.#phase = "proceeding";
		if (this.#phase !== "proceeding") return;
		const fresh = response.status === 100 || response.toTag === "" || this.#earlyOf(response).receive1xx(response);
		if (this.#cancelWanted) this.#sendCancel();
		else if (!fresh) return;
		else if (response.status > 100) {
			const sdp = sdpOf(response);
			const { status } = response;
			this.#context.guard("onProgress", () => this.#options.handlers.onProgress?.(status, sdp));
		}
	}

	#earlyOf(response: ParsedResponse): OutgoingEarly {
		const known = this.#early.get(response.toTag);
		if (known !== undefined) return known;
		const flow = this.#flow as Flow;
		const early = new OutgoingEarly(this.#context, response, this.#options.uri, flow, () => this.#options.handlers);
		this.#early.set(response.toTag, early);
		return early;
	}

	#forgetEarly(): void {
		for (const early of this.#early.values()) early.forget();
	}

	/** Each 2xx is acknowledged each time it comes; a second tag is another branch of a fork and is ended (§13.2.2.4). */
	#accepted(response: ParsedResponse): void {
		const known = this.#byTag.get(response.toTag);
		if (known !== undefined) {
			known.sendAck(response.cseq);
			return;
		}
		const flow = this.#flow;
		if (flow === undefined) return;
		const ours = this.#phase === "calling" || this.#phase === "proceeding";
		const keep = ours && !this.#cancelWanted;
		// §13.2.2.4: routes and target are those of the 2xx; the numbers go on from what the early dialog used.
		const early = this.#early.get(response.toTag);
		const { localCseq, remoteCseq } = early?.side.dialog ?? {};
		const fresh = dialogOfUac(response, this.#options.uri);
		const dialog = { ...fresh, localCseq: Math.max(localCseq ?? 0, fresh.localCseq), remoteCseq };
		const session = new Session({
			context: this.#context,
			side: new DialogSide(this.#context, dialog, flow),
			handlers: () => (keep ? this.#options.handlers : {}),
			placed: true,
			updates: response.headers.rawAll("allow").some((method) => method.toUpperCase() === "UPDATE"),
			sdp: this.#options.sdp,
			onGone: () => {
				if (keep) this.#gone();
			},
		});
		this.#byTag.set(response.toTag, session);
		session.sendAck(response.cseq);
		if (!keep) {
			session.hangUp(ours ? undefined : { protocol: "SIP", cause: 200, text: "Call completed elsewhere" });
			// CANCEL came too late at the peer, but the call is over for whoever placed it.
			if (ours) this.#rejected(487, reasonOf(487));
			return;
		}
		this.#phase = "answered";
		this.#session = session;
		session.agree(settledTimer(response.headers));
		this.#forgetEarly();
		this.#context.guard("onAnswered", () => this.#options.handlers.onAnswered?.(early?.answer ?? sdpOf(response)));
	}

	#sendCancel(): void {
		const flow = this.#flow;
		if (flow === undefined || this.#cancelSent) return;
		this.#cancelSent = true;
		const fields: OctetField[] = [...this.#head(flow, "CANCEL"), ["User-Agent", this.#context.serverName]];
		const octets = writeMessage(requestLine("CANCEL", this.#options.uri), fields);
		this.#context.clients.nonInvite(this.#branch, "CANCEL", octets, flow, {
			onResponse: () => {},
			onFailure: () => {},
		});
		// §9.1: a peer that answers nothing to the INVITE any more is taken as gone.
		this.#cancelTimer = setTimeout(() => this.#rejected(487, reasonOf(487)), 64 * this.#context.timers.t1Ms);
	}

	#rejected(status: number, reason: string): void {
		if (this.#phase === "answered" || this.#phase === "over") return;
		this.#gone();
		this.#context.guard("onRejected", () => this.#options.handlers.onRejected?.(status, reason));
	}

	#gone(): void {
		this.#phase = "over";
		this.#forgetEarly();
		clearTimeout(this.#cancelTimer);
		this.#onGone(this);
	}
}

function sdpOf(response: ParsedResponse): string | undefined {
	const found = findSdp(response.headers, response.body);
	return found.found === "sdp" ? found.sdp : undefined;
}
