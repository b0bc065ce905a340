/**
 * One call from its INVITE to its trace: resolves the mailbox, answers or refuses, runs the flow, keeps what was
 * recorded. A bug in it ends this call alone.
 */
import { newId } from "../domain/index.ts";
import type { MediaEvent } from "../media/index.ts";
import type { CallEnd, CallHandlers, EndReason, HeaderField, IncomingCall } from "../sip/index.ts";
import { hasEarlyGreeting, judge, makeRunner, openMedia, readGreetings, warning } from "./call-setup.ts";
import type { Decision } from "./decision.ts";
import { flowEvent } from "./effects.ts";
import type { FlowEvent } from "./flow.ts";
import type { FlowRunner } from "./flow-runner.ts";
import type { ActiveCall, House, PeerCall } from "./house.ts";
import { hearKey, type KeySource, type KeysHeard, noKeys } from "./keys.ts";
import { CALL_LIMITS } from "./limits.ts";
import type { MessageKeeping } from "./message-keeping.ts";
import type { CallTrace } from "./ports.ts";
import type { InviteReading } from "./resolver.ts";
import type { SessionMedia } from "./session-media.ts";
import { because, endedHow, TraceBuilder } from "./trace.ts";

interface Answered {
	readonly media: SessionMedia;
	readonly runner: FlowRunner;
	/** Our description. */
	readonly sdp: string;
	readonly keeping: MessageKeeping;
}

/** RFC 3261 §21.5.4: we can not now, but soon. */
const RETRY_AFTER: readonly HeaderField[] = [["Retry-After", String(CALL_LIMITS.retryAfterSeconds)]];

export class CallSession {
	readonly #house: House;
	/** Another one takes its place with Replaces. */
	#call: PeerCall;
	readonly #trace: TraceBuilder;
	readonly #whenOver: (kind: CallTrace["kind"]) => void;
	readonly #limit: NodeJS.Timeout;
	#phoneNumber: string | undefined;
	#media: SessionMedia | undefined;
	#answered: Answered | undefined;
	/** After a bug: the recording is on its way into the log. */
	#stopping: Promise<unknown> = Promise.resolve();
	#keys: KeysHeard = noKeys;
	/** The greeting is being played before the answer. */
	#unanswered = false;
	/** Nothing may be sent any more. */
	#signallingOver = false;
	#finished = false;

