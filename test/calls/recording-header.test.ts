import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DepositFacts } from "../../src/calls/ports.ts";
import { readHeader, writeHeader } from "../../src/calls/recording-header.ts";
import { MAILBOX_SOURCES, REDIRECT_REASONS } from "../../src/domain/index.ts";
import { MEDIA_LIMITS } from "../../src/media/index.ts";

const text = fc.string({ unit: "grapheme", maxLength: 100 });
const facts: fc.Arbitrary<DepositFacts> = fc.record({
	messageId: text,
	mailboxId: text,
	phoneNumber: text,
	from: fc.option(text),
	fromName: fc.option(text),
	receivedOn: text,
	redirectReason: fc.constantFrom(...REDIRECT_REASONS),
	mailboxSource: fc.constantFrom(...MAILBOX_SOURCES),
	minMessageMs: fc.nat(),
	callId: text,
	filtered: fc.boolean(),
	attestation: fc.constantFrom("A", "B", "C", null),
});

describe("the header of a recording", () => {
	test("is read back as it was written, and fits into the log", () => {
		fc.assert(
			fc.property(facts, fc.integer({ min: 1, max: 5 }), (written, take) => {
				const octets = writeHeader({ kind: "message", take, facts: written });
				expect(octets.length).toBeLessThanOrEqual(MEDIA_LIMITS.recordingHeaderBytesMax);
				expect(readHeader(octets)).toEqual({ kind: "message", take, facts: written });
			}),
		);
		expect(readHeader(writeHeader({ kind: "own" }))).toEqual({ kind: "own" });
	});

	test("that is not ours is told apart, whatever it holds", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
				expect(readHeader(octets)).toBeUndefined();
			}),
		);
		fc.assert(
			fc.property(fc.jsonValue(), (value) => {
				expect(readHeader(new TextEncoder().encode(JSON.stringify(value)))).toBeUndefined();
			}),
		);
	});

	test.each(["messageId", "phoneNumber", "receivedOn", "redirectReason", "minMessageMs", "from"])(
		"without %s is not taken for a message",
		(name) => {
			const [whole] = fc.sample(facts, 1);
			const broken = { version: 1, kind: "message", take: 1, facts: { ...whole, [name]: undefined } };
			expect(readHeader(new TextEncoder().encode(JSON.stringify(broken)))).toBeUndefined();
		},
	);
});
