/** What a call needs before it is answered: the look-up, a media session, the greetings, the flow with its facts. */
import { type Failure, newId } from "../domain/index.ts";
import type { MediaEvent, MediaSession } from "../media/index.ts";
import type { HeaderField } from "../sip/index.ts";
import { type CallFlow, depositFlow, retrievalFlow } from "./call-flow.ts";
import { type Decision, decide, type Offered, refuseAtOnce } from "./decision.ts";
import { Effects, type EffectsOptions } from "./effects.ts";
import { FlowRunner } from "./flow-runner.ts";
import { greetingOf } from "./greeting.ts";
import type { House, PeerCall } from "./house.ts";
import { inTime } from "./in-time.ts";
import { CALL_LIMITS } from "./limits.ts";
import { mediaPlace } from "./media-place.ts";
import { MessageKeeping } from "./message-keeping.ts";
import type { CallMailbox, DepositFacts, Greetings } from "./ports.ts";
import { writeHeader } from "./recording-header.ts";
import { type KnownMailbox, RequestDesk } from "./requests.ts";
import { type InviteReading, numbersOf, readInvite } from "./resolver.ts";
import type { RetrievalSetup } from "./retrieval.ts";
import { SessionMedia } from "./session-media.ts";
import type { TraceBuilder } from "./trace.ts";

const NO_GREETINGS: Greetings = { unavailable: undefined, name: undefined };

/** Reads an INVITE, looks its numbers up and decides; what was read stands in the trace before anything can fail. */
export async function judge(
	house: House,
	{ request, peer }: PeerCall,
	trace: Pick<TraceBuilder, "tell" | "callId">,
): Promise<{ readonly reading: InviteReading; readonly decision: Decision }> {
	const reading = readInvite(request, { ...peer.policy, accessNumbers: house.settings.accessNumbers });
	const candidates = reading.candidates.map(({ source, raw, phoneNumber, why }) => ({ source, raw, phoneNumber, why }));
	trace.tell({ candidates, from: reading.caller.number, identity: reading.identity });
	const atOnce = refuseAtOnce(reading);
	if (atOnce) return { reading, decision: atOnce };
	const offered = await lookUp(house, reading, trace.callId);
	const away = { kind: "refuse", status: 503, why: "The database is away. See afterbeep doctor." } as const;
	return { reading, decision: offered ? decide(reading, offered) : away };
}

/**
 * One query for all numbers of an INVITE and one for the rules on them, at the same time. Only where a number of ours
 * without mailbox is lent one are there more.
 *
 * @returns undefined when the database is away, or does not answer in time.
 */
async function lookUp(house: House, reading: InviteReading, callId: string): Promise<Offered | undefined> {
	try {
		const found = await inTime(findAll(house, reading), CALL_LIMITS.lookUpMsMax);
		if (found === undefined) house.log.error({ callId }, "a call was refused because the database does not answer");
		return found;
	} catch (error) {
		if (!(error instanceof Error && error.name === "Failure" && (error as Failure).code === "storeUnavailable"))
			throw error;
		house.log.error({ callId }, "a call was refused because the database is away");
		return undefined;
	}
}