	/** @param whenOver called once, when the trace has been written. */
	constructor(call: PeerCall, house: House, whenOver: (kind: CallTrace["kind"]) => void) {
		this.#call = call;
		this.#house = house;
		this.#whenOver = whenOver;
		const { address, transport, port } = call.source;
		const source = `${transport}:${address}:${port}`;
		this.#trace = new TraceBuilder(
			{ callId: newId("call"), sipCallId: call.callId, source, requestUri: call.request.uri },
			{ traces: house.traces, log: house.log, now: () => house.clock.now() },
		);
		const tooLong = () => this.#endWith("the longest length of a call");
		this.#limit = setTimeout(() => this.#guard(tooLong), CALL_LIMITS.callMsMax);
		call.handlers = this.#handlers();
	}

	#handlers(): CallHandlers {
		return {
			onCancelled: (reasons) => this.#guard(() => this.#cancelled(reasons)),
			onProgressConfirmed: () => this.#guard(() => this.#beginEarly()),
			onProgressLost: () => this.#guard(() => this.#progressLost()),
			onConfirmed: (answer) => this.#guard(() => this.#confirmed(answer)),
			onRefreshed: (answer) => this.#guard(() => this.#media?.refreshed(answer)),
			onDigit: (digit) => this.#guard(() => this.#key("info", digit)),
			onReinvite: (offer) => this.#reinvited(offer),
			onEnded: (why, reasons) => this.#guard(() => this.#ended(why, reasons)),
		};
	}

	get active(): ActiveCall {
		return {
			callId: this.#trace.callId,
			kind: this.#kind,
			phoneNumber: this.#phoneNumber,
			startedOn: this.#trace.startedOn,
			source: this.#call.source.address,
		};
	}

	/** Decides and answers or refuses. Never rejects. */
	async run(): Promise<void> {
		try {
			await this.#decide();
		} catch (error) {
			this.#broke(error);
		}
	}

	/** The platform closes: the caller hears a goodbye, what was recorded is kept. */
	drain(): void {
		if (this.#begun) this.#guard(() => this.#give({ type: "drain" }));
		else this.hangUp();
	}

	/** Ends the call now and keeps what was recorded. */
	hangUp(): void {
		this.#guard(() => {
			if (this.#answered) this.#endWith("our closing");
			else if (!this.#signallingOver) this.#refuse(503, "The platform is closing down.", RETRY_AFTER);
		});
	}

	/** Whether this session is the one of that call. */
	holds(call: IncomingCall): boolean {
		return this.#call === call;
	}

	/** Another call of the same peer takes the caller's place (RFC 3891), and what was begun goes on. */
	takeOver(call: PeerCall): void {
		const media = this.#media;
		// A mailbox was opened by a PIN for one caller: nobody else gets in by taking the call over.
		if (!media || !this.#begun || this.#unanswered || this.#signallingOver || this.#kind === "retrieval") {
			call.reject(603);
			return;
		}
		const changed = media.changed(call.offer);
		if ("status" in changed) {
			call.reject(changed.status);
			return;
		}
		const before = this.#call;
		this.#call = call;
		before.handlers = {};
		call.handlers = this.#handlers();
		this.#trace.step(`taken over by the call ${call.callId} (Replaces)`);
		call.answer(changed.sdp);
		before.hangUp({ protocol: "SIP", cause: 200, text: "Replaced" });
	}

	async #decide(): Promise<void> {
		const { reading, decision } = await judge(this.#house, this.#call, this.#trace);
		if (this.#signallingOver) return;
		if (decision.kind !== "refuse") return this.#accept(decision, reading);
		const { candidate, status, why } = decision;
		this.#phoneNumber = candidate?.phoneNumber;
		this.#trace.tell({ phoneNumber: candidate?.phoneNumber, mailboxSource: candidate?.source });
		this.#refuse(status, why, status === 503 ? RETRY_AFTER : []);
	}

	async #accept(decision: Decision & { kind: "deposit" | "retrieval" }, reading: InviteReading): Promise<void> {
		const { callId } = this.#trace;
		const mailbox = decision.kind === "deposit" ? decision.mailbox : decision.own;
		this.#phoneNumber = mailbox?.phoneNumber;
		const source = decision.kind === "deposit" ? decision.candidate.source : undefined;
		this.#trace.tell({ phoneNumber: mailbox?.phoneNumber, mailboxSource: source, why: decision.why });
		const early = hasEarlyGreeting(this.#call, decision);
		const heard = (event: MediaEvent) => this.#guard(() => this.#heard(event));
		const [media, greetings] = await Promise.all([
			openMedia(this.#house, this.#call, { callId, early }, heard),
			readGreetings(this.#house, decision, callId),
		]);
		if (this.#signallingOver) {
			media?.session.close();
			return;
		}
		if (!media)
			return this.#refuse(
				503,
				"No audio could be opened: no port was free, or there is too little CPU. See the log.",
				RETRY_AFTER,
			);
		this.#media = media;
		const sdp = this.#localSdp(media);
		if (sdp === undefined) return;
		const run = { call: this.#call, session: media.session, decision, reading, greetings, early, trace: this.#trace };
		const made = makeRunner(this.#house, run, {
			answerCall: () => this.#answer(),
			hangUp: () => this.#endSignalling(),
			give: (event) => this.#guard(() => this.#give(event)),
			onEnded: () => this.#finish(),
		});
		this.#answered = { ...made, media, sdp };
		if (early) this.#greetFirst(sdp);
		else this.#answer();
	}

	/** 183 with our description (RFC 3262 where the caller knows it); the flow answers behind the greeting. */
	#greetFirst(sdp: string): void {
		this.#unanswered = true;
		this.#trace.step("the greeting comes before the answer");
		this.#call.progress(183, sdp);
		// A reliable one is known to have arrived by its PRACK: the greeting is heard from its start.
		if (!this.#call.reliableProgress) this.#begin("early media");
	}

	#answer(): void {
		const answered = this.#answered;
		if (!answered || this.#signallingOver) return;
		this.#unanswered = false;
		this.#trace.tell({ kind: this.#kind === "retrieval" ? "retrieval" : "deposit", status: 200 });
		this.#trace.step("answered");
		this.#call.answer(answered.sdp);
	}

	#beginEarly(): void {
		if (this.#unanswered && !this.#begun && !this.#signallingOver) this.#begin("early media, known to the caller");
	}

	#progressLost(): void {
		this.#signallingOver = true;
		this.#trace.tell({ status: 504, why: "The caller asked for reliable provisional responses and sent no PRACK." });
		if (this.#begun) this.#give({ type: "hangUp" });
		else this.#finish();
	}

	/** Our answer or late offer; undefined where theirs was refused. */
	#localSdp(media: SessionMedia): string | undefined {
		const answer = media.first;
		if (answer === undefined) return media.offer();
		if (answer.ok) return answer.sdp;
		this.#refuse(answer.status, `The SDP offer was refused: ${answer.why}`, [warning(answer.why)]);
		return undefined;
	}

	#heard(event: MediaEvent): void {
		const forFlow = flowEvent(event);
		if (event.type === "digit") this.#key("media", event.digit);
		else if (event.type === "rtpLost") this.#endWith("no RTP for the set time");
		else if (event.type === "rtpHeard") this.#heardBeforeAck();
		else if (forFlow) this.#give(forFlow);
	}

	#key(source: KeySource, digit: string): void {
		const { heard, isNew } = hearKey(this.#keys, { digit, source, atMs: this.#house.clock.now().getTime() });
		this.#keys = heard;
		if (isNew) this.#give({ type: "digit", digit });
	}

	/** The ACK: media flow both ways, so the greeting is heard from its start. */
	#confirmed(answer: string | undefined): void {
		const answered = this.#answered;
		if (!answered || this.#signallingOver) return;
		const late = answered.media.confirm(answer);
		answered.media.answered();
		if (this.#begun) {
			this.#give({ type: "confirmed" });
			return;
		}
		if (late && !late.ok) {
			this.#endWith(`the answer to our offer: ${late.why}`);
			return;
		}
		this.#begin("confirmed by the caller");
	}

	/** Our port stands in our 2xx alone, so RTP shows that it arrived: a lost ACK keeps nobody from leaving a message. */
	#heardBeforeAck(): void {
		const answered = this.#answered;
		if (!answered?.media.settled || this.#signallingOver || this.#begun) return;
		this.#begin("heard before an ACK came");
	}

	#begin(how: string): void {
		this.#trace.step(how);
		this.#answered?.runner.begin();
	}

	#reinvited(offer: string | undefined): { readonly sdp: string } | { readonly status: number } {
		try {
			const changed = this.#media?.changed(offer) ?? { status: 488 };
			if ("status" in changed) return changed;
			this.#trace.step(changed.what);
			return { sdp: changed.sdp };
		} catch (error) {
			this.#broke(error);
			return { status: 500 };
		}
	}

	#cancelled(reasons: readonly string[]): void {
		this.#signallingOver = true;
		this.#trace.step(`cancelled by the caller${because(reasons)}`);
		this.#trace.tell({ status: 487, why: "The caller hung up before the call was answered." });
		if (this.#begun) this.#give({ type: "hangUp" });
		else this.#finish();
	}

	#ended(why: CallEnd, reasons: readonly string[]): void {
		this.#signallingOver = true;
		this.#trace.step(endedHow(why, reasons));
		if (this.#begun) this.#give({ type: "hangUp" });
		else this.#finish();
	}

	/** We end the call; the flow hears of it like of any hang-up. */
	#endWith(why: string): void {
		this.#trace.step(`ended by us: ${why}`);
		if (!this.#answered) this.#refuse(500, `The call was ended: ${why}.`);
		this.#endSignalling();
		if (this.#begun) this.#give({ type: "hangUp" });
	}

	#endSignalling(reason?: EndReason): void {
		if (this.#signallingOver) return;
		if (this.#unanswered) {
			this.#signallingOver = true;
			this.#trace.tell({ status: 480, why: "The call ended in its greeting, before it was answered." });
		}
		this.#call.hangUp(reason);
	}

	#refuse(status: number, why: string, headers: readonly HeaderField[] = []): void {
		if (this.#finished) return;
		if (!this.#signallingOver) this.#call.reject(status, { headers });
		this.#signallingOver = true;
		this.#trace.tell({ kind: "refused", status, why });
		this.#finish();
	}

	get #kind(): ActiveCall["kind"] {
		return this.#answered?.runner.kind ?? "deciding";
	}

	get #begun(): boolean {
		return this.#answered?.runner.begun === true;
	}

	#give(event: FlowEvent): void {
		this.#answered?.runner.give(event);
	}

	#guard(work: () => unknown): void {
		try {
			work();
		} catch (error) {
			this.#broke(error);
		}
	}

	/** A bug: this call ends, and only this one. What was recorded is kept. */
	#broke(error: unknown): void {
		const { log } = this.#house;
		const { callId } = this.#trace;
		log.error({ callId, err: error }, "a call ended by an error of ours");
		if (this.#finished) return;
		this.#trace.step("ended by an error of ours");
		try {
			if (this.#answered) this.#saveFromBug(this.#answered);
			else this.#trace.tell({ kind: "refused", status: 500, why: "An error of ours ended the call; see the log." });
			const over = this.#signallingOver;
			this.#signallingOver = true;
			this.#finish();
			if (over) return;
			if (this.#answered) this.#call.hangUp();
			else this.#call.reject(500);
		} catch (second) {
			log.error({ callId, err: second }, "a call could not be ended well");
			this.#finish();
		}
	}

	#saveFromBug({ runner, keeping, media }: Answered): void {
		this.#stopping = media.session.stopRecording().catch((error: unknown) => {
			this.#house.log.error({ callId: this.#trace.callId, err: error }, "a recording could not be ended well");
		});
		if (!runner.ended) keeping.keep(runner.takes, this.#stopping);
	}

	/** The call is over: no event counts any more. */
	#finish(): void {
		if (this.#finished) return;
		this.#finished = true;
		clearTimeout(this.#limit);
		this.#answered?.runner.stop();
		void this.#wrapUp();
	}

	/** The trace comes last, so that it tells what became of the message. */
	async #wrapUp(): Promise<void> {
		const { log, mask } = this.#house;
		const { callId } = this.#trace;
		try {
			await this.#stopping;
			this.#media?.session.close();
			await this.#answered?.runner.settled();
			await this.#answered?.keeping.settled();
			// A call that reached no number of ours has none, which is another thing than one withheld.
			const numbers = { phoneNumber: this.#phoneNumber && mask(this.#phoneNumber), from: mask(this.#trace.from) };
			log.info({ callId, kind: this.#trace.kind, status: this.#trace.status, ...numbers }, "call ended");
			await this.#trace.write();
		} catch (error) {
			log.error({ callId, err: error }, "a call could not be wrapped up");
		} finally {
			this.#whenOver(this.#trace.kind);
		}
	}
}
