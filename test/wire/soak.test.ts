/** A short run of `npm run soak`: calls of all kinds over a network that loses packets, and then nothing is left of them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ZERO_AT_IDLE } from "../../bench/soak/gauges.ts";
import { runSoak } from "../../bench/soak/soak.ts";
import { type Platform, startPlatform } from "../support/platform.ts";

let platform: Platform;

beforeAll(async () => {
	platform = await startPlatform({ env: { AFTERBEEP_LOG: "warn" } });
});
afterAll(async () => {
	await platform?.stop();
});

/** V8 grows while it warms up; what is meant here is a call that keeps its audio. */
const GROWTH_MB_MAX = 400;

test("after a mixed load over a lossy network each message is accounted for, and no call, dialog, transaction or socket is left", {
	timeout: 300_000,
}, async () => {
	const result = await runSoak({ platform, rounds: 1, roundSeconds: 12, callers: 6, seed: 20, compared: 2 });
	expect(result.faults).toEqual([]);
	for (const correlation of result.correlations) expect(correlation).toBeGreaterThan(0.99);
	const [before, after] = [result.readings[0]!, result.readings.at(-1)!];
	for (const name of ZERO_AT_IDLE) expect([name, after.rooms.get(name)]).toEqual([name, 0]);
	expect(after.udpSockets).toBe(before.udpSockets);
	expect(after.rssMb - before.rssMb).toBeLessThan(GROWTH_MB_MAX);
});
