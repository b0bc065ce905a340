import { describe, expect, test } from "vitest";
import { CALL_LIMITS } from "../../src/calls/limits.ts";
import { LIMITS } from "../../src/domain/index.ts";
import { message } from "../support/calls/fake-mailboxes.ts";
import { PROMPT_MS } from "../support/calls/flow-world.ts";
import { KEYED_NUMBER, PIN, RetrievalWorld } from "../support/calls/retrieval-world.ts";

const foreign = () => new RetrievalWorld({ setup: { mailboxKnown: false } });
const enter = (world: RetrievalWorld, digits: string) => world.flow.key(...digits, "#").advance(50);

describe("login", () => {
	test("from the own number only the PIN is asked", () => {
		expect(new RetrievalWorld().flow.prompts).toEqual(["enter-pin"]);
	});

	test("from elsewhere first the mailbox number, then the PIN", () => {
		const world = foreign();
		expect(world.flow.prompts).toEqual(["enter-mailbox"]);
		enter(world, KEYED_NUMBER);
		expect(world.flow.lastPrompts).toEqual(["enter-pin"]);
		enter(world, PIN);
		expect(world.loggedIn).toBe(true);
	});

	test("an unknown mailbox and a wrong PIN sound alike, and both ask for number and PIN again", () => {
		const unknown = foreign();
		enter(unknown, "19998887777");
		enter(unknown, PIN);
		const wrong = foreign();
		enter(wrong, KEYED_NUMBER);
		enter(wrong, "0000");
		expect(unknown.flow.prompts).toEqual(wrong.flow.prompts);
		expect(wrong.flow.lastPrompts).toEqual(["login-incorrect", "enter-mailbox"]);
	});

	test("three wrong PINs end the call", () => {
		const world = new RetrievalWorld();
		for (const pin of ["1111", "2222"]) {
			enter(world, pin);
			expect(world.flow.lastPrompts).toEqual(["pin-incorrect", "enter-pin"]);
		}
		enter(world, "3333");
		expect(world.flow.lastPrompts).toEqual(["pin-incorrect", "too-many-attempts", "goodbye"]);
		enter(world, PIN);
		expect(world.loggedIn).toBe(false);
		expect(world.flow.runToEnd().all("hangUp")).toHaveLength(1);
	});

	test("a PIN that is too short is a try, too, but is not looked up", () => {
		const world = new RetrievalWorld();
		for (let i = 0; i < LIMITS.pinTriesPerCall; i++) enter(world, "12");
		expect(world.flow.all("request")).toEqual([]);
		expect(world.flow.lastPrompts).toContain("too-many-attempts");
	});

	test("a locked mailbox is said to be locked, and the call ends", () => {
		const until = new Date("2026-05-28T18:00:00Z");
		const world = new RetrievalWorld({
			instead: ({ ask }) => (ask === "checkPin" ? { ask, check: { result: "locked", until } } : undefined),
		});
		enter(world, PIN);
		expect(world.flow.lastPrompts).toEqual(["mailbox-locked", "goodbye"]);
		world.flow.runToEnd();
	});

	test("PINs are read in a fixed frame: digits beyond ten are ignored, no stream is matched", () => {
		const world = new RetrievalWorld();
		enter(world, `111111${PIN}99999`);
		expect(world.flow.all("request")[0]?.request).toEqual({ ask: "checkPin", mailboxNumber: "", pin: `111111${PIN}` });
		expect(world.loggedIn).toBe(false);
	});

	test("digits keyed while a PIN is checked are not the next try", () => {
		const world = new RetrievalWorld();
		world.flow.key(..."1111", "#", ..."2222", "#").advance(50);
		expect(world.wrongPins).toBe(1);
		expect(world.flow.lastPrompts).toEqual(["pin-incorrect", "enter-pin"]);
	});

	test("a pause ends the entry like #", () => {
		const world = new RetrievalWorld();
		world.flow.key(...PIN).advance(CALL_LIMITS.digitWaitMs + 50);
		expect(world.loggedIn).toBe(true);
	});

	test("* starts the entry anew", () => {
		const world = new RetrievalWorld();
		world.flow.key("9", "9", "*");
		enter(world, PIN);
		expect(world.loggedIn).toBe(true);
	});

	test("the first digit stops the prompt", () => {
		const world = new RetrievalWorld();
		world.flow.advance(200).key("4");
		expect(world.flow.all("stopPlaying")).toHaveLength(1);
	});

	test.each([true, false])(
		"a caller who keys nothing hears the question some times, then goodbye (own number: %s)",
		(mailboxKnown) => {
			const world = new RetrievalWorld({ setup: { mailboxKnown } });
			world.flow.runToEnd(120_000);
			expect(world.flow.lastPrompts).toEqual(["no-key", "goodbye"]);
			expect(world.flow.all("request")).toEqual([]);
		},
	);

	test("when the check can not be done the caller is told so, and hears nothing", () => {
		const world = new RetrievalWorld({ instead: ({ ask }) => (ask === "checkPin" ? { ask: "failed" } : undefined) });
		enter(world, PIN);
		expect(world.flow.lastPrompts).toEqual(["internal-problem", "goodbye"]);
	});
});

