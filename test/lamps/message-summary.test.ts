import { expect, test } from "vitest";
import { messageSummary } from "../../src/lamps/message-summary.ts";

const ACCOUNT = "sip:+15551234567@vm.example.com";
const none = { new: 0, old: 0, newUrgent: 0, oldUrgent: 0 };

test.each([
	["an empty mailbox", {}, "no", "0/0 (0/0)"],
	["one new message", { new: 1 }, "yes", "1/0 (0/0)"],
	["old ones light no lamp", { old: 8 }, "no", "0/8 (0/0)"],
	["urgent ones are counted in both pairs (RFC 3842 §5.2)", { new: 2, old: 8, oldUrgent: 2 }, "yes", "2/8 (0/2)"],
	["the largest counts", { new: 2 ** 32 - 1, old: 2 ** 32 - 1 }, "yes", "4294967295/4294967295 (0/0)"],
])("%s", (_, counts, waiting, voice) => {
	expect(messageSummary(ACCOUNT, { ...none, ...counts })).toBe(
		`Messages-Waiting: ${waiting}\r\nMessage-Account: ${ACCOUNT}\r\nVoice-Message: ${voice}\r\n`,
	);
});

test.each([
	["a count below zero", { new: -1 }],
	["a count above 2^32-1", { old: 2 ** 32 }],
	["a count that is no integer", { new: Number.NaN }],
	["more urgent messages than messages", { new: 1, newUrgent: 2 }],
])("%s is never written", (_, counts) => {
	expect(() => messageSummary(ACCOUNT, { ...none, ...counts })).toThrow();
});
