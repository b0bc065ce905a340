import { describe, expect, test } from "vitest";
import {
	beginDeposit,
	type DepositSetup,
	type DepositState,
	depositEnded,
	stepDeposit,
} from "../../src/calls/deposit.ts";
import { CALL_LIMITS } from "../../src/calls/limits.ts";
import { FlowWorld, PROMPT_MS } from "../support/calls/flow-world.ts";

const SETUP: DepositSetup = {
	messageId: "VMID-1",
	greeting: [{ prompt: "greeting-reached" }, { prompt: "greeting-leave-message" }],
	maxMs: 60_000,
	minMs: 1_000,
	early: false,
	starLogin: false,
};
const GREETING_MS = 2 * PROMPT_MS;
const BEEP_END_MS = GREETING_MS + PROMPT_MS;

function call(setup: Partial<DepositSetup> = {}, playbackMs = 1_000): FlowWorld<DepositState> {
	const machine = {
		begin: () => beginDeposit({ ...SETUP, ...setup }),
		step: stepDeposit,
		ended: depositEnded,
	};
	const audio = { encoding: "PCMU", samples: new Uint8Array(8 * playbackMs) } as const;
	return new FlowWorld(machine, { answer: () => ({ ask: "readRecording", audio }) });
}

/** In the menu after a message of `ms`. */
const inMenu = (ms = 5_000) =>
	call()
		.advance(BEEP_END_MS + ms)
		.keyAndWait("#");

describe("greeting and beep", () => {
	test("the greeting is played, then the beep, and recording starts when the beep has ended", () => {
		const world = call().advance(BEEP_END_MS - 1);
		expect(world.prompts).toEqual(["greeting-reached", "greeting-leave-message", "beep"]);
		expect(world.recording).toBe(false);
		expect(world.advance(1).recording).toBe(true);
		expect(world.all("record")).toEqual([{ type: "record", recordingId: "VMID-1", take: 1, maxMs: 60_000 }]);
	});

	test("# skips the greeting and leads to the beep", () => {
		const world = call().advance(300).key("#");
		expect(world.lastPrompts).toEqual(["beep"]);
		expect(world.advance(PROMPT_MS).recording).toBe(true);
	});

	test("other keys do not end the greeting, and no key ends the beep", () => {
		const world = call().advance(300).key("1", "*", "0");
		expect(world.lastPrompts).not.toEqual(["beep"]);
		expect(world.advance(GREETING_MS).key("#").recording).toBe(false);
	});

	test("without a greeting the beep comes at once", () => expect(call({ greeting: [] }).prompts).toEqual(["beep"]));

	test.each([0, 100, GREETING_MS, BEEP_END_MS - 1])(
		"a hang-up after %i ms, before the beep has ended, stores nothing",
		(ms) => {
			const world = call().advance(ms).hangUp();
			expect(world.ended).toBe(true);
			expect([...world.all("keep"), ...world.all("record")]).toEqual([]);
		},
	);
});

describe("a greeting before the answer", () => {
	test("the call is answered behind it, and the beep comes with the ACK", () => {
		const world = call({ early: true }).advance(GREETING_MS);
		expect(world.all("answer")).toHaveLength(1);
		expect(world.prompts).not.toContain("beep");
		world.give({ type: "confirmed" });
		expect(world.lastPrompts).toEqual(["beep"]);
		expect(world.advance(PROMPT_MS).recording).toBe(true);
	});

	test("without one the call is answered at once", () => {
		expect(call({ early: true, greeting: [] }).all("answer")).toHaveLength(1);
	});

	test("a hang-up before the ACK stores nothing", () => {
		const world = call({ early: true }).advance(GREETING_MS).hangUp();
		expect(world.ended).toBe(true);
		expect(world.all("keep")).toEqual([]);
	});

	test("recording again does not answer again", () => {
		const world = call({ early: true }).advance(GREETING_MS).give({ type: "confirmed" });
		world.advance(PROMPT_MS + 4_000).keyAndWait("#");
		world.keyAndWait("3").advance(2 * PROMPT_MS);
		expect(world.all("answer")).toHaveLength(1);
		expect(world.all("record")).toHaveLength(2);
	});
});

