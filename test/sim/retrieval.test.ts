/** Retrievals by the thousand, in simulated time: whatever is keyed or lost, nothing is told before the right PIN. */
import { describe, expect, test } from "vitest";
import type { FlowEvent } from "../../src/calls/flow.ts";
import { LIMITS, type Message, type MessageStatus } from "../../src/domain/index.ts";
import { message } from "../support/calls/fake-mailboxes.ts";
import { KEYED_NUMBER, PIN, RetrievalWorld, type RetrievalWorldOptions } from "../support/calls/retrieval-world.ts";
import { forSeeds, type SeededRandom } from "../support/seeded-random.ts";

const KEYS = [..."0123456789*#ABCD"];
const MESSAGES: readonly Message[] = [
	message({ messageId: "VMID-1", durationMs: 3_000 }),
	message({ messageId: "VMID-2", durationMs: 6_000, from: null }),
	message({ messageId: "VMID-3", durationMs: 2_000, status: "Saved" }),
];

/** What must hold after every call. */
function check(world: RetrievalWorld, lossless = true): void {
	const { flow } = world;
	flow.runToEnd();
	expect(flow.recording, "a recording still runs").toBe(false);
	expect(world.wrongPins).toBeLessThanOrEqual(LIMITS.pinTriesPerCall);
	checkSaid(world);
	checkNothingBeforePin(world);
	// what was recorded of a greeting is set or forgotten
	if (!lossless) return;
	const dropped = flow.all("drop").flatMap((drop) => drop.recordingIds);
	const set = world.greetingsSet.map((one) => one.recordingId);
	expect([...dropped, ...set].toSorted()).toEqual([...flow.durations.keys()].toSorted());
}

/** Deleted, saved and restored are said exactly of what was just done. */
function checkSaid({ flow }: RetrievalWorld): void {
	let done: MessageStatus | undefined;
	for (const { effect } of flow.effects) {
		if (effect.type === "request" && effect.request.ask === "setStatus") done = effect.request.status;
		if (effect.type !== "play") continue;
		const prompts = effect.speech.flatMap((item) => ("prompt" in item ? [item.prompt] : []));
		if (prompts.includes("message-deleted")) expect(done).toBe("Deleted");
		if (prompts.includes("message-saved")) expect(done).toBe("Saved");
		if (prompts.includes("message-restored")) expect(["New", "Heard", "Saved"]).toContain(done);
	}
}

/** No message, no count, no menu. */
function checkNothingBeforePin(world: RetrievalWorld): void {
	if (world.loggedIn) return;
	const told = new Set(world.flow.prompts);
	for (const prompt of ["you-have", "no-messages", "main-menu", "options-menu", "message-menu", "received"]) {
		expect(told.has(prompt), `${prompt} before the right PIN`).toBe(false);
	}
	expect(world.flow.all("play").some((play) => play.speech.some((item) => "audio" in item))).toBe(false);
	expect(world.changes).toEqual([]);
}

/** Through login, three messages, main menu, options, a greeting. */
function wholeCall(options: RetrievalWorldOptions = {}): RetrievalWorld {
	const world = new RetrievalWorld({ messages: MESSAGES, ...options });
	const keys: [number, string][] = [
		...[...PIN, "#"].map((digit, i): [number, string] => [500 + 100 * i, digit]),
		[11_000, "1"],
		[15_000, "7"],
		[17_000, "6"],
		[24_000, "1"],
		[26_000, "2"],
		[28_000, "2"],
		[36_000, "9"],
		[38_000, "*"],
		[39_000, "4"],
		[40_000, "1"],
		[46_000, "#"],
		[47_000, "2"],
		[49_000, "1"],
	];
	for (const [atMs, digit] of keys) world.flow.plan(atMs, { type: "digit", digit });
	return world;
}
const WHOLE_MS = 52_000;
const moments = Array.from({ length: WHOLE_MS / 250 }, (_, i) => i * 250);

