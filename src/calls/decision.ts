/** What becomes of an INVITE once its numbers have been looked up. Pure. */
import { LIMITS } from "../domain/index.ts";
import type { CallingParty, CallMailbox, CallVerdict, HeldNumber } from "./ports.ts";
import { type Candidate, choose, type InviteReading } from "./resolver.ts";

/**
 * Never a 200 to say no: that bills the caller. Each refusal says why in one sentence, and how to mend it.
 */
export type Decision =
	| { readonly kind: "refuse"; readonly status: number; readonly why: string; readonly candidate?: Candidate }
	| {
			readonly kind: "deposit";
			readonly mailbox: CallMailbox;
			readonly candidate: Candidate;
			readonly why: string;
			/** Kept out by a rule of the subscriber: the message alerts nobody. */
			readonly filtered: boolean;
	  }
	/** `own`: the mailbox of the number that the network asserts; undefined: it is asked for. */
	| { readonly kind: "retrieval"; readonly own: CallMailbox | undefined; readonly why: string };

/** Before any look-up: what needs none. */
export function refuseAtOnce(reading: InviteReading): (Decision & { readonly kind: "refuse" }) | undefined {
	if (!reading.looped) return undefined;
	const why = `Forwarded more than ${LIMITS.diversionsMax} times: a loop. Look for numbers that forward to each other.`;
	return { kind: "refuse", status: 486, why };
}

/** What was found of the numbers that an INVITE offers. */
export interface Offered {
	readonly held: readonly HeldNumber[];
	/** Why a number has the mailbox of another one. */
	readonly lent: ReadonlyMap<string, string>;
	/** The strictest of what was laid down for the called number and for the one that lends its mailbox. */
	judge(held: HeldNumber, caller: CallingParty): CallVerdict;
}

export function decide(reading: InviteReading, offered: Offered): Decision {
	const { held } = offered;
	const own = held.find((one) => reading.caller.asserted.includes(one.phoneNumber));
	if (reading.accessDialled) {
		const why = own?.mailbox
			? "An access number was dialled from the mailbox's own number."
			: "An access number was dialled from elsewhere: the mailbox number is asked for.";
		return { kind: "retrieval", own: own?.mailbox, why };
	}
	const choice = choose(reading.candidates, held);
	switch (choice.result) {
		case "notOurs": {
			const why =
				"None of the numbers in the INVITE is ours. Provision the number, or see the candidates for what was read.";
			return { kind: "refuse", status: 404, why };
		}
		case "voicemailOff": {
			const why = "The number is ours but has no voicemail. Activate it with numbers/voicemail/activate.";
			return { kind: "refuse", status: 480, why, candidate: choice.candidate };
		}
		case "mailbox":
			return forMailbox(choice.held, choice.held.mailbox!, choice.candidate, reading, offered);
	}
}

function forMailbox(
	held: HeldNumber,
	mailbox: CallMailbox,
	candidate: Candidate,
	{ caller }: InviteReading,
	offered: Offered,
): Decision {
	// A lent mailbox is not the number's own: its subscriber, too, leaves a message for the others.
	if (held.phoneNumber === mailbox.phoneNumber && caller.asserted.includes(mailbox.phoneNumber)) {
		return { kind: "retrieval", own: mailbox, why: "The subscriber called the own number." };
	}
	const verdict = offered.judge(held, { number: caller.number, asserted: caller.asserted });
	if (verdict.result === "refuse") {
		const { status, why } = verdict;
		return { kind: "refuse", status, why, candidate };
	}
	if (mailbox.full) {
		const why = "The mailbox is full. Its subscriber must delete messages, or raise MaxMessages.";
		return { kind: "refuse", status: 486, why, candidate };
	}
	const filtered = verdict.result === "filter";
	const reasons = [
		`${candidate.source} named the mailbox (${candidate.why}).`,
		offered.lent.get(held.phoneNumber),
		filtered ? `${verdict.why} The message alerts nobody.` : undefined,
	];
	const why = reasons.filter((reason) => reason !== undefined).join(" ");
	return { kind: "deposit", mailbox, candidate, why, filtered };
}