async function findAll({ mailboxes, rules }: House, reading: InviteReading): Promise<Offered> {
	const numbers = numbersOf(reading);
	if (numbers.length === 0) return { held: [], lent: new Map(), judge: () => ({ result: "accept" }) };
	const [own, inForce] = await Promise.all([mailboxes.find(numbers), rules.find(numbers)]);
	const standIns = new Map<string, { readonly phoneNumber: string; readonly why: string }>();
	for (const { phoneNumber, mailbox } of own) {
		const standIn = mailbox === undefined ? await inForce.standIn(phoneNumber) : undefined;
		if (standIn) standIns.set(phoneNumber, standIn);
	}
	const lenders = [...new Set([...standIns.values()].map((standIn) => standIn.phoneNumber))];
	const [lending, lendersRules] =
		lenders.length === 0 ? [[], inForce] : await Promise.all([mailboxes.find(lenders), rules.find(lenders)]);
	const held = own.map((one) => {
		const standIn = standIns.get(one.phoneNumber);
		const lender = lending.find((other) => other.phoneNumber === standIn?.phoneNumber);
		return lender === undefined ? one : { ...one, mailbox: lender.mailbox };
	});
	return {
		held,
		lent: new Map([...standIns].map(([phoneNumber, { why }]) => [phoneNumber, why])),
		judge: ({ phoneNumber, mailbox }, caller) => {
			const verdict = inForce.judge(phoneNumber, caller);
			if (mailbox === undefined || mailbox.phoneNumber === phoneNumber || verdict.result === "refuse") return verdict;
			const ofLender = lendersRules.judge(mailbox.phoneNumber, caller);
			return ofLender.result === "accept" ? verdict : ofLender;
		},
	};
}

/** @returns undefined where no port could be opened; the reason is logged. */
export async function openMedia(
	house: House,
	call: PeerCall,
	{ callId, early }: { readonly callId: string; readonly early: boolean },
	onEvent: (event: MediaEvent) => void,
): Promise<SessionMedia | undefined> {
	const { settings, clock, log } = house;
	const { source, offer } = call;
	const { codecs, inbandDtmf, mediaAddresses, srtp } = call.peer.policy;
	try {
		const { bind, address } = mediaPlace(call, settings.rtpAdvertise);
		const media = new SessionMedia({
			address,
			codecs,
			sessionId: clock.now().getTime(),
			remoteSignallingAddress: source.address,
			mediaAddresses,
			srtp,
		});
		const negotiate = (port: number) => media.prepare(port, offer, early);
		media.opened(await house.media.open({ bind, rtpLostMs: settings.rtpLostMs, inbandDtmf, onEvent, negotiate }));
		return media;
	} catch (error) {
		log.error({ callId, err: error }, "no media session could be opened");
		return undefined;
	}
}

/** So that the caller's own log says what to change (RFC 3261 §13.3.1.3); 399 is for words alone (§20.43). */
export function warning(why: string): HeaderField {
	return ["Warning", `399 afterbeep "${why.replace(/[^ !#-[\]-~]/g, "?")}"`];
}

/** A greeting that can not be read, or not in time, must not cost a message: the standard one is played. */
export async function readGreetings(house: House, decision: Decision, callId: string): Promise<Greetings> {
	if (decision.kind !== "deposit" || house.settings.greeting.mode === "beep") return NO_GREETINGS;
	try {
		const read = await inTime(house.mailboxes.greetings(decision.mailbox.mailboxId), CALL_LIMITS.lookUpMsMax);
		if (read === undefined) house.log.warn({ callId }, "the greetings were not read in time");
		return read ?? NO_GREETINGS;
	} catch (error) {
		house.log.warn({ callId, err: error }, "the greetings could not be read");
		return NO_GREETINGS;
	}
}

/** The flow of the call; with the facts of its message where it may leave one. The MessageId is made here, at answer. */
function makeFlow(
	house: House,
	decision: Decision & { readonly kind: "deposit" | "retrieval" },
	reading: InviteReading,
	greetings: Greetings,
	callId: string,
	call: { readonly early: boolean; readonly starLogin: boolean },
): { readonly flow: CallFlow; readonly facts: DepositFacts | undefined } {
	const { settings, prompts } = house;
	const { greetingMaxMs, nameMaxMs } = settings;
	const mailboxKnown = knownMailbox(decision) !== undefined;
	const menu: RetrievalSetup = { callId, mailboxKnown, greetingMaxMs, nameMaxMs };
	if (decision.kind === "retrieval") return { flow: retrievalFlow(menu), facts: undefined };
	const { mailbox } = decision;
	const facts = depositFacts(house, mailbox, decision, reading, callId);
	const greeting = greetingOf(mailbox, greetings, prompts, settings.greeting, decision.candidate.private);
	const { maxMessageMs: maxMs, minMessageMs: minMs } = mailbox;
	return { flow: depositFlow({ messageId: facts.messageId, greeting, ...call, maxMs, minMs }, menu), facts };
}

