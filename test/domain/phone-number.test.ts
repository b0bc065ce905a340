import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	countryDialling,
	dialled,
	isE164,
	knownCountries,
	type NumberPlan,
	normalise,
} from "../../src/domain/index.ts";

const plan = (country?: string, extensions: Record<string, string> = {}): NumberPlan => ({ country, extensions });
const numbers = (raw: string, use: NumberPlan) => normalise(raw, use).map((reading) => reading.phoneNumber);
const first = (raw: string, use: NumberPlan) => normalise(raw, use)[0]!;

describe("what was dialled is taken out of a URI", () => {
	test.each([
		["sip:+15551234567@op.example", "+15551234567"],
		["SIP:%2B15551234567@op.example;user=phone", "+15551234567"],
		["<sip:+15551234567;npdi;isub=1@op.example>;tag=x", "+15551234567"],
		["sips:1001:secret@op.example", "1001"],
		["tel:+1-555-123-4567", "+15551234567"],
		["tel:+1(555)123.4567;ext=9", "+15551234567"],
		["sip:*86@op.example", "*86"],
		["sip:%2A86@op.example", "*86"],
		["sip:john.doe@op.example", "john.doe"],
		["+1 555 123 4567", "+15551234567"],
	])("%s is %s", (raw, text) => expect(dialled(raw)?.text).toBe(text));

	test.each(["sip:op.example", "", "sip:@op.example", "tel:", "x".repeat(2000)])("%s names nobody", (raw) =>
		expect(dialled(raw)).toBeUndefined(),
	);
});

describe("a number is read by the peer's number plan", () => {
	test.each([
		["+15551234567", undefined, "+15551234567"],
		["004915112345678", "DE", "+4915112345678"],
		["015112345678", "DE", "+4915112345678"],
		["4915112345678", "DE", "+4915112345678"],
		["02079460000", "GB", "+442079460000"],
		["0612345678", "FR", "+33612345678"],
		["612345678", "ES", "+34612345678"],
		["0612345678", "IT", "+390612345678"],
		["89161234567", "RU", "+79161234567"],
		["8104915112345678", "RU", "+4915112345678"],
		["06201234567", "HU", "+36201234567"],
		["5551234567", "US", "+15551234567"],
		["15551234567", "CA", "+15551234567"],
		["011442079460000", "US", "+442079460000"],
		["0011442079460000", "AU", "+442079460000"],
		["0412345678", "AU", "+61412345678"],
		["00442079460000", undefined, "+442079460000"],
		["tel:5551234567;phone-context=+1", undefined, "+15551234567"],
		["tel:15551234567;phone-context=+1", undefined, "+15551234567"],
		["sip:1234567890;phone-context=+1@op.example", undefined, "+11234567890"],
		["tel:02079460000;phone-context=+44", undefined, "+442079460000"],
		["sip:07946000;phone-context=+4420@op.example", undefined, "+447946000"],
	])("%s in %s is %s, without doubt", (raw, country, phoneNumber) => {
		expect(first(raw, plan(country))).toMatchObject({ phoneNumber, certain: true });
	});

	test("bare digits count only where we hold that number", () => {
		expect(normalise("15551234567", plan())).toEqual([
			{ phoneNumber: "+15551234567", certain: false, why: expect.stringContaining("where we hold") },
		]);
	});

	test("the contract's example number, whose area code no real one has, is still found from its digits", () => {
		expect(numbers("11234567890", plan("US"))).toContain("+11234567890");
		expect(numbers("1234567890", plan("US"))).toContain("+11234567890");
	});

	test("a national number without its prefix is a guess beside the E.164 one", () => {
		const readings = normalise("15112345678", plan("DE"));
		expect(readings.map((reading) => reading.phoneNumber)).toEqual(["+4915112345678", "+15112345678"]);
		expect(readings.every((reading) => !reading.certain)).toBe(true);
	});

	test("an extension pattern keeps the digits at its X places and comes first", () => {
		const extensions = { "10XX": "+1555000XX", "2X": "+4420794600X" };
		expect(first("sip:1042@pbx", plan("US", extensions))).toMatchObject({ phoneNumber: "+155500042", certain: true });
		expect(first("27", plan(undefined, extensions))).toMatchObject({ phoneNumber: "+44207946007" });
		expect(numbers("1142", plan(undefined, extensions))).toEqual(["+1142"]);
	});

	test.each(["sip:alice@op.example", "*86", "+0123", "+1555123456789012", "anonymous", "12#34", "0"])(
		"%s is no number, and the reading says why",
		(raw) => {
			const [only, ...others] = normalise(raw, plan("DE"));
			expect(others).toEqual([]);
			expect(only!.phoneNumber).toBeUndefined();
			expect(only!.why).not.toBe("");
		},
	);

	test("a phone-context that is a domain says nothing about digits", () => {
		expect(numbers("tel:7042;phone-context=pbx.example", plan())).toEqual(["+7042"]);
	});
});

