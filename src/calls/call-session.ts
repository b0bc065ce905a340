/**
 * One call from its INVITE to its trace: resolves the mailbox, answers or refuses, runs the flow, keeps what was
 * recorded. A bug in it ends this call alone.
 */
import { newId } from "../domain/index.ts";
import type { MediaEvent } from "../media/index.ts";
import type { CallEnd, HeaderField } from "../sip/index.ts";
import type { CallFlow } from "./call-flow.ts";
import { lookUp, makeFlow, openMedia, readGreetings, warning } from "./call-setup.ts";
import { type Decision, decide, refuseAtOnce } from "./decision.ts";
import { Effects, flowEvent } from "./effects.ts";
import type { FlowEvent } from "./flow.ts";
import type { House, PeerCall } from "./house.ts";
import { CALL_LIMITS } from "./limits.ts";
import type { CallTrace, DepositFacts } from "./ports.ts";
import { writeHeader } from "./recording-header.ts";
import { RequestDesk } from "./requests.ts";
import { type InviteReading, readInvite } from "./resolver.ts";
import type { SessionMedia } from "./session-media.ts";
import { because, endedHow, KEPT, TraceBuilder } from "./trace.ts";

export interface ActiveCall {
	/** `CALL-...` */
	readonly callId: string;
	readonly kind: "deciding" | "deposit" | "retrieval";
	readonly phoneNumber: string | undefined;
	readonly startedOn: Date;
	/** Address of the peer. */
	readonly source: string;
}

interface Answered {
	readonly media: SessionMedia;
	readonly flow: CallFlow;
	readonly effects: Effects;
	/** Of the message that this call may leave. */
	readonly facts: DepositFacts | undefined;
}

/** RFC 3261 §21.5.4: we can not now, but soon. */
const RETRY_AFTER: readonly HeaderField[] = [["Retry-After", String(CALL_LIMITS.retryAfterSeconds)]];

