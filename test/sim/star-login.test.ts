/** Calls that begin at a greeting with `*` allowed, by the thousand: each is a deposit or a retrieval, never both. */
import { describe, expect, test } from "vitest";
import { depositFlow } from "../../src/calls/call-flow.ts";
import type { WorldOptions } from "../support/calls/flow-world.ts";
import { PIN, RetrievalWorld } from "../support/calls/retrieval-world.ts";
import { forSeeds, type SeededRandom } from "../support/seeded-random.ts";

const KEYS = [..."0123456789*#ABCD"];

function newCall(early: boolean, copies?: WorldOptions["copies"]): RetrievalWorld {
	const deposit = {
		messageId: "VMID-new",
		greeting: [{ prompt: "greeting-reached" }, { prompt: "greeting-leave-message" }],
		maxMs: 20_000,
		minMs: 1_000,
		early,
		starLogin: true,
	} as const;
	return new RetrievalWorld({
		flowFor: (menu) => depositFlow(deposit, menu),
		...(copies ? { copies } : {}),
	});
}

function check(world: RetrievalWorld): void {
	const { flow } = world;
	flow.runToEnd();
	expect(flow.recording, "a recording still runs").toBe(false);
	const becameAt = flow.effects.findIndex(({ effect }) => effect.type === "login");
	const kept = flow.all("keep").length;
	expect(flow.all("login").length).toBeLessThanOrEqual(1);
	if (becameAt < 0) {
		expect(flow.prompts, "the PIN asked for in a deposit").not.toContain("enter-pin");
		expect(flow.all("request").filter(({ request }) => request.ask !== "readRecording")).toEqual([]);
		expect(flow.state.kind).toBe("deposit");
	} else {
		expect(kept, "a message left by a retrieval").toBe(0);
		expect(flow.state.takes).toEqual([]);
		expect(flow.state.kind).toBe("retrieval");
		const before = flow.effects.slice(0, becameAt);
		expect(before.some(({ effect }) => effect.type === "record")).toBe(false);
	}
	if (!world.loggedIn) for (const prompt of ["you-have", "main-menu"]) expect(flow.prompts).not.toContain(prompt);
	const ids = flow.effects.flatMap(({ effect }) => {
		if (effect.type === "play") return effect.playId;
		if (effect.type === "startTimer") return effect.timerId;
		return effect.type === "request" ? effect.requestId : [];
	});
	expect(new Set(ids).size, "an id was used twice").toBe(ids.length);
}

function randomCaller(world: RetrievalWorld, random: SeededRandom, early: boolean): void {
	let atMs = random.between(0, 2_500);
	if (early) world.flow.plan(random.between(0, 5_000), { type: "confirmed" });
	if (early) world.flow.plan(random.between(2_000, 8_000), { type: "confirmed" });
	const first = random.chance(0.7) ? ["*"] : [];
	for (const digit of [...first, ...(random.chance(0.7) ? [...PIN, "#"] : [])]) {
		world.flow.plan(atMs, { type: "digit", digit });
		atMs += random.between(0, early ? 2_000 : 300);
	}
	for (let i = random.between(0, 20); i > 0; i--) {
		world.flow.plan(atMs, { type: "digit", digit: random.pick([...KEYS, "1", "7", "#", "#", "*"]) });
		atMs += random.between(0, random.pick([100, 2_000, 12_000]));
	}
	if (random.chance(0.1)) world.flow.plan(random.between(0, 60_000), { type: "drain" });
	if (random.chance(0.7)) world.flow.plan(atMs + random.between(0, 10_000), { type: "hangUp" });
}

describe("random callers, from a seed", () => {
	test.each([false, true])("1,500 of them, greeted before the answer: %s", (early) => {
		let opened = 0;
		let left = 0;
		forSeeds(1_500, (random) => {
			const world = newCall(early);
			randomCaller(world, random, early);
			check(world);
			if (world.loggedIn) opened++;
			if (world.flow.all("keep").length > 0) left++;
		});
		expect(opened).toBeGreaterThan(100);
		expect(left).toBeGreaterThan(100);
	});

	test("1,500 while events are lost or come twice", () => {
		forSeeds(1_500, (random) => {
			const early = random.chance(0.5);
			const world = newCall(early, () => random.pick([0, 1, 1, 1, 1, 1, 2]));
			randomCaller(world, random, early);
			check(world);
		});
	});

	test("*, a hang-up or a closing at every moment of the greeting and behind it", () => {
		for (let atMs = 0; atMs < 6_000; atMs += 125) {
			for (const type of ["hangUp", "drain"] as const) {
				for (const starMs of [0, 1_000, 2_000]) {
					const world = newCall(false);
					world.flow.plan(starMs, { type: "digit", digit: "*" });
					world.flow.plan(atMs, { type });
					check(world);
				}
			}
		}
	});
});