describe("at every moment of a call", () => {
	test("the whole call does what it says", () => {
		const world = wholeCall();
		check(world);
		expect(world.status("VMID-1")).toBe("Deleted");
		expect(world.status("VMID-2")).toBe("Saved");
		expect(world.greetingsSet).toHaveLength(1);
	});

	test.each(KEYS)("the key %s leaves nothing undone", (digit) => {
		for (const atMs of moments) {
			const world = wholeCall();
			world.flow.plan(atMs, { type: "digit", digit });
			check(world);
		}
	});

	test.each([{ type: "hangUp" }, { type: "drain" }, { type: "silence" }, { type: "recordingFull" }] as const)(
		"$type leaves nothing undone",
		(event: FlowEvent) => {
			for (const atMs of moments) {
				const world = wholeCall();
				world.flow.plan(atMs, event);
				check(world);
			}
		},
	);

	test("a hang-up keeps everything said so far", () => {
		for (const atMs of moments) {
			const world = wholeCall();
			world.flow.plan(atMs, { type: "hangUp" });
			check(world);
			if (world.flow.prompts.includes("message-deleted")) expect(world.status("VMID-1")).toBe("Deleted");
			if (world.flow.prompts.includes("message-saved")) expect(world.status("VMID-2")).toBe("Saved");
		}
	});

	test.each(["failed", "closed"] as const)("an answer '%s' to any one request ends the call well", (ask) => {
		for (let nth = 0; nth < 12; nth++) {
			let asked = 0;
			check(wholeCall({ instead: () => (asked++ === nth ? { ask } : undefined) }), false);
			expect(asked).toBeGreaterThan(0);
		}
	});
});

/** Someone who knows the PIN, or does not, and presses keys. */
function randomCaller(world: RetrievalWorld, random: SeededRandom, knowsPin: boolean): void {
	let atMs = random.between(0, 3_000);
	const press = (digit: string) => {
		world.flow.plan(atMs, { type: "digit", digit });
		atMs += random.between(0, random.pick([100, 2_000, 12_000]));
	};
	for (const digit of knowsPin ? [...KEYED_NUMBER, "#", ...PIN, "#"] : []) {
		atMs += 50;
		world.flow.plan(atMs, { type: "digit", digit });
	}
	for (let i = random.between(0, 40); i > 0; i--) press(random.pick([...KEYS, "1", "7", "#", "#", "*", "4", "9"]));
	if (random.chance(0.1)) world.flow.plan(random.between(0, 120_000), { type: "drain" });
	if (random.chance(0.7)) world.flow.plan(atMs + random.between(0, 20_000), { type: "hangUp" });
}

describe("random callers, from a seed", () => {
	const options = (random: SeededRandom): RetrievalWorldOptions => ({
		setup: { mailboxKnown: false },
		messages: MESSAGES.slice(0, random.between(0, 3)),
		unplayable: random.chance(0.3) ? ["VMID-2"] : [],
		mailbox: { pinChangeRequired: random.chance(0.1) },
	});

	test("2,000 who know the PIN", () => {
		let opened = 0;
		forSeeds(2_000, (random) => {
			const world = new RetrievalWorld(options(random));
			randomCaller(world, random, true);
			check(world);
			if (world.loggedIn) opened++;
		});
		expect(opened).toBeGreaterThan(1_500);
	});

	test("2,000 who guess", () => {
		forSeeds(2_000, (random) => {
			const world = new RetrievalWorld({ ...options(random), setup: { mailboxKnown: random.chance(0.5) } });
			// the right one never comes up by chance: what is tested is that wrong ones open nothing
			world.pin = "00000000000";
			randomCaller(world, random, false);
			check(world);
			expect(world.loggedIn).toBe(false);
		});
	});

	test("2,000 while events are lost or come twice", () => {
		forSeeds(2_000, (random) => {
			const world = new RetrievalWorld({ ...options(random), copies: () => random.pick([0, 1, 1, 1, 1, 1, 1, 2]) });
			randomCaller(world, random, true);
			check(world, false);
		});
	});
});
