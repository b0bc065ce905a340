/** What follows when a number changes hands: its mailbox first, then what was laid down about its callers, then its phones. */
import { forgetPhones, movePhones, type NumberHooks } from "../directory/index.ts";
import { forgetNumber, moveNumber } from "../routing/index.ts";

/** @param ofMailboxes the hooks of the mailboxes. */
export function numberHooks(ofMailboxes: NumberHooks): NumberHooks {
	return {
		...ofMailboxes,
		onNumberMoved: async (tx, from, to) => {
			await ofMailboxes.onNumberMoved(tx, from, to);
			await moveNumber(tx, from, to);
			await movePhones(tx, from, to);
		},
		onNumberReleased: async (tx, number) => {
			await ofMailboxes.onNumberReleased(tx, number);
			await forgetNumber(tx, number);
			await forgetPhones(tx, number);
		},
	};
}
