import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TelephoneAudio } from "../../src/audio/index.ts";
import {
	type PromptLibrary,
	type Speech,
	sayCaller,
	sayCount,
	sayDateTime,
	sayEnvelope,
	sayMessageCounts,
	sayMessagePlace,
	sayPhoneNumber,
	standardGreeting,
} from "../../src/speech/index.ts";

const catalogue = JSON.parse(readFileSync("prompts/catalogue.json", "utf8")) as Record<string, string>;

/** What a listener would write down; `|` is a pause. */
function heard(speech: Speech): string {
	const words = speech.map((item) => {
		if ("pauseMs" in item) return "|";
		return "audio" in item ? "<name>" : catalogue[item.prompt]!;
	});
	return words.join(" ").replaceAll(/\.(?= |$)/g, "");
}

/** Every item of a speech can be played. */
function expectPlayable(speech: Speech): void {
	for (const item of speech) if ("prompt" in item) expect(catalogue).toHaveProperty([item.prompt]);
}

describe("counts", () => {
	test.each([
		[0, "zero"],
		[1, "one"],
		[2, "two"],
		[11, "eleven"],
		[20, "twenty"],
		[21, "twenty-one"],
		[59, "fifty-nine"],
		[60, "sixty"],
		[99, "ninety nine"],
		[100, "one hundred"],
		[101, "one hundred one"],
		[999, "nine hundred ninety nine"],
		[1000, "one thousand"],
		[12_345, "twelve thousand three hundred forty-five"],
		[999_999, "nine hundred ninety nine thousand nine hundred ninety nine"],
	])("%d is spoken %s", (n, words) => {
		expect(heard(sayCount(n))).toBe(words);
	});

	test("every count up to the greatest is made of prompts that exist", () => {
		fc.assert(fc.property(fc.integer({ min: 0, max: 999_999 }), (n) => expectPlayable(sayCount(n))));
	});

	test.each([-1, 1.5, Number.NaN, 1_000_000])("%d is refused", (n) => {
		expect(() => sayCount(n)).toThrow(RangeError);
	});
});

describe("telephone numbers", () => {
	test.each([
		["+18015551234", "one | eight zero one | five five five | one two three four"],
		["+4915112345678", "four nine | one five one | one two three | four five six | seven eight"],
		["+33612345678", "three three | six one two | three four five | six seven eight"],
		["+35312345678", "three five three | one two three | four five six | seven eight"],
		["1001", "one zero zero one"],
		["801-555-1234", "eight zero one | five five five | one two three four"],
	])("%s is read in groups", (number, words) => {
		expect(heard(sayPhoneNumber(number))).toBe(words);
	});

	test("a leading plus is spoken where asked for", () => {
		expect(heard(sayPhoneNumber("+4512", { plus: true }))).toBe("plus four five | one two");
		expect(heard(sayPhoneNumber("4512", { plus: true }))).toBe("four five one two");
	});

	test("the voice falls on the last digit and on no other", () => {
		const ids = sayPhoneNumber("+18015551234").flatMap((item) => ("prompt" in item ? [item.prompt] : []));
		expect(ids.filter((id) => id.endsWith("-last"))).toEqual(["digit-4-last"]);
		expect(ids.at(-1)).toBe("digit-4-last");
	});

	test("each digit of any text is spoken once, in order, and nothing else of it", () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 30 }), (text) => {
				const spoken = sayPhoneNumber(text).flatMap((item) => ("prompt" in item ? [item.prompt.split("-")[1]] : []));
				expect(spoken.join("")).toBe(text.replaceAll(/[^0-9]/g, ""));
			}),
		);
	});

	test("a caller is named by number, as withheld, or as unknown", () => {
		expect(heard(sayCaller("+18015551234"))).toMatch(/^from one \| eight/);
		expect(heard(sayCaller(null))).toBe("from a withheld number");
		expect(heard(sayCaller("anonymous"))).toBe("from an unknown caller");
	});
});

