import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { digits, optionalId, phoneNumber } from "../../../src/http/conventions/fields.ts";
import { readerOf } from "../../../src/http/conventions/reading.ts";

const schema = z.object({
	PhoneNumber: phoneNumber,
	AccountId: optionalId("account", "AID-1"),
	ProductType: z.enum(["Sms-Only", "Sms+Data"]).optional(),
	VoiceEnabled: z.boolean().optional(),
	PageNumber: z.int().min(1, "must be 1 or more").optional(),
	Name: z.string().optional(),
	DigitOrder: digits(z.string().optional()),
	Items: z.array(z.object({ Number: phoneNumber })).optional(),
	Anything: z.record(z.string(), z.unknown()).optional(),
});
const read = readerOf(schema);
const complaint = (raw: unknown): string => {
	try {
		read(raw);
	} catch (error) {
		return (error as { detail: string }).detail;
	}
	throw new Error("it was taken");
};

describe("reading a request", () => {
	test("names are taken in any case and come out in the schema's", () => {
		fc.assert(
			fc.property(fc.array(fc.boolean(), { minLength: 11, maxLength: 11 }), (upper) => {
				const name = [..."phonenumber"].map((char, i) => (upper[i] ? char.toUpperCase() : char)).join("");
				expect(read({ [name]: "+15" })).toEqual({ PhoneNumber: "+15" });
			}),
		);
	});

	test("nested names too", () => {
		expect(read({ phoneNumber: "+15", ITEMS: [{ number: "+16", extra: 1 }] })).toEqual({
			PhoneNumber: "+15",
			Items: [{ Number: "+16" }],
		});
	});

	test("one name in two spellings is refused, even where one is null", () => {
		expect(complaint({ PhoneNumber: "+15", phonenumber: "+16" })).toBe(
			"PhoneNumber is given more than once; send it once.",
		);
		expect(complaint({ PhoneNumber: "+15", phonenumber: null })).toContain("more than once");
	});

	test("unknown names are ignored, in whatever spelling and however harmful", () => {
		const raw = JSON.parse('{"PhoneNumber":"+15","__proto__":{"AccountId":"x"},"constructor":1,"X":1,"x":2}');
		const value = read(raw);
		expect(value).toEqual({ PhoneNumber: "+15" });
		expect(value.AccountId).toBeUndefined();
	});

	test("null is absent", () => {
		expect(read({ PhoneNumber: "+15", AccountId: null, VoiceEnabled: null })).toEqual({ PhoneNumber: "+15" });
		expect(complaint({ PhoneNumber: null })).toBe("PhoneNumber is required.");
	});

	test("a blank id is absent, a blank text is not", () => {
		expect(read({ PhoneNumber: "+15", AccountId: " ", Name: "" })).toEqual({ PhoneNumber: "+15", Name: "" });
	});

	test.each([
		["true", true],
		["TRUE", true],
		["False", false],
		[false, false],
	])("the boolean %j is taken", (given, meant) => {
		expect(read({ PhoneNumber: "+15", VoiceEnabled: given }).VoiceEnabled).toBe(meant);
	});

	test.each([["yes"], [1], ["1"], [""], [{}], [[]]])("the boolean %j is refused", (given) => {
		expect(complaint({ PhoneNumber: "+15", VoiceEnabled: given })).toBe("VoiceEnabled must be true or false.");
	});

	test("enum values are taken in any case and come out in the documented one", () => {
		expect(read({ PhoneNumber: "+15", ProductType: "sms+DATA" }).ProductType).toBe("Sms+Data");
		expect(complaint({ PhoneNumber: "+15", ProductType: "sms" })).toBe(
			"ProductType must be one of Sms-Only, Sms+Data.",
		);
	});

	test("whole numbers are taken as text", () => {
		expect(read({ PhoneNumber: "+15", PageNumber: "12" }).PageNumber).toBe(12);
		expect(complaint({ PhoneNumber: "+15", PageNumber: "1.5" })).toBe("PageNumber must be a number.");
		expect(complaint({ PhoneNumber: "+15", PageNumber: 1.5 })).toBe("PageNumber must be a whole number.");
		expect(complaint({ PhoneNumber: "+15", PageNumber: 0 })).toBe("PageNumber must be 1 or more.");
	});

	test("a text of digits may come as a number", () => {
		expect(read({ PhoneNumber: "+15", DigitOrder: 12 }).DigitOrder).toBe("12");
		for (const DigitOrder of [1.5, -1, 1e300, true, {}]) {
			expect(complaint({ PhoneNumber: "+15", DigitOrder })).toBe("DigitOrder must be a text.");
		}
		expect(complaint({ PhoneNumber: "+15", Name: 12 })).toBe("Name must be a text.");
	});

	test.each([["a\0b"], ["\ud800"], ["x\udfff"]])("text that no database can hold is refused: %j", (given) => {
		expect(complaint({ PhoneNumber: "+15", Name: given })).toContain("Name must be Unicode text");
	});

	test("several complaints come together, and none quotes what was sent", () => {
		const message = complaint({ PhoneNumber: "12345", AccountId: 7, VoiceEnabled: "maybe", PageNumber: -1 });
		expect(message).toContain("PhoneNumber must be an E.164 number");
		expect(message).toContain("AccountId must be a text");
		expect(message).toContain("VoiceEnabled must be true or false");
		expect(message).not.toMatch(/12345\b|maybe/);
	});

	test.each([[undefined], [null], [[]], ["x"], [1], [true]])("%j is not a request", (raw) => {
		expect(complaint(raw)).toMatch(/^the request body is (missing|not a JSON object)\. /);
	});

	test("a schema for which no reading is defined is noticed at start, not at the first request", () => {
		expect(() => readerOf(z.object({ When: z.date() }))).toThrow("no reading is defined");
	});

	test("an object of any names is kept as it is, unless a text in it can not be stored", () => {
		const Anything = { Monday: [{ From: "8:00", Note: "\\u0000 written out" }] };
		expect(read({ PhoneNumber: "+11234567890", Anything })).toMatchObject({ Anything });
		for (const text of ["\0", "\ud800", "\\\0"]) {
			expect(complaint({ PhoneNumber: "+11234567890", Anything: { a: [{ b: text }] } })).toContain("Anything must be");
			expect(complaint({ PhoneNumber: "+11234567890", Anything: { [text]: 1 } })).toContain("Anything must be");
		}
	});
});