/** Whoever logs in from the greeting is unknown: the rules for callers from elsewhere hold. */
function knownMailbox(decision: Decision & { readonly kind: "deposit" | "retrieval" }): KnownMailbox | undefined {
	if (decision.kind === "deposit") return { phoneNumber: decision.mailbox.phoneNumber, channel: "foreign" };
	return decision.own && { phoneNumber: decision.own.phoneNumber, channel: "own" };
}

function depositFacts(
	house: House,
	mailbox: CallMailbox,
	{ candidate, filtered }: Decision & { readonly kind: "deposit" },
	reading: InviteReading,
	callId: string,
): DepositFacts {
	const { caller } = reading;
	return {
		messageId: newId("message"),
		mailboxId: mailbox.mailboxId,
		phoneNumber: mailbox.phoneNumber,
		from: caller.number,
		fromName: caller.name,
		receivedOn: house.clock.now().toISOString(),
		redirectReason: candidate.reason,
		mailboxSource: candidate.source,
		minMessageMs: mailbox.minMessageMs,
		callId,
		filtered,
		attestation: reading.attestation?.level ?? null,
	};
}

/** Whether the caller hears the greeting before the answer: the peer allows it, and there is a way for it. */
export function hasEarlyGreeting(call: PeerCall, { kind }: Decision): boolean {
	// An offer of ours would have to come back in a PRACK before anything could be heard; such a call is just answered.
	return kind === "deposit" && call.peer.policy.earlyMedia && call.offer !== undefined;
}

export interface CallParts {
	readonly call: PeerCall;
	readonly session: MediaSession;
	readonly decision: Decision & { readonly kind: "deposit" | "retrieval" };
	readonly reading: InviteReading;
	readonly greetings: Greetings;
	readonly early: boolean;
	readonly trace: TraceBuilder;
}

/** What only the call's own session can do. */
export type CallDoings = Pick<EffectsOptions, "answerCall" | "hangUp" | "give"> & { onEnded(): void };

/** The flow of the call, ready to begin, and what keeps its message. */
export function makeRunner(
	house: House,
	parts: CallParts,
	doings: CallDoings,
): { readonly runner: FlowRunner; readonly keeping: MessageKeeping } {
	const { call, session, decision, trace } = parts;
	const { mailboxes, media, prompts, settings, clock, log, keeper } = house;
	const { callId } = trace;
	const { plan, starLogin } = call.peer.policy;
	const how = { early: parts.early, starLogin };
	const { flow, facts } = makeFlow(house, decision, parts.reading, parts.greetings, callId, how);
	const keeping = new MessageKeeping(keeper, trace, facts);
	const { recordings } = media;
	const known = knownMailbox(decision);
	const desk = new RequestDesk({ mailboxes, recordings, plan, clock, log, callId, known });
	const effects = new Effects({
		...doings,
		session,
		prompts,
		silenceMs: settings.silenceMs,
		header: (take) =>
			writeHeader(facts && flow.kind === "deposit" ? { kind: "message", take, facts } : { kind: "own" }),
		answer: (request) => desk.answer(request),
		keep: (recordingIds) => keeping.keep(recordingIds),
		drop: (recordingIds) => void keeper.drop(recordingIds),
		becameRetrieval: () => trace.tell({ kind: "retrieval" }),
		note: (what) => trace.step(what),
		recordingTrouble: (error) => log.error({ callId, err: error }, "a recording could not be ended well"),
	});
	const nowMs = () => clock.now().getTime();
	return { runner: new FlowRunner({ flow, effects, nowMs, onEnded: doings.onEnded }), keeping };
}
