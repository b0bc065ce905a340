import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, charge, take } from "../../../src/http/conventions/token-bucket.ts";

const rule = { perMinute: 50, burst: 50 };

describe("token bucket", () => {
	test("fifty requests pass at once, the fifty-first is told when to come back", () => {
		let bucket: Bucket | undefined;
		for (let i = 0; i < 50; i++) {
			const taken = take(bucket, rule, 1_000);
			expect(taken.retryAfterSeconds).toBe(0);
			bucket = taken.bucket;
		}
		expect(take(bucket, rule, 1_000).retryAfterSeconds).toBe(2);
		expect(take(bucket, rule, 1_000 + 1_200).retryAfterSeconds).toBe(0);
	});

	test("who waits as long as Retry-After says is served", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 60_000 }), (perMinute, laterMs) => {
				const own = { perMinute, burst: perMinute };
				const empty = { tokens: 0, atMs: 0 };
				const first = take(empty, own, laterMs);
				if (first.retryAfterSeconds === 0) return;
				const again = take(first.bucket, own, laterMs + first.retryAfterSeconds * 1000);
				expect(again.retryAfterSeconds).toBe(0);
			}),
		);
	});

	test("never more than burst plus refill passes in any stretch of time", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 300 }), (gapsMs) => {
				let bucket: Bucket | undefined;
				let nowMs = 0;
				let passed = 0;
				for (const gapMs of gapsMs) {
					nowMs += gapMs;
					const taken = take(bucket, rule, nowMs);
					bucket = taken.bucket;
					if (taken.retryAfterSeconds === 0) passed++;
				}
				expect(passed).toBeLessThanOrEqual(50 + (nowMs / 60_000) * 50);
			}),
		);
	});

	test("a clock that is set back opens nothing", () => {
		const empty = { tokens: 0, atMs: 60_000 };
		expect(take(empty, rule, 0).retryAfterSeconds).toBeGreaterThan(0);
	});

	test("a penalty is a debt of at most one burst", () => {
		expect(charge({ tokens: 0, atMs: 0 }, rule, 0, 1_000).tokens).toBe(-50);
		expect(charge(undefined, rule, 0, 4).tokens).toBe(46);
	});
});
