/** What a call needs before it is answered: the look-up, a media session, the greetings, the flow with its facts. */
import { type Failure, newId } from "../domain/index.ts";
import type { MediaEvent } from "../media/index.ts";
import type { HeaderField } from "../sip/index.ts";
import { type CallFlow, depositFlow, retrievalFlow } from "./call-flow.ts";
import type { Decision, Offered } from "./decision.ts";
import { greetingOf } from "./greeting.ts";
import type { House, PeerCall } from "./house.ts";
import { mediaPlace } from "./media-place.ts";
import type { CallMailbox, DepositFacts, Greetings } from "./ports.ts";
import { type InviteReading, numbersOf } from "./resolver.ts";
import { SessionMedia } from "./session-media.ts";

const NO_GREETINGS: Greetings = { unavailable: undefined, name: undefined };

/**
 * One query for all numbers of an INVITE and one for the rules on them, at the same time. Only where a number of ours
 * without mailbox is lent one are there more.
 *
 * @returns undefined when the database is away.
 */
export async function lookUp(house: House, reading: InviteReading, callId: string): Promise<Offered | undefined> {
	try {
		return await findAll(house, reading);
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
	callId: string,
	onEvent: (event: MediaEvent) => void,
): Promise<SessionMedia | undefined> {
	const { media, settings, clock, log } = house;
	const { source } = call;
	try {
		const { bind, address } = mediaPlace(call, settings.rtpAdvertise);
		const session = await media.open({ bind, rtpLostMs: settings.rtpLostMs, onEvent });
		return new SessionMedia({
			session,
			address,
			sessionId: clock.now().getTime(),
			remoteSignallingAddress: source.address,
		});
	} catch (error) {
		log.error({ callId, err: error }, "no media session could be opened");
		return undefined;
	}
}

/** So that the caller's own log says what to change (RFC 3261 §13.3.1.3); 399 is for words alone (§20.43). */
export function warning(why: string): HeaderField {
	return ["Warning", `399 afterbeep "${why.replace(/[^ !#-[\]-~]/g, "?")}"`];
}

/** A greeting that can not be read must not cost a message: the standard one is played. */
export async function readGreetings(house: House, decision: Decision, callId: string): Promise<Greetings> {
	if (decision.kind !== "deposit" || house.settings.greeting.mode === "beep") return NO_GREETINGS;
	try {
		return await house.mailboxes.greetings(decision.mailbox.mailboxId);
	} catch (error) {
		house.log.warn({ callId, err: error }, "the greetings could not be read");
		return NO_GREETINGS;
	}
}

/** The flow of the call; with the facts of its message where it may leave one. The MessageId is made here, at answer. */
export function makeFlow(
	house: House,
	decision: Decision & { readonly kind: "deposit" | "retrieval" },
	reading: InviteReading,
	greetings: Greetings,
	callId: string,
): { readonly flow: CallFlow; readonly facts: DepositFacts | undefined } {
	const { settings, prompts } = house;
	if (decision.kind === "retrieval") {
		const { greetingMaxMs, nameMaxMs } = settings;
		const ownNumber = decision.own !== undefined;
		return { flow: retrievalFlow({ callId, ownNumber, greetingMaxMs, nameMaxMs }), facts: undefined };
	}
	const { mailbox } = decision;
	const facts = depositFacts(house, mailbox, decision, reading, callId);
	const greeting = greetingOf(mailbox, greetings, prompts, settings.greeting);
	const { maxMessageMs: maxMs, minMessageMs: minMs } = mailbox;
	return { flow: depositFlow({ messageId: facts.messageId, greeting, maxMs, minMs }), facts };
}

function depositFacts(
	house: House,
	mailbox: CallMailbox,
	{ candidate, filtered }: Decision & { readonly kind: "deposit" },
	{ caller }: InviteReading,
	callId: string,
): DepositFacts {
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
	};
}