describe("the table of countries", () => {
	test("holds codes of one to three digits and prefixes of digits only, for two hundred countries and more", () => {
		expect(knownCountries().length).toBeGreaterThan(200);
		for (const country of knownCountries()) {
			const dialling = countryDialling(country)!;
			expect(country).toMatch(/^[A-Z]{2}$/);
			expect(dialling.countryCode).toMatch(/^[1-9][0-9]{0,2}$/);
			expect(dialling.nationalPrefix).toMatch(/^[0-9]{0,2}$/);
			for (const prefix of dialling.internationalPrefixes) expect(prefix).toMatch(/^[0-9]{2,4}$/);
		}
	});

	test("no country code is the beginning of another", () => {
		const codes = [...new Set(knownCountries().map((country) => countryDialling(country)!.countryCode))];
		for (const code of codes) expect(codes.filter((other) => other.startsWith(code))).toEqual([code]);
	});
});

describe("any text whatever", () => {
	const pieces = fc.constantFrom(
		"sip:",
		"tel:",
		"<",
		">",
		"@",
		";",
		"%2B",
		"%",
		"+",
		"00",
		"011",
		"phone-context=",
		"X",
	);
	const nasty = fc.oneof(
		fc.string({ unit: "binary" }),
		fc.array(fc.oneof(pieces, fc.stringMatching(/^[0-9*#.() -]{0,12}$/)), { maxLength: 12 }).map((all) => all.join("")),
	);
	const plans = fc.record({
		country: fc.option(fc.oneof(fc.constantFrom(...knownCountries()), fc.string()), { nil: undefined }),
		extensions: fc.dictionary(fc.stringMatching(/^[0-9X]{1,6}$/), fc.stringMatching(/^\+[0-9X]{1,12}$/), {
			maxKeys: 3,
		}),
	});

	test("never throws, and gives at most eight distinct E.164 numbers, each with its reason", () => {
		fc.assert(
			fc.property(nasty, plans, (raw, use) => {
				const readings = normalise(raw, use);
				expect(readings.length).toBeGreaterThan(0);
				expect(readings.length).toBeLessThanOrEqual(8);
				expect(new Set(readings.map((reading) => reading.phoneNumber)).size).toBe(readings.length);
				for (const reading of readings) {
					expect(reading.why).not.toBe("");
					if (reading.phoneNumber === undefined) expect(readings.length).toBe(1);
					else expect(isE164(reading.phoneNumber)).toBe(true);
				}
			}),
			{ numRuns: 2000 },
		);
	});

	test("an E.164 number is itself under any plan and in any wrapping", () => {
		fc.assert(
			fc.property(fc.stringMatching(/^[1-9][0-9]{1,14}$/), plans, (digits, use) => {
				for (const raw of [`+${digits}`, `%2b${digits}`, `sip:+${digits}@h`, `<tel:+${digits}>`]) {
					expect(numbers(raw, use)).toEqual([`+${digits}`]);
				}
			}),
		);
	});
});

describe("prefixes of a peer", () => {
	const plan = {
		country: "DE",
		extensions: { "10XX": "+4930555000XX" },
		prefixes: { 9: "", 0: "+49", "099": "+43", "99#": "" },
	};
	const first = (raw: string, over: object = {}) => normalise(raw, { ...plan, ...over })[0];

	test.each([
		["0301234567", "+49301234567", "prefix 0 made +49"],
		["0991234567", "+431234567", "prefix 099 made +43"],
		["9004930123456", "+4930123456", "prefix 9 made nothing, international prefix 00"],
		["sip:90301234567@pbx", "+49301234567", "prefix 9 made nothing, national prefix 0 of DE"],
		["99#+493012345", "+493012345", "prefix 99# made nothing"],
		["1042", "+493055500042", "extension pattern 10XX"],
		["+493012345", "+493012345", "already E.164"],
	])("%s is %s", (raw, phoneNumber, why) => {
		expect(first(raw)).toEqual({ phoneNumber, certain: true, why });
	});

	test("an empty prefix stands in front of every number that no other prefix fits, but for those with a plus", () => {
		const prefixes = { "": "+4930", 0: "+49" };
		expect(first("1234567", { prefixes })?.phoneNumber).toBe("+49301234567");
		expect(first("0891234567", { prefixes })?.phoneNumber).toBe("+49891234567");
		expect(first("+43123456", { prefixes })?.phoneNumber).toBe("+43123456");
	});

	test("an extension is read as it was dialled, before any prefix", () => {
		expect(first("1042", { prefixes: { 1: "" } })?.phoneNumber).toBe("+493055500042");
	});

	test("whatever the prefixes are, reading never throws, and every number read is E.164", () => {
		const digits = fc.stringMatching(/^[+]?[0-9*#]{0,12}$/);
		fc.assert(
			fc.property(digits, fc.dictionary(digits, digits, { maxKeys: 5 }), (text, prefixes) => {
				for (const { phoneNumber } of normalise(text, { country: "US", extensions: {}, prefixes })) {
					expect(phoneNumber === undefined || isE164(phoneNumber)).toBe(true);
				}
			}),
		);
	});
});
