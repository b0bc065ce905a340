import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMailboxes } from "../../src/mailbox/index.ts";
import { afterTry, CLEAN, lockAt, type PinHistory } from "../../src/mailbox/pin-attempts.ts";
import { createPinHasher } from "../../src/mailbox/pin-hasher.ts";
import { codeOf } from "../directory/support.ts";
import { openMailboxes, type TestMailboxes } from "./support.ts";

const RIGHT = "928371";
const MINUTE_MS = 60_000;

describe("the failure history of a mailbox", () => {
	const at = (ms: number) => new Date(1_000_000 + ms);

	test("locks at the fifth wrong PIN in a row for 5 minutes, doubling with each further one up to 24 hours", () => {
		const minutes: number[] = [];
		let history: PinHistory = CLEAN;
		let nowMs = 0;
		for (let i = 1; i <= 15; i++) {
			history = afterTry(history, false, at(nowMs));
			const lockedMs = history.lockedUntil ? history.lockedUntil.getTime() - at(nowMs).getTime() : 0;
			minutes.push(lockedMs / MINUTE_MS);
			nowMs += lockedMs;
		}
		expect(minutes).toEqual([0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
	});

	test("a right PIN begins it anew, but not while it is locked", () => {
		const locked = { failedAttempts: 5, lockedUntil: at(5 * MINUTE_MS) };
		expect(afterTry(locked, true, at(0))).toBe(locked);
		expect(lockAt(locked, at(5 * MINUTE_MS - 1))).toEqual(at(5 * MINUTE_MS));
		expect(lockAt(locked, at(5 * MINUTE_MS))).toBeUndefined();
		expect(afterTry(locked, true, at(5 * MINUTE_MS))).toEqual(CLEAN);
	});
});

describe("PIN hashes", () => {
	const key = new Uint8Array(32).fill(1);

	test("are argon2id with 19 MiB and two passes, salted, and peppered by the master key", async () => {
		const hasher = createPinHasher(key);
		const [one, two] = await Promise.all([hasher.hash(RIGHT), hasher.hash(RIGHT)]);
		expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
		expect(two).not.toBe(one);
		expect(await hasher.matches(RIGHT, one)).toBe(true);
		expect(await hasher.matches("928372", one)).toBe(false);
		expect(await hasher.matches(`${RIGHT}1`, one)).toBe(false);
		expect(await createPinHasher(new Uint8Array(32).fill(2)).matches(RIGHT, one)).toBe(false);
	});

	test("nothing matches where there is no hash, and the comparison is made all the same", async () => {
		const hasher = createPinHasher(key);
		const hash = await hasher.hash(RIGHT);
		await hasher.matches("", null);
		const timed = async (against: string | null) => {
			const start = process.cpuUsage();
			for (let i = 0; i < 5; i++) expect(await hasher.matches("0000", against)).toBe(false);
			const used = process.cpuUsage(start);
			return used.user + used.system;
		};
		const [without, withHash] = [await timed(null), await timed(hash)];
		expect(without).toBeGreaterThan(withHash / 3);
		expect(without).toBeLessThan(withHash * 3);
	});
});

describe("checking a PIN", () => {
	let m: TestMailboxes;
	beforeAll(async () => {
		m = await openMailboxes();
	});
	afterAll(() => m[Symbol.asyncDispose]());

	const equipped = async (pin = RIGHT) => {
		const number = await m.nextNumber();
		await m.activate({ pin }, number);
		return number;
	};
	const fail = async (number: string, times: number, channel: "own" | "foreign" = "own") => {
		let last: unknown;
		for (let i = 0; i < times; i++) last = await m.mailboxes.checkPin(number, "0000", channel);
		return last;
	};

	test("right, wrong, and right with a PIN that must be changed", async () => {
		const number = await equipped();
		expect(await m.mailboxes.checkPin(number, RIGHT, "own")).toEqual({ result: "right", pinChangeRequired: false });
		for (const pin of ["928370", "92837", "9283711", "", "9".repeat(1000), "92837१"]) {
			expect(await m.mailboxes.checkPin(number, pin, "foreign"), pin).toMatchObject({ result: "wrong" });
			await m.mailboxes.checkPin(number, RIGHT, "foreign");
		}
		await m.activate({ pin: "1234" }, number);
		expect(await m.mailboxes.checkPin(number, "1234", "own")).toEqual({ result: "right", pinChangeRequired: true });
	});

	test("a number without mailbox, in the pool or unknown is wrong like any wrong PIN, and leaves no trace", async () => {
		const before = await m.store.db.selectFrom("pinAttempts").selectAll().execute();
		for (const number of [await m.nextNumber(), "+11234567989", "+4930999999", "nonsense"]) {
			expect(await m.mailboxes.checkPin(number, RIGHT, "foreign")).toEqual({ result: "wrong" });
		}
		expect(await m.store.db.selectFrom("pinAttempts").selectAll().execute()).toEqual(before);
	});

	test("the mailbox of a cancelled number can not be opened", async () => {
		const number = await equipped();
		await m.store.db.updateTable("numbers").set({ status: "Cancelled" }).where("number", "=", number).execute();
		expect(await m.mailboxes.checkPin(number, RIGHT, "own")).toEqual({ result: "wrong" });
	});

	test("the fifth wrong PIN in a row locks, and then even the right one does not open or tell", async () => {
		const number = await equipped();
		expect(await fail(number, 4)).toEqual({ result: "wrong" });
		const until = new Date(m.clock.now().getTime() + 5 * MINUTE_MS);
		expect(await fail(number, 1)).toEqual({ result: "locked", until });
		expect(await m.mailboxes.checkPin(number, RIGHT, "own")).toEqual({ result: "locked", until });
		expect(await fail(number, 3)).toEqual({ result: "locked", until });
		expect(await m.mailboxes.details(number)).toMatchObject({ failedAttempts: 5, lockedUntil: until });
		m.clock.advance(5 * MINUTE_MS);
		expect(await fail(number, 1)).toEqual({
			result: "locked",
			until: new Date(m.clock.now().getTime() + 10 * MINUTE_MS),
		});
		m.clock.advance(10 * MINUTE_MS);
		expect(await m.mailboxes.checkPin(number, RIGHT, "own")).toMatchObject({ result: "right" });
		expect(await fail(number, 4)).toEqual({ result: "wrong" });
	});

	test("the history is the database's: another node, or one just started, counts on from it", async () => {
		const number = await equipped();
		await fail(number, 4);
		const node = createMailboxes({
			store: m.store,
			masterKey: m.masterKey,
			clock: m.clock,
			log: m.log,
			defaults: { timeZone: "UTC", language: "en" },
		});
		expect(await node.checkPin(number, "0000", "own")).toMatchObject({ result: "locked" });
		expect(await m.mailboxes.checkPin(number, RIGHT, "own")).toMatchObject({ result: "locked" });
	});

	test("a lock raised by foreign callers leaves the subscriber's own number open, and the other way round", async () => {
		const number = await equipped();
		expect(await fail(number, 5, "foreign")).toMatchObject({ result: "locked" });
		expect(await m.mailboxes.checkPin(number, RIGHT, "own")).toMatchObject({ result: "right" });
		expect(await m.mailboxes.checkPin(number, RIGHT, "foreign")).toMatchObject({ result: "locked" });
		const second = await equipped();
		expect(await fail(second, 5, "own")).toMatchObject({ result: "locked" });
		expect(await m.mailboxes.checkPin(second, RIGHT, "foreign")).toMatchObject({ result: "right" });
	});

	test("of twenty guesses at once four are wrong and the fifth locks, for the right one behind them too", async () => {
		const number = await equipped();
		const guesses = [...Array.from({ length: 19 }, (_, i) => `10${i + 10}`), RIGHT];
		const results = await Promise.all(guesses.map((pin) => m.mailboxes.checkPin(number, pin, "foreign")));
		expect(results.filter((each) => each.result === "wrong")).toHaveLength(4);
		expect(results.at(-1)).toMatchObject({ result: "locked" });
		// Each one that was compared counts, also after the lock; those that came to read it were not compared.
		const { failedAttempts } = (await m.mailboxes.details(number))!;
		expect(failedAttempts).toBeGreaterThanOrEqual(5);
		expect(failedAttempts).toBeLessThanOrEqual(19);
	});

	test("no PIN and no hash stands in a log line", async () => {
		expect(m.log.lines.join("\n")).not.toMatch(new RegExp(`${RIGHT}|0000|argon2`));
	});
});

describe("the subscriber's own change of the PIN", () => {
	let m: TestMailboxes;
	let mailboxId: string;
	beforeAll(async () => {
		m = await openMailboxes();
		await m.activate({ pin: "1234" });
		mailboxId = await m.mailboxIdOf();
	});
	afterAll(() => m[Symbol.asyncDispose]());

	test.each([
		["123", "badLength"],
		["12345678901", "badLength"],
		["12a4", "badLength"],
		["1111", "weak"],
		["1234", "weak"],
		["7890", "weak"],
		["1984", "weak"],
	])("to %s is refused: %s", async (pin, result) => {
		expect(await m.mailboxes.changePin(mailboxId, pin)).toEqual({ result });
		expect(await m.mailboxes.checkPin(m.number, "1234", "own")).toMatchObject({ result: "right" });
	});

	test("to a strong one holds, ends the need to change it, other sessions and locks; the same again is refused", async () => {
		const since = m.clock.now();
		m.clock.advance(1000);
		for (let i = 0; i < 5; i++) await m.mailboxes.checkPin(m.number, "0000", "foreign");
		expect(await m.mailboxes.changePin(mailboxId, RIGHT)).toEqual({ result: "changed" });
		expect(await m.mailboxes.checkPin(m.number, RIGHT, "foreign")).toEqual({
			result: "right",
			pinChangeRequired: false,
		});
		expect(await m.mailboxes.stillOpen(mailboxId, since)).toBe(false);
		expect(await m.mailboxes.changePin(mailboxId, RIGHT)).toEqual({ result: "same" });
	});

	test("in a mailbox removed meanwhile fails clearly", async () => {
		await m.mailboxes.remove(m.who, m.number, undefined);
		expect(await codeOf(m.mailboxes.changePin(mailboxId, RIGHT))).toBe("mailboxGone");
	});
});