export class CallSession {
	readonly #house: House;
	readonly #call: PeerCall;
	readonly #trace: TraceBuilder;
	readonly #whenOver: (kind: CallTrace["kind"]) => void;
	readonly #limit: NodeJS.Timeout;
	/** Events wait here while one is worked on: an effect may bring the next one at once. */
	readonly #events: FlowEvent[] = [];
	#kind: ActiveCall["kind"] = "deciding";
	#phoneNumber: string | undefined;
	#from: string | null = null;
	#media: SessionMedia | undefined;
	#answered: Answered | undefined;
	/** After a bug: the recording is on its way into the log. */
	#stopping: Promise<unknown> = Promise.resolve();
	/** The first try to keep the message. */
	#keeping: Promise<void> = Promise.resolve();
	#working = false;
	#begun = false;
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
		call.handlers = {
			onCancelled: (reasons) => this.#guard(() => this.#cancelled(reasons)),
			onConfirmed: (answer) => this.#guard(() => this.#confirmed(answer)),
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

	async #decide(): Promise<void> {
		const { accessNumbers } = this.#house.settings;
		const reading = readInvite(this.#call.request, { ...this.#call.peer.policy, accessNumbers });
		const candidates = reading.candidates.map(({ source, raw, phoneNumber, why }) => ({
			source,
			raw,
			phoneNumber,
			why,
		}));
		this.#from = reading.caller.number;
		this.#trace.tell({ candidates, from: this.#from });
		const atOnce = refuseAtOnce(reading);
		if (atOnce) return this.#refuse(atOnce.status, atOnce.why);
		const offered = await lookUp(this.#house, reading, this.#trace.callId);
		if (this.#signallingOver) return;
		if (!offered) return this.#refuse(503, "The database is away. See afterbeep doctor.", RETRY_AFTER);
		const decision = decide(reading, offered);
		if (decision.kind !== "refuse") return this.#accept(decision, reading);
		const { candidate } = decision;
		this.#phoneNumber = candidate?.phoneNumber;
		this.#trace.tell({ phoneNumber: candidate?.phoneNumber, mailboxSource: candidate?.source });
		this.#refuse(decision.status, decision.why);
	}

	async #accept(decision: Decision & { kind: "deposit" | "retrieval" }, reading: InviteReading): Promise<void> {
		const { callId } = this.#trace;
		const mailbox = decision.kind === "deposit" ? decision.mailbox : decision.own;
		this.#phoneNumber = mailbox?.phoneNumber;
		const source = decision.kind === "deposit" ? decision.candidate.source : undefined;
		this.#trace.tell({ phoneNumber: mailbox?.phoneNumber, mailboxSource: source, why: decision.why });
		const heard = (event: MediaEvent) => this.#guard(() => this.#heard(event));
		const [media, greetings] = await Promise.all([
			openMedia(this.#house, this.#call, callId, heard),
			readGreetings(this.#house, decision, callId),
		]);
		if (this.#signallingOver) {
			media?.session.close();
			return;
		}
		if (!media)
			return this.#refuse(503, "No media port was free, or none could be opened. See afterbeep doctor.", RETRY_AFTER);
		this.#media = media;
		const sdp = this.#localSdp(media);
		if (sdp === undefined) return;
		this.#kind = decision.kind;
		const { flow, facts } = makeFlow(this.#house, decision, reading, greetings, callId);
		this.#answered = { media, flow, facts, effects: this.#effects(media, decision, facts) };
		this.#trace.tell({ kind: decision.kind, status: 200 });
		this.#trace.step("answered");
		this.#call.answer(sdp);
	}

	/** Our answer or late offer; undefined when the offer was refused. */
	#localSdp(media: SessionMedia): string | undefined {
		const { offer } = this.#call;
		if (offer === undefined) return media.offer();
		const answer = media.answer(offer);
		if (answer.ok) return answer.sdp;
		this.#refuse(answer.status, `The SDP offer was refused: ${answer.why}`, [warning(answer.why)]);
		return undefined;
	}

	#effects(media: SessionMedia, decision: Decision, facts: DepositFacts | undefined): Effects {
		const { mailboxes, prompts, settings, clock, log, keeper } = this.#house;
		const { recordings } = this.#house.media;
		const { callId } = this.#trace;
		const { plan } = this.#call.peer.policy;
		const ownNumber = decision.kind === "retrieval" ? decision.own?.phoneNumber : undefined;
		const desk = new RequestDesk({ mailboxes, recordings, plan, clock, log, callId, ownNumber });
		return new Effects({
			session: media.session,
			prompts,
			silenceMs: settings.silenceMs,
			header: (take) => writeHeader(facts ? { kind: "message", take, facts } : { kind: "own" }),
			answer: (request) => desk.answer(request),
			keep: (recordingIds) => this.#keep(facts, recordingIds),
			drop: (recordingIds) => void keeper.drop(recordingIds),
			note: (what) => this.#trace.step(what),
			hangUp: () => this.#endSignalling(),
			give: (event) => this.#guard(() => this.#give(event)),
			recordingTrouble: (error) => log.error({ callId, err: error }, "a recording could not be ended well"),
		});
	}

	#keep(facts: DepositFacts | undefined, recordingIds: readonly string[]): void {
		if (!facts) return;
		this.#keeping = this.#house.keeper.keep(facts, recordingIds).then((outcome) => {
			this.#trace.step(KEPT[outcome]);
			if (outcome === "stored" || outcome === "later") this.#trace.tell({ messageId: facts.messageId });
		});
	}