describe("recording", () => {
	test("a hang-up keeps what was recorded", () => {
		const world = call()
			.advance(BEEP_END_MS + 4_000)
			.hangUp();
		expect(world.ended).toBe(true);
		expect(world.all("keep")).toEqual([{ type: "keep", recordingIds: ["VMID-1"] }]);
		expect(world.durations.get("VMID-1")).toBe(4_000);
		expect(world.all("hangUp")).toEqual([]);
	});

	test("# ends it and leads to the menu", () => expect(inMenu().lastPrompts).toEqual(["deposit-menu"]));

	test("other keys are part of the message", () => {
		expect(
			call()
				.advance(BEEP_END_MS + 500)
				.key("1", "2", "*", "7").recording,
		).toBe(true);
	});

	test("silence ends it, and the message is kept", () => {
		const world = call()
			.advance(BEEP_END_MS + 9_000)
			.give({ type: "silence" })
			.runToEnd();
		expect(world.keptRecording(SETUP.minMs)).toBe("VMID-1");
		expect(world.prompts).toContain("deposit-saved");
		expect(world.all("hangUp")).toHaveLength(1);
	});

	test("the longest length ends it; the caller is told and has the menu", () => {
		const world = call().advance(BEEP_END_MS + 60_000 + 100);
		expect(world.lastPrompts).toEqual(["deposit-time-up", "deposit-menu"]);
		expect(world.durations.get("VMID-1")).toBe(60_000);
	});

	test("a take that is too short is said to be so and recorded again, under an id of its own", () => {
		const world = inMenu(400);
		expect(world.lastPrompts).toEqual(["deposit-too-short", "deposit-record-again"]);
		world.advance(3 * PROMPT_MS + 2_000).hangUp();
		expect(world.all("keep")).toEqual([{ type: "keep", recordingIds: ["VMID-1.2", "VMID-1"] }]);
	});

	test("the end of the platform is said, and the message kept", () => {
		const world = call()
			.advance(BEEP_END_MS + 3_000)
			.give({ type: "drain" })
			.runToEnd();
		expect(world.keptRecording(SETUP.minMs)).toBe("VMID-1");
		expect(world.lastPrompts).toEqual(["going-down"]);
	});

	test("the end of the platform before the beep keeps nothing, and does not say that it did", () => {
		const world = call().advance(500).give({ type: "drain" }).runToEnd();
		expect(world.lastPrompts).toEqual(["service-closing"]);
		expect(world.all("keep")).toEqual([]);
	});
});

describe("the menu after #", () => {
	test("1 keeps the message before it says so", () => {
		const world = inMenu().key("1");
		expect(world.all("keep")).toHaveLength(1);
		expect(world.lastPrompts).toEqual(["deposit-saved", "goodbye"]);
		expect(world.runToEnd().all("hangUp")).toHaveLength(1);
	});

	test("2 plays the message, then the menu again", () => {
		const world = inMenu().keyAndWait("2");
		const play = world.all("play").at(-1)!;
		expect(play.speech[0]).toHaveProperty("audio");
		expect(world.lastPrompts).toEqual(["deposit-menu"]);
	});

	test("2 plays a message of many minutes to its end", () => {
		const world = call({ maxMs: 900_000 }, 800_000)
			.advance(BEEP_END_MS + 800_000)
			.keyAndWait("#")
			.keyAndWait("2");
		const plays = world.all("play").length;
		expect(world.advance(800_000).all("play")).toHaveLength(plays);
	});

	test("3 records again, and a hang-up in that prompt keeps the last take", () => {
		const world = inMenu().key("3").advance(200).hangUp();
		expect(world.all("keep")).toEqual([{ type: "keep", recordingIds: ["VMID-1"] }]);
	});

	test("a second take that is too short leaves the first one as the message", () => {
		const world = inMenu()
			.key("3")
			.advance(2 * PROMPT_MS + 300)
			.hangUp();
		expect(world.keptRecording(SETUP.minMs)).toBe("VMID-1");
	});

	test("a second take that is long enough is the message", () => {
		const world = inMenu()
			.key("3")
			.advance(2 * PROMPT_MS + 3_000)
			.hangUp();
		expect(world.keptRecording(SETUP.minMs)).toBe("VMID-1.2");
	});

	test.each(["7", "*"])("%s discards the message, and says so", (key) => {
		const world = inMenu().key(key).runToEnd();
		expect(world.all("keep")).toEqual([]);
		expect(world.all("drop")).toEqual([{ type: "drop", recordingIds: ["VMID-1"] }]);
		expect(world.prompts).toContain("deposit-discarded");
	});

	test("a hang-up in the menu keeps the message", () => {
		expect(inMenu().advance(2_500).hangUp().keptRecording(SETUP.minMs)).toBe("VMID-1");
	});

	test("a key without meaning is said to have none; too many of them keep the message and end the call", () => {
		const world = inMenu().key("5");
		expect(world.lastPrompts).toEqual(["invalid-key", "deposit-menu"]);
		for (let i = 0; i < CALL_LIMITS.wrongKeysMax; i++) world.key("5");
		expect(world.lastPrompts).toEqual(["deposit-saved", "goodbye"]);
		expect(world.keptRecording(SETUP.minMs)).toBe("VMID-1");
	});

	test("a caller who does nothing hears the menu some times; then the message is kept", () => {
		const world = inMenu().runToEnd();
		expect(world.prompts.filter((prompt) => prompt === "deposit-menu")).toHaveLength(1 + CALL_LIMITS.idleRepeatsMax);
		expect(world.keptRecording(SETUP.minMs)).toBe("VMID-1");
		expect(world.all("keep")).toHaveLength(1);
	});

	test("recording again has an end: the last take is kept", () => {
		const world = inMenu();
		for (let i = 1; i < CALL_LIMITS.takesMax; i++)
			world
				.key("3")
				.advance(2 * PROMPT_MS + 2_000)
				.keyAndWait("#");
		world.key("3");
		expect(world.lastPrompts).toEqual(["deposit-saved", "goodbye"]);
		expect(world.keptRecording(SETUP.minMs)).toBe(`VMID-1.${CALL_LIMITS.takesMax}`);
	});
});
