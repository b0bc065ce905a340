import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOpen, minutesOf, WEEKDAYS } from "../../src/routing/schedule-hours.ts";

const office = {
	MondayStartTime: "8:00 AM",
	MondayEndTime: "5:00 PM",
	FridayStartTime: "10:00 PM",
	FridayEndTime: "2:00 AM",
	SundayStartTime: "12:00 AM",
	SundayEndTime: "12:00 AM",
	TuesdayStartTime: "",
	TuesdayEndTime: "",
};

describe("a time of day", () => {
	test.each([
		["12:00 AM", 0],
		["12:30 am", 30],
		["8:00 AM", 480],
		["08:05 AM", 485],
		["12:00 PM", 720],
		["11:59 PM", 1439],
		["13:00 PM", undefined],
		["8 AM", undefined],
		["", undefined],
		["8:60 AM", undefined],
	])("%s is minute %s of the day", (text, minutes) => expect(minutesOf(text)).toBe(minutes));
});

describe("a schedule", () => {
	// 2026-06-01 is a Monday.
	test.each([
		["2026-06-01T07:59:59Z", false],
		["2026-06-01T08:00:00Z", true],
		["2026-06-01T16:59:59Z", true],
		["2026-06-01T17:00:00Z", false],
		["2026-06-02T12:00:00Z", false],
		["2026-06-05T21:59:00Z", false],
		["2026-06-05T22:00:00Z", true],
		["2026-06-06T01:59:00Z", true],
		["2026-06-06T02:00:00Z", false],
		["2026-06-06T23:59:00Z", false],
		["2026-06-07T00:00:00Z", true],
		["2026-06-07T23:59:00Z", true],
		["2026-06-08T00:00:00Z", false],
	])("at %s is open: %s (an end before the start lies past midnight)", (at, open) => {
		expect(isOpen(office, "UTC", new Date(at))).toBe(open);
	});

	test("is judged by the clock of its zone", () => {
		const at = new Date("2026-06-01T14:30:00Z");
		expect(isOpen(office, "America/Denver", at)).toBe(true);
		expect(isOpen(office, "America/Los_Angeles", at)).toBe(false);
		expect(isOpen(office, "Asia/Kathmandu", at)).toBe(false);
	});

	test("keeps its hours when clocks are put forward and back", () => {
		// New York: Sunday 2026-03-08, 2 AM becomes 3 AM; Sunday 2026-11-01, 2 AM becomes 1 AM.
		const night = { SundayStartTime: "1:30 AM", SundayEndTime: "3:30 AM" };
		const open = (at: string) => isOpen(night, "America/New_York", new Date(at));
		expect([open("2026-03-08T06:29:00Z"), open("2026-03-08T06:30:00Z")]).toEqual([false, true]);
		expect([open("2026-03-08T07:29:00Z"), open("2026-03-08T07:30:00Z")]).toEqual([true, false]);
		// The hour from 1 to 2 comes twice.
		expect([open("2026-11-01T05:30:00Z"), open("2026-11-01T06:00:00Z"), open("2026-11-01T06:30:00Z")]).toEqual([
			true,
			false,
			true,
		]);
		expect([open("2026-11-01T08:29:00Z"), open("2026-11-01T08:30:00Z")]).toEqual([true, false]);
	});

	test("without hours is closed at any time, with whole days open at any time", () => {
		const always = Object.fromEntries(
			WEEKDAYS.flatMap((day) => [
				[`${day}StartTime`, "9:00 AM"],
				[`${day}EndTime`, "9:00 AM"],
			]),
		);
		fc.assert(
			fc.property(fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }), (at) => {
				expect(isOpen({}, "Europe/Berlin", at)).toBe(false);
				expect(isOpen(always, "Europe/Berlin", at)).toBe(true);
			}),
		);
	});
});