	#heard(event: MediaEvent): void {
		const forFlow = flowEvent(event);
		if (event.type === "rtpLost") this.#endWith("no RTP for the set time");
		else if (event.type === "rtpHeard") this.#heardBeforeAck();
		else if (forFlow) this.#give(forFlow);
	}

	/** The ACK: media flow both ways, so the greeting is heard from its start. */
	#confirmed(answer: string | undefined): void {
		const answered = this.#answered;
		if (!answered || this.#signallingOver) return;
		const late = answered.media.confirm(answer);
		if (this.#begun) return;
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
		const answered = this.#answered;
		if (!answered) return;
		this.#begun = true;
		this.#trace.step(how);
		this.#work(() => {
			for (const effect of answered.flow.begin()) answered.effects.run(effect);
		});
	}

	#reinvited(offer: string | undefined): { readonly sdp: string } | { readonly status: number } {
		const media = this.#media;
		if (!media) return { status: 488 };
		try {
			if (offer === undefined) return { sdp: media.offer() };
			const answer = media.answer(offer);
			if (!answer.ok) return { status: answer.status };
			this.#trace.step(answer.negotiated.sending ? "media changed by the caller" : "held by the caller");
			return { sdp: answer.sdp };
		} catch (error) {
			this.#broke(error);
			return { status: 500 };
		}
	}

	#cancelled(reasons: readonly string[]): void {
		this.#signallingOver = true;
		this.#trace.step(`cancelled by the caller${because(reasons)}`);
		this.#trace.tell({ status: 487, why: "The caller hung up before the call was answered." });
		this.#finish();
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

	#endSignalling(): void {
		if (!this.#signallingOver) this.#call.hangUp();
	}

	#refuse(status: number, why: string, headers: readonly HeaderField[] = []): void {
		if (this.#finished) return;
		if (!this.#signallingOver) this.#call.reject(status, { headers });
		this.#signallingOver = true;
		this.#trace.tell({ kind: "refused", status, why });
		this.#finish();
	}

	#give(event: FlowEvent): void {
		this.#events.push(event);
		this.#work(() => {});
	}

	/** Works off the events one by one; whatever an effect brings at once waits for its turn. */
	#work(first: () => void): void {
		const answered = this.#answered;
		if (this.#working || this.#finished || !answered || !this.#begun) return;
		this.#working = true;
		try {
			first();
			for (let event = this.#events.shift(); event; event = this.#events.shift()) {
				const effects = answered.flow.step(event, this.#house.clock.now().getTime());
				for (const effect of effects) answered.effects.run(effect);
			}
		} finally {
			this.#working = false;
		}
		if (answered.flow.ended) this.#finish();
	}

	#guard(work: () => void): void {
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

	#saveFromBug({ flow, facts, media }: Answered): void {
		const stopped = media.session.stopRecording().catch((error: unknown) => {
			this.#house.log.error({ callId: this.#trace.callId, err: error }, "a recording could not be ended well");
		});
		this.#stopping = stopped;
		if (!facts || flow.takes.length === 0 || flow.ended) return;
		this.#keeping = stopped
			.then(() => this.#house.keeper.keep(facts, flow.takes))
			.then((outcome) => this.#trace.step(KEPT[outcome]));
	}

	/** The call is over: no event counts any more. */
	#finish(): void {
		if (this.#finished) return;
		this.#finished = true;
		clearTimeout(this.#limit);
		this.#answered?.effects.clearTimer();
		void this.#wrapUp();
	}

	/** The trace comes last, so that it tells what became of the message. */
	async #wrapUp(): Promise<void> {
		const { log, mask } = this.#house;
		const { callId } = this.#trace;
		try {
			await this.#stopping;
			this.#media?.session.close();
			await this.#answered?.effects.settled();
			await this.#keeping;
			// A call that reached no number of ours has none, which is another thing than one withheld.
			const numbers = { phoneNumber: this.#phoneNumber && mask(this.#phoneNumber), from: mask(this.#from) };
			log.info({ callId, kind: this.#trace.kind, status: this.#trace.status, ...numbers }, "call ended");
			await this.#trace.write();
		} catch (error) {
			log.error({ callId, err: error }, "a call could not be wrapped up");
		} finally {
			this.#whenOver(this.#trace.kind);
		}
	}
}
