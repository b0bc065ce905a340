/** Deposits by the thousand, in simulated time: whatever callers and lost events do, what was said is what is kept. */
import { describe, expect, test } from "vitest";
import {
	beginDeposit,
	type DepositSetup,
	type DepositState,
	depositEnded,
	stepDeposit,
} from "../../src/calls/deposit.ts";
import type { FlowEvent } from "../../src/calls/flow.ts";
import { FlowWorld, type WorldOptions } from "../support/calls/flow-world.ts";
import { forSeeds, type SeededRandom } from "../support/seeded-random.ts";

const SETUP: DepositSetup = {
	messageId: "VMID-1",
	greeting: [{ prompt: "greeting-reached" }, { prompt: "greeting-leave-message" }],
	maxMs: 20_000,
	minMs: 1_000,
	early: false,
	starLogin: false,
};
const KEYS = [..."0123456789*#ABCD"];
const AUDIO = { encoding: "PCMU", samples: new Uint8Array(8 * 1_500) } as const;

function newCall(copies?: WorldOptions["copies"]): FlowWorld<DepositState> {
	const machine = { begin: () => beginDeposit(SETUP), step: stepDeposit, ended: depositEnded };
	const answer = () => ({ ask: "readRecording", audio: AUDIO }) as const;
	return new FlowWorld(machine, { answer, ...(copies ? { copies } : {}) });
}

/** What must hold after every call. */
function check(world: FlowWorld<DepositState>): void {
	world.runToEnd();
	const keeps = world.all("keep");
	const discarded = world.prompts.includes("deposit-discarded");
	const takes = [...world.durations.keys()].reverse();
	const longEnough = takes.find((take) => world.durations.get(take)! >= SETUP.minMs);
	expect(world.recording, "a recording still runs").toBe(false);
	expect(keeps.length, "kept more than once").toBeLessThanOrEqual(1);
	if (discarded) {
		expect(keeps, "kept though discarded").toEqual([]);
		expect(world.all("drop").flatMap((drop) => drop.recordingIds)).toEqual(takes);
	} else if (takes.length > 0) {
		expect(keeps[0]?.recordingIds, "not all takes are offered, newest first").toEqual(takes);
		expect(world.keptRecording(SETUP.minMs), "not the newest take that is long enough").toBe(longEnough);
	} else expect(keeps, "kept something that was never recorded").toEqual([]);
	const recordedAfterBeep = world.effects.every(({ effect }, i) => {
		if (effect.type !== "record") return true;
		const before = world.effects.slice(0, i).findLast((earlier) => earlier.effect.type === "play")?.effect;
		return before?.type === "play" && JSON.stringify(before.speech) === '[{"prompt":"beep"}]';
	});
	expect(recordedAfterBeep, "a recording did not begin at the end of a beep").toBe(true);
}

/** Long enough to be in every place: greeting, beep, recording, menu, listening, again, menu, closing. */
function wholeCall(world: FlowWorld<DepositState>): FlowWorld<DepositState> {
	world.plan(6_000, { type: "digit", digit: "#" });
	world.plan(8_000, { type: "digit", digit: "2" });
	world.plan(12_000, { type: "digit", digit: "3" });
	world.plan(18_000, { type: "digit", digit: "#" });
	world.plan(20_000, { type: "digit", digit: "1" });
	return world;
}
const WHOLE_MS = 23_000;

describe("at every moment of a call", () => {
	const moments = Array.from({ length: WHOLE_MS / 125 }, (_, i) => i * 125);

	test.each(KEYS)("the key %s leaves nothing undone", (digit) => {
		for (const atMs of moments) {
			const world = wholeCall(newCall());
			world.plan(atMs, { type: "digit", digit });
			check(world);
		}
	});

	test.each([{ type: "hangUp" }, { type: "drain" }, { type: "silence" }, { type: "recordingFull" }] as const)(
		"$type leaves nothing undone",
		(event: FlowEvent) => {
			for (const atMs of moments) {
				const world = wholeCall(newCall());
				world.plan(atMs, event);
				check(world);
			}
		},
	);

	test("a hang-up keeps what was recorded by then, unless it was discarded", () => {
		for (const atMs of moments) {
			const world = wholeCall(newCall());
			world.plan(atMs, { type: "hangUp" });
			check(world);
			if (atMs >= 4_000) expect(world.keptRecording(SETUP.minMs), `hung up after ${atMs} ms`).toBeDefined();
		}
	});

	test("a hang-up and a key or a closing at the same moment", () => {
		for (const atMs of moments) {
			for (const event of [{ type: "drain" }, { type: "digit", digit: "#" }] as const) {
				const world = wholeCall(newCall());
				world.plan(atMs, event);
				world.plan(atMs, { type: "hangUp" });
				check(world);
			}
		}
	});
});

/** A caller who does something every few seconds and hangs up at some time. */
function randomCaller(world: FlowWorld<DepositState>, random: SeededRandom): void {
	let atMs = 0;
	for (let i = random.between(0, 12); i > 0; i--) {
		atMs += random.between(0, random.pick([200, 3_000, 25_000]));
		const likely = random.pick(["#", "#", "1", "2", "3", "3", "7", random.pick(KEYS)]);
		world.plan(atMs, random.chance(0.1) ? { type: "silence" } : { type: "digit", digit: likely });
	}
	if (random.chance(0.1)) world.plan(random.between(0, 60_000), { type: "drain" });
	if (random.chance(0.7)) world.plan(atMs + random.between(0, 10_000), { type: "hangUp" });
}

describe("random callers, from a seed", () => {
	test("3,000 of them", () => {
		forSeeds(3_000, (random) => {
			const world = newCall();
			randomCaller(world, random);
			check(world);
		});
	});

	test("3,000 of them while events are lost or come twice", () => {
		forSeeds(3_000, (random) => {
			const world = newCall(() => random.pick([0, 1, 1, 1, 1, 2]));
			randomCaller(world, random);
			check(world);
		});
	});
});
