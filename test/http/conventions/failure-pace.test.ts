import { expect, test } from "vitest";
import { createFailurePace } from "../../../src/http/conventions/failure-pace.ts";

const RULE = { perSecond: 10, burst: 3, holdMsMax: 1_000 };

test("a few failures at once are answered at once; of more, so many a second", () => {
	const pace = createFailurePace(RULE);
	expect(Array.from({ length: 6 }, () => pace.holdMs(0))).toEqual([0, 0, 0, 100, 200, 300]);
});

test("no answer is held longer than the bound, however many fail, and a flood leaves no longer debt", () => {
	const pace = createFailurePace(RULE);
	for (let i = 0; i < 10_000; i++) expect(pace.holdMs(0)).toBeLessThanOrEqual(RULE.holdMsMax);
	expect(pace.holdMs(1_400)).toBe(0);
});

test("connections that wait for their answers come through at the pace, not at theirs", () => {
	const pace = createFailurePace(RULE);
	const freeAt = Array.from({ length: 5 }, () => 0);
	let answered = 0;
	for (;;) {
		const next = freeAt.indexOf(Math.min(...freeAt));
		const now = freeAt[next]!;
		if (now >= 10_000) break;
		freeAt[next] = now + pace.holdMs(now);
		answered++;
	}
	expect(answered).toBeLessThanOrEqual(10 * RULE.perSecond + RULE.burst + freeAt.length);
});

test("a clock set back makes nobody wait longer than the bound", () => {
	const pace = createFailurePace(RULE);
	pace.holdMs(1_000_000);
	expect(pace.holdMs(0)).toBeLessThanOrEqual(RULE.holdMsMax);
});