describe("dates and times", () => {
	const spoken = (moment: string, now: string, zone: string): string =>
		heard(sayDateTime(new Date(moment), new Date(now), zone));

	test.each([
		["2026-05-28T17:03:00Z", "today at five oh three p.m"],
		["2026-05-28T00:00:00Z", "today at midnight"],
		["2026-05-28T12:00:59Z", "today at noon"],
		["2026-05-28T00:05:00Z", "today at twelve oh five a.m"],
		["2026-05-28T12:30:00Z", "today at twelve thirty p.m"],
		["2026-05-28T09:00:00Z", "today at nine o'clock a.m"],
		["2026-05-27T23:59:00Z", "yesterday at eleven fifty-nine p.m"],
		["2026-05-26T08:10:00Z", "on Tuesday at eight ten a.m"],
		["2026-05-22T08:10:00Z", "on Friday at eight ten a.m"],
		["2026-05-21T08:10:00Z", "on May twenty-first at eight ten a.m"],
		["2025-12-31T08:10:00Z", "on December thirty-first | twenty twenty-five at eight ten a.m"],
		["2005-01-01T08:10:00Z", "on January first | two thousand five at eight ten a.m"],
		["2026-05-29T08:10:00Z", "on May twenty-ninth at eight ten a.m"],
	])("%s, heard late on 28 May 2026 UTC, is %s", (moment, words) => {
		expect(spoken(moment, "2026-05-28T23:59:59Z", "UTC")).toBe(words);
	});

	test.each([
		["2000", "two thousand"],
		["2009", "two thousand nine"],
		["2010", "twenty ten"],
		["2099", "twenty ninety nine"],
		["2100", "twenty-one hundred"],
		["2101", "twenty-one oh one"],
		["1999", "nineteen ninety nine"],
		["1906", "nineteen oh six"],
	])("the year %s is spoken %s", (year, words) => {
		expect(spoken(`${year}-03-02T08:10:00Z`, "2026-05-28T12:00:00Z", "UTC")).toContain(`March second | ${words} at`);
	});

	test("the day and the hour are those of the listener's zone", () => {
		const [moment, now] = ["2026-05-28T02:30:00Z", "2026-05-28T20:00:00Z"];
		expect(spoken(moment, now, "UTC")).toBe("today at two thirty a.m");
		expect(spoken(moment, now, "America/Denver")).toBe("yesterday at eight thirty p.m");
		expect(spoken(moment, now, "Asia/Kolkata")).toBe("yesterday at eight o'clock a.m");
	});

	test("a minute before midnight is yesterday a minute later, in the zone that counts", () => {
		expect(spoken("2026-05-28T03:59:00Z", "2026-05-28T04:00:00Z", "America/New_York")).toBe(
			"yesterday at eleven fifty-nine p.m",
		);
	});

	test("a day of 23 hours and one of 25 count as one day each", () => {
		// Europe/Berlin: clocks went forward on 29 March 2026 and back on 25 October 2026
		expect(spoken("2026-03-28T22:30:00Z", "2026-03-29T21:30:00Z", "Europe/Berlin")).toBe(
			"yesterday at eleven thirty p.m",
		);
		expect(spoken("2026-10-24T21:30:00Z", "2026-10-25T22:30:00Z", "Europe/Berlin")).toBe(
			"yesterday at eleven thirty p.m",
		);
	});

	test("the hour that comes twice is told by the clock on the wall both times", () => {
		const now = "2026-10-25T12:00:00Z";
		expect(spoken("2026-10-25T00:30:00Z", now, "Europe/Berlin")).toBe("today at two thirty a.m");
		expect(spoken("2026-10-25T01:30:00Z", now, "Europe/Berlin")).toBe("today at two thirty a.m");
	});

	test("every moment can be played", () => {
		const zone = fc.constantFrom(
			"UTC",
			"America/Denver",
			"Asia/Kathmandu",
			"Pacific/Kiritimati",
			"Australia/Lord_Howe",
		);
		const moment = fc.date({ min: new Date("1970-01-02"), max: new Date("2199-12-30"), noInvalidDate: true });
		fc.assert(fc.property(moment, moment, zone, (then, now, name) => expectPlayable(sayDateTime(then, now, name))));
	});

	test("an unknown zone is refused", () => {
		expect(() => spoken("2026-05-28T00:00:00Z", "2026-05-28T00:00:00Z", "Mars/Olympus")).toThrow(RangeError);
	});
});

describe("messages", () => {
	test.each([
		[0, 0, "You have no messages"],
		[1, 0, "You have one new message"],
		[2, 0, "You have two new messages"],
		[0, 1, "You have one saved message"],
		[0, 21, "You have twenty-one saved messages"],
		[1, 1, "You have one new message, and one saved message"],
		[11, 2, "You have eleven new messages, and two saved messages"],
		[100, 101, "You have one hundred new messages, and one hundred one saved messages"],
	])("%d new and %d saved: %s", (newCount, savedCount, words) => {
		expect(heard(sayMessageCounts(newCount, savedCount))).toBe(words);
	});

	test.each([
		["first", true, "First new message"],
		["next", true, "Next new message"],
		["last", false, "Last saved message"],
		["only", false, "Saved message"],
		["previous", true, "Previous message"],
	] as const)("%s of new %s: %s", (place, isNew, words) => {
		expect(heard(sayMessagePlace(place, isNew))).toBe(words);
	});

	test("the envelope tells time and caller", () => {
		const message = { from: null, receivedOn: new Date("2026-05-28T17:03:00Z") };
		expect(heard(sayEnvelope(message, new Date("2026-05-28T18:00:00Z"), "America/Denver"))).toBe(
			"Received today at eleven oh three a.m | from a withheld number |",
		);
	});

	test("a language that is not spoken is answered in English", () => {
		expect(sayMessageCounts(1, 2, "fr-CA")).toEqual(sayMessageCounts(1, 2, "en"));
		expect(sayCount(21, "EN-gb")).toEqual(sayCount(21));
	});
});

describe("the standard greeting", () => {
	const name: TelephoneAudio = { encoding: "PCMU", samples: new Uint8Array(8000) };
	/** Each prompt a second long, so that only the rule is tested here. */
	const library: PromptLibrary = {
		language: "en",
		audio: () => name,
		durationMs: (items) => items.reduce((sum, item) => sum + ("pauseMs" in item ? item.pauseMs : 1000), 0),
	};
	const greeting = (withName: TelephoneAudio | undefined, maxMs: number): string =>
		heard(standardGreeting("+4512", withName, library, maxMs));

	test("uses the recorded name where there is one", () => {
		expect(greeting(name, 10_000)).toBe("<name> is not available Please leave a message after the tone [tone]");
	});

	test("says the number otherwise, and ends with the tone", () => {
		expect(greeting(undefined, 10_000)).toBe(
			"You have reached four five | one two | Please leave a message after the tone [tone]",
		);
	});

	test.each([
		[7360, "You have reached four five | one two | Please leave a message after the tone [tone]"],
		[7359, "You have reached four five | one two | [tone]"],
		[6359, "Please leave a message after the tone [tone]"],
		[1999, "[tone]"],
	])("in %d ms, says what fits", (maxMs, words) => {
		expect(greeting(undefined, maxMs)).toBe(words);
	});
});