describe("a PIN that must be changed", () => {
	const forced = () => RetrievalWorld.opened({ mailbox: { pinChangeRequired: true } });

	test("must be changed before anything is heard", () => {
		const world = forced();
		expect(world.flow.lastPrompts).toEqual(["pin-must-change", "pin-enter-new"]);
		enter(world, "739164");
		expect(world.flow.lastPrompts).toEqual(["pin-enter-again"]);
		enter(world, "739164");
		expect(world.pin).toBe("739164");
		expect(world.flow.prompts).toEqual(expect.arrayContaining(["pin-changed", "you-have"]));
	});

	test("can not be left out with *", () => {
		const world = forced();
		world.flow.key("*");
		expect(world.flow.lastPrompts).toEqual(["pin-enter-new"]);
	});

	test.each([
		["weak", "1234", "pin-too-weak"],
		["the one in force", PIN, "pin-same"],
		["too short", "12", "pin-too-short"],
		["too long", "73916482507", "pin-too-long"],
	])("%s is refused, and said why", (_, pin, prompt) => {
		const world = forced();
		enter(world, pin);
		if (world.flow.lastPrompts[0] === "pin-enter-again") enter(world, pin);
		expect(world.flow.lastPrompts).toEqual([prompt, "pin-enter-new"]);
		expect(world.pin).toBe(PIN);
	});

	test("two entries that differ change nothing; after three refusals the call ends unheard", () => {
		const world = forced();
		for (let i = 0; i < CALL_LIMITS.pinChangeTriesMax; i++) {
			enter(world, "739164");
			enter(world, "739165");
		}
		expect(world.flow.lastPrompts).toEqual(["pin-not-matching", "pin-not-changed", "goodbye"]);
		expect(world.pin).toBe(PIN);
		world.flow.runToEnd();
		expect(world.flow.all("request").some(({ request }) => request.ask === "audio")).toBe(false);
	});
});

describe("counts and the way to the messages", () => {
	test("counts come first, then the first new message with its envelope follows by itself", () => {
		const world = RetrievalWorld.opened();
		const said = world.flow.lastPrompts;
		expect(said.slice(0, 3)).toEqual(["you-have", "number-2", "new-messages"]);
		expect(said.indexOf("first-new-message")).toBe(3);
		expect(said.indexOf("received")).toBe(4);
		world.flow.advance(60 * PROMPT_MS);
		expect(world.status("VMID-1")).toBe("Heard");
	});

	test("without new ones the main menu comes, and 1 plays the saved ones", () => {
		const world = RetrievalWorld.opened({ messages: [message({ messageId: "VMID-1", status: "Saved" })] });
		expect(world.flow.lastPrompts.at(-1)).toBe("main-menu");
		world.flow.key("1").advance(100);
		expect(world.flow.lastPrompts).toContain("only-saved-message");
	});

	test("an empty mailbox says so", () => {
		const world = RetrievalWorld.opened({ messages: [] });
		expect(world.flow.lastPrompts).toEqual(["no-messages", "main-menu"]);
		world.flow.key("1").advance(100);
		expect(world.flow.lastPrompts).toEqual(["no-messages", "main-menu"]);
	});

	test("* in the main menu ends the call, and a caller who does nothing is let go", () => {
		const world = RetrievalWorld.opened({ messages: [] });
		world.flow.key("*");
		expect(world.flow.lastPrompts).toEqual(["goodbye"]);
		expect(RetrievalWorld.opened({ messages: [] }).flow.runToEnd(120_000).lastPrompts).toEqual(["no-key", "goodbye"]);
	});
});

