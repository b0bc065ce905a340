/** What becomes of an INVITE once its numbers have been looked up. Pure. */
import { LIMITS } from "../domain/index.ts";
import type { CallMailbox, HeldNumber } from "./ports.ts";
import { type Candidate, choose, type InviteReading } from "./resolver.ts";

/**
 * Never a 200 to say no: that bills the caller. Each refusal says why in one sentence, and how to mend it.
 */
export type Decision =
	| { readonly kind: "refuse"; readonly status: number; readonly why: string; readonly candidate?: Candidate }
	| { readonly kind: "deposit"; readonly mailbox: CallMailbox; readonly candidate: Candidate; readonly why: string }
	/** `own`: the mailbox of the number that the network asserts; undefined: it is asked for. */
	| { readonly kind: "retrieval"; readonly own: CallMailbox | undefined; readonly why: string };

/** Before any look-up: what needs none. */
export function refuseAtOnce(reading: InviteReading): (Decision & { readonly kind: "refuse" }) | undefined {
	if (!reading.looped) return undefined;
	const why = `Forwarded more than ${LIMITS.diversionsMax} times: a loop. Look for numbers that forward to each other.`;
	return { kind: "refuse", status: 486, why };
}

export function decide(reading: InviteReading, held: readonly HeldNumber[]): Decision {
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
			return forMailbox(choice.held.mailbox!, choice.candidate, reading);
	}
}

function forMailbox(mailbox: CallMailbox, candidate: Candidate, reading: InviteReading): Decision {
	if (reading.caller.asserted.includes(mailbox.phoneNumber)) {
		return { kind: "retrieval", own: mailbox, why: "The subscriber called the own number." };
	}
	if (mailbox.full) {
		const why = "The mailbox is full. Its subscriber must delete messages, or raise MaxMessages.";
		return { kind: "refuse", status: 486, why, candidate };
	}
	return { kind: "deposit", mailbox, candidate, why: `${candidate.source} named the mailbox (${candidate.why}).` };
}
