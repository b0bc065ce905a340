/** Body of a message-waiting NOTIFY: application/simple-message-summary (RFC 3842 §5). Pure. */
import assert from "node:assert/strict";

export const MESSAGE_SUMMARY = "application/simple-message-summary";

/** What waits in a mailbox; the urgent ones are counted in `new` and `old` too. */
export interface MessageCounts {
	readonly new: number;
	readonly old: number;
	readonly newUrgent: number;
	readonly oldUrgent: number;
}

const COUNT_MAX = 2 ** 32 - 1;

/**
 * A count that could not be read is not zero: then no body at all is sent, since a wrong lamp is worse than a late one.
 *
 * @param account URI of the mailbox.
 * @param counts each an integer from 0 to 2^32-1.
 * @throws AssertionError on other counts: our bug, not bad input.
 */
export function messageSummary(account: string, counts: MessageCounts): string {
	for (const count of [counts.new, counts.old, counts.newUrgent, counts.oldUrgent]) {
		assert(Number.isInteger(count) && count >= 0 && count <= COUNT_MAX, `${count} is no count of messages`);
	}
	assert(counts.newUrgent <= counts.new && counts.oldUrgent <= counts.old, "more urgent messages than messages");
	return [
		`Messages-Waiting: ${counts.new > 0 ? "yes" : "no"}`,
		`Message-Account: ${account}`,
		`Voice-Message: ${counts.new}/${counts.old} (${counts.newUrgent}/${counts.oldUrgent})`,
		"",
	].join("\r\n");
}