describe("the mobile key map, while a message sounds", () => {
	test("1 in the announcement goes to the message, and in the message to its start", () => {
		const world = RetrievalWorld.listening();
		world.flow.advance(1_500).key("1");
		const bodies = world.flow.all("play").filter((play) => play.speech.some((item) => "audio" in item));
		expect(bodies).toHaveLength(2);
	});

	test("2 pauses, and 2 again goes on where it stopped", () => {
		const world = RetrievalWorld.listening();
		world.flow.advance(1_000).key("2").advance(30_000).key("2").advance(2_999);
		expect(world.status("VMID-1")).toBe("New");
		expect(world.flow.advance(1).lastPrompts).toEqual(["end-of-message", "message-menu"]);
	});

	test("a pause that lasts too long ends by itself", () => {
		const world = RetrievalWorld.listening();
		world.flow.advance(1_000).key("2").advance(CALL_LIMITS.pauseMsMax);
		expect(world.flow.all("resume")).toHaveLength(1);
	});

	test("5 tells date, time in the mailbox's zone, and caller", () => {
		const world = RetrievalWorld.listening({ mailbox: { timeZone: "America/New_York" } });
		world.flow.key("5");
		// 15:03 UTC is 11:03 in New York in May
		expect(world.flow.lastPrompts).toEqual(
			expect.arrayContaining(["received", "today", "number-11", "minute-03", "am", "from"]),
		);
		const utc = RetrievalWorld.listening({ mailbox: { timeZone: "UTC" } });
		expect(utc.flow.key("5").lastPrompts).toEqual(expect.arrayContaining(["number-3", "pm"]));
	});

	test.each(["6", "#"])("%s goes to the next message, and past the last one to the main menu", (key) => {
		const world = RetrievalWorld.listening();
		world.flow.key(key).advance(100);
		expect(world.flow.lastPrompts).toContain("last-new-message");
		world.flow.key(key);
		expect(world.flow.lastPrompts).toEqual(["no-more-messages", "main-menu"]);
	});

	test("4 goes to the previous message, and says where there is none", () => {
		const world = RetrievalWorld.listening();
		world.flow.key("4");
		expect(world.flow.lastPrompts).toContain("no-previous-message");
		world.flow.key("6").advance(100).key("4").advance(100);
		expect(world.flow.lastPrompts).toContain("previous-message");
	});

	test("7 deletes, and says so when it is done; 7 again brings back what it was", () => {
		const world = RetrievalWorld.listening();
		world.flow.key("7").advance(50);
		expect(world.flow.lastPrompts[0]).toBe("message-deleted");
		expect(world.status("VMID-1")).toBe("Deleted");
		world.flow.key("7").advance(50);
		expect(world.flow.lastPrompts[0]).toBe("message-restored");
		expect(world.status("VMID-1")).toBe("New");
	});

	test("9 saves, also one that was deleted", () => {
		const world = RetrievalWorld.listening();
		world.flow.key("7").advance(50).key("9").advance(50);
		expect(world.flow.lastPrompts[0]).toBe("message-saved");
		expect(world.status("VMID-1")).toBe("Saved");
	});

	test("a key pressed while a mark is being set counts right after it", () => {
		const world = RetrievalWorld.listening();
		world.flow.key("7", "6").advance(100);
		expect(world.status("VMID-1")).toBe("Deleted");
		expect(world.flow.lastPrompts).toContain("last-new-message");
	});

	test("0 tells all keys, * leads to the main menu", () => {
		const world = RetrievalWorld.listening();
		expect(world.flow.key("0").lastPrompts).toEqual(["message-help", "message-menu"]);
		expect(world.flow.key("*").lastPrompts).toEqual(["main-menu"]);
	});

	test.each(["3", "8", "A"])("%s means nothing: the message sounds on; in the menu it is said", (key) => {
		const world = RetrievalWorld.listening();
		const plays = world.flow.all("play").length;
		world.flow.key(key);
		expect(world.flow.all("play")).toHaveLength(plays);
		world.flow.advance(4_000).key(key);
		expect(world.flow.lastPrompts[0]).toBe("invalid-key");
	});
});

