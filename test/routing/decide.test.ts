import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CallFilter, type CallingParty, decide, FILTER_MODES } from "../../src/routing/decide.ts";

const CALLED = "+11234567890";
const KNOWN = "+18015551234";
const ABROAD = "+4930123456";

const filter = (over: Partial<CallFilter> = {}): CallFilter => ({
	filterId: "CFID-1",
	mode: "BLACKLIST",
	allowedNumbers: [],
	blockedNumbers: [],
	blockUnknownNumbers: false,
	blockInternational: false,
	...over,
});
const shows = (number: string | null, asserted: readonly string[] = []): CallingParty => ({ number, asserted });
const verdict = (over: Partial<CallFilter>, caller: CallingParty, keptOut: "message" | "reject" = "message") =>
	decide([filter(over)], CALLED, caller, keptOut).result;

describe("a call filter", () => {
	test("without rules lets everybody through, and so does no filter at all", () => {
		for (const caller of [shows(KNOWN), shows(null), shows(ABROAD), shows("anna")]) {
			expect(verdict({}, caller)).toBe("accept");
			expect(decide([], CALLED, caller, "reject").result).toBe("accept");
		}
	});

	test.each(FILTER_MODES)("of mode %s refuses blocked callers with 603", (mode) => {
		const refused = decide([filter({ mode, blockedNumbers: [KNOWN] })], CALLED, shows(KNOWN), "message");
		expect(refused).toMatchObject({ result: "refuse", status: 603, why: expect.stringContaining("CFID-1") });
	});

	test("knows a blocked caller who withholds the number by what the network asserts", () => {
		expect(verdict({ blockedNumbers: [KNOWN] }, shows(null, [KNOWN]))).toBe("refuse");
	});

	test("refuses whoever is blocked and allowed at once", () => {
		expect(verdict({ blockedNumbers: [KNOWN], allowedNumbers: [KNOWN] }, shows(KNOWN))).toBe("refuse");
	});

	test.each<[string, Partial<CallFilter>, CallingParty, string]>([
		["a whitelist, who is on it", { mode: "WHITELIST", allowedNumbers: [KNOWN] }, shows(KNOWN), "accept"],
		["a whitelist, who is not on it", { mode: "WHITELIST", allowedNumbers: [KNOWN] }, shows(ABROAD), "filter"],
		[
			"a whitelist, a number withheld but asserted",
			{ mode: "WHITELIST", allowedNumbers: [KNOWN] },
			shows(null, [KNOWN]),
			"accept",
		],
		["unknown blocked, no number", { blockUnknownNumbers: true }, shows(null), "filter"],
		["unknown blocked, a name for a number", { blockUnknownNumbers: true }, shows("anna"), "filter"],
		["unknown blocked, withheld though asserted", { blockUnknownNumbers: true }, shows(null, [KNOWN]), "filter"],
		["unknown blocked, a number", { blockUnknownNumbers: true }, shows(KNOWN), "accept"],
		["international blocked, another country", { blockInternational: true }, shows(ABROAD), "filter"],
		["international blocked, another country, withheld", { blockInternational: true }, shows(null, [ABROAD]), "filter"],
		["international blocked, the same country", { blockInternational: true }, shows(KNOWN), "accept"],
		["international blocked, no number", { blockInternational: true }, shows(null), "accept"],
		[
			"international blocked, but allowed by name",
			{ blockInternational: true, allowedNumbers: [ABROAD] },
			shows(ABROAD),
			"accept",
		],
		["an age mode alone", { mode: "CHILD" }, shows(ABROAD), "accept"],
	])("%s", (_what, over, caller, expected) => {
		expect(verdict(over, caller)).toBe(expected);
		expect(verdict(over, caller, "reject")).toBe(expected === "filter" ? "refuse" : expected);
	});

	test("beside others never makes the verdict milder", () => {
		const rank = { accept: 0, filter: 1, refuse: 2 };
		const number = fc.constantFrom(KNOWN, ABROAD, "+18015550000");
		const anyFilter = fc.record({
			filterId: fc.constant("CFID-1"),
			mode: fc.constantFrom(...FILTER_MODES),
			allowedNumbers: fc.array(number, { maxLength: 2 }),
			blockedNumbers: fc.array(number, { maxLength: 2 }),
			blockUnknownNumbers: fc.boolean(),
			blockInternational: fc.boolean(),
		});
		const caller = fc.record({ number: fc.option(fc.oneof(number, fc.string())), asserted: fc.array(number) });
		fc.assert(
			fc.property(
				fc.array(anyFilter, { maxLength: 4 }),
				caller,
				fc.constantFrom("message", "reject"),
				(filters, who, keptOut) => {
					const all = rank[decide(filters, CALLED, who, keptOut).result];
					const each = filters.map((one) => rank[decide([one], CALLED, who, keptOut).result]);
					expect(all).toBe(Math.max(0, ...each));
				},
			),
		);
	});
});