describe("when a message counts as heard", () => {
	const MS = 4_000;

	test("played to its end", () => {
		const world = RetrievalWorld.listening();
		world.flow.advance(MS);
		expect(world.status("VMID-1")).toBe("Heard");
	});

	test.each([
		["#", 0.5, "New"],
		["#", 0.8, "Heard"],
		["*", 0.8, "Heard"],
		["4", 0.74, "New"],
	] as const)("left with %s after %f of it: %s", (key, part, status) => {
		const world = RetrievalWorld.listening();
		world.flow
			.advance(MS * part)
			.key(key)
			.advance(50);
		expect(world.status("VMID-1")).toBe(status);
	});

	test.each([
		[0.5, "New"],
		[0.8, "Heard"],
	] as const)("hung up after %f of it: %s", (part, status) => {
		const world = RetrievalWorld.listening();
		world.flow.advance(MS * part).hangUp();
		expect(world.status("VMID-1")).toBe(status);
	});

	test("time in a pause is not time heard", () => {
		const world = RetrievalWorld.listening();
		world.flow.advance(500).key("2").advance(20_000).hangUp();
		expect(world.status("VMID-1")).toBe("New");
	});

	test("a saved one stays saved, and what was deleted after hearing comes back as heard", () => {
		const saved = RetrievalWorld.opened({ messages: [message({ messageId: "VMID-1", status: "Saved" })] });
		saved.flow
			.key("1")
			.advance(50)
			.key("1")
			.advance(MS + 50);
		expect(saved.status("VMID-1")).toBe("Saved");
		const heard = RetrievalWorld.listening();
		heard.flow
			.advance(MS + 50)
			.key("7")
			.advance(50)
			.key("7")
			.advance(50);
		expect(heard.status("VMID-1")).toBe("Heard");
	});
});

describe("trouble", () => {
	test("a message without audio is said to be unplayable, and those behind it are reached", () => {
		const world = RetrievalWorld.opened({ unplayable: ["VMID-1"] });
		world.flow.advance(50);
		expect(world.flow.lastPrompts).toEqual(expect.arrayContaining(["message-cannot-be-played", "last-new-message"]));
		expect(world.status("VMID-1")).toBe("New");
	});

	test("nothing but unplayable messages ends in the main menu", () => {
		const world = RetrievalWorld.opened({ unplayable: ["VMID-1", "VMID-2"] });
		world.flow.advance(200);
		expect(world.flow.lastPrompts.slice(-2)).toEqual(["no-more-messages", "main-menu"]);
	});

	test("what can not be deleted now is not said to be deleted", () => {
		const world = RetrievalWorld.listening({
			instead: ({ ask }) => (ask === "setStatus" ? { ask: "failed" } : undefined),
		});
		world.flow.key("7").advance(50);
		expect(world.flow.prompts).not.toContain("message-deleted");
		expect(world.flow.lastPrompts).toEqual(["internal-problem", "goodbye"]);
	});

	test("when the PIN was changed elsewhere the session ends", () => {
		const world = RetrievalWorld.listening({
			instead: ({ ask }) => (ask === "setStatus" ? { ask: "closed" } : undefined),
		});
		world.flow.key("7").advance(50);
		expect(world.flow.lastPrompts).toEqual(["no-access", "goodbye"]);
		expect(world.flow.runToEnd().all("hangUp")).toHaveLength(1);
	});

	test("the end of the platform is said, and what was done stands", () => {
		const world = RetrievalWorld.listening();
		world.flow.key("7").advance(50).give({ type: "drain" }).runToEnd(60_000);
		expect(world.status("VMID-1")).toBe("Deleted");
	});
});

describe("options", () => {
	const options = () => {
		const world = RetrievalWorld.opened({ messages: [] });
		world.flow.key("4");
		return world;
	};
	/** A recording of `ms`, in its menu. */
	const recorded = (key: "1" | "2", ms = 3_000) => {
		const world = options();
		world.flow
			.key(key)
			.advance(2 * PROMPT_MS + ms)
			.key("#")
			.advance(50);
		return world;
	};

	test("* leads back to the main menu", () => expect(options().flow.key("*").lastPrompts).toEqual(["main-menu"]));

	test.each([
		["1", "unavailable", "greeting"],
		["2", "name", "name"],
	] as const)("%s records the %s: set when 1 confirms it", (key, kind, prompt) => {
		const world = recorded(key);
		expect(world.flow.lastPrompts).toEqual([`${prompt}-menu`]);
		world.flow.keyAndWait("1");
		expect(world.flow.lastPrompts).toEqual([`${prompt}-saved`, "options-menu"]);
		expect(world.greetingsSet).toEqual([{ kind, recordingId: "CALL-1.own" }]);
	});

	test("a name has its own longest length", () => {
		const world = recorded("2", 30_000);
		expect([...world.flow.durations.values()]).toEqual([10_000]);
	});

	test("2 plays it, 3 records again under an id of its own and drops the first", () => {
		const world = recorded("1");
		world.flow.keyAndWait("2");
		expect(world.flow.all("play").at(-1)?.speech[0]).toHaveProperty("audio");
		world.flow
			.key("3")
			.advance(2 * PROMPT_MS + 2_000)
			.key("#")
			.advance(50)
			.keyAndWait("1");
		expect(world.greetingsSet).toEqual([{ kind: "unavailable", recordingId: "CALL-1.own.2" }]);
		expect(world.flow.all("drop")).toEqual([{ type: "drop", recordingIds: ["CALL-1.own"] }]);
	});

	test.each([["7"], ["*"]])("%s discards it, and says that nothing changed", (key) => {
		const world = recorded("1");
		world.flow.key(key);
		expect(world.flow.lastPrompts).toEqual(["greeting-discarded", "options-menu"]);
		expect(world.flow.all("drop")).toHaveLength(1);
	});

	test("one too short is recorded again", () => {
		expect(recorded("1", 200).flow.lastPrompts).toEqual(["recording-too-short", "greeting-record"]);
	});

	test("a hang-up before it is confirmed sets nothing and leaves nothing in the log", () => {
		const inMenu = recorded("1");
		inMenu.flow.hangUp();
		const inRecording = options();
		inRecording.flow
			.key("1")
			.advance(2 * PROMPT_MS + 2_000)
			.hangUp();
		for (const world of [inMenu, inRecording]) {
			expect(world.flow.ended).toBe(true);
			expect(world.greetingsSet).toEqual([]);
			expect(world.flow.all("drop")).toHaveLength(1);
		}
	});

	test("a hang-up while it is being set leaves the recording to whoever sets it", () => {
		const world = recorded("1");
		world.flow.key("1").hangUp();
		expect(world.greetingsSet).toHaveLength(1);
		expect(world.flow.all("drop")).toEqual([]);
	});

	test("3 changes the PIN, and * leaves it as it is", () => {
		const world = options();
		world.flow.key("3");
		enter(world, "739164");
		enter(world, "739164");
		expect(world.flow.lastPrompts).toEqual(["pin-changed", "options-menu"]);
		world.flow.key("3", "*");
		expect(world.flow.lastPrompts).toEqual(["pin-not-changed", "options-menu"]);
		expect(world.pin).toBe("739164");
	});
});
