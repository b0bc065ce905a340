import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isE164, isPin } from "../../../src/domain/index.ts";
import {
	accountId,
	areaCode,
	email,
	iccid,
	personName,
	phoneNumber,
	pin,
	zipCode,
} from "../../../src/http/conventions/fields.ts";

const near = fc.oneof(fc.stringMatching(/^\+?[0-9 -]{0,17}$/), fc.string(), fc.stringMatching(/^[0-9]{0,12}\n?$/));

describe("fields", () => {
	test("the document's patterns and the domain's rules agree", () => {
		fc.assert(
			fc.property(near, (text) => {
				expect(phoneNumber.safeParse(text).success).toBe(isE164(text));
				expect(pin.safeParse(text).success).toBe(isPin(text));
			}),
		);
	});

	test.each([
		[phoneNumber, "+11234567890"],
		[phoneNumber, "+1234567890"],
		[phoneNumber, "+112324567890"],
		[pin, "1234"],
		[pin, "5678"],
		[pin, "0000000000"],
		[accountId, "AID-ab12345-2725-45a1-bd5e-526ed19799xx"],
		[accountId, "TSUID-1234567999"],
		[accountId, "CRID-4dec6beb-3985-444b-8c06-8baa5jjvawe"],
		[accountId, "DID-1234567ab-1a2b-3cd4-...-..........."],
		[iccid, "8901240397190195850"],
		[iccid, "8901240397190557414F"],
		[iccid, "12345678900987654321"],
		[areaCode, "201"],
		[zipCode, "84603"],
		[email, "john@example.com"],
		[email, "jerome4+voice.mail@joonto.co.uk"],
		[email, "o'hara@localhost"],
		[email, "post@bücher.example"],
		[email, ""],
		[personName, "Jean-François O'Neil"],
		[personName, "山田"],
		[personName, ""],
	])("%# takes %j", (field, text) => {
		expect(field.safeParse(text).success).toBe(true);
	});

	test.each([
		[phoneNumber, "11234567890"],
		[phoneNumber, "+0123456789"],
		[phoneNumber, "+1 123 456 7890"],
		[phoneNumber, "+1"],
		[phoneNumber, "+1234567890123456"],
		[phoneNumber, "+11234567890\n"],
		[phoneNumber, "+１１２３４"],
		[pin, ""],
		[pin, "123"],
		[pin, "12345678901"],
		[pin, "12a4"],
		[pin, "١٢٣٤"],
		[accountId, "x".repeat(101)],
		[accountId, "AID\u0007"],
		[iccid, "89012"],
		[iccid, "8901240397190557414G"],
		[areaCode, "20"],
		[zipCode, "8460"],
		[email, "john"],
		[email, "john@"],
		[email, "@example.com"],
		[email, "a@b@c"],
		[email, "a@example.com, b@example.com"],
		[email, "John <john@example.com>"],
		[email, "john@example.com\r\nBcc: x@y.z"],
		[email, "john..doe@example.com"],
		[email, ".john@example.com"],
		[email, "john@exa mple.com"],
		[email, "john@-example.com"],
		[email, `${"a".repeat(65)}@example.com`],
		[email, `a@${"b.".repeat(130)}com`],
		[personName, "x".repeat(101)],
		[personName, "John\u0000Doe"],
		[personName, "John\r\nBcc: x"],
		[personName, "John\u2028Doe"],
	])("%# refuses %j", (field, text) => {
		expect(field.safeParse(text).success).toBe(false);
	});

	test("names and addresses are trimmed", () => {
		expect(personName.parse("  John ")).toBe("John");
		expect(email.parse(" john@example.com\n")).toBe("john@example.com");
	});

	test("no address makes the pattern slow", () => {
		const started = performance.now();
		for (const hard of ["a".repeat(254), `${"a.".repeat(126)}@`, `a@${"b-".repeat(126)}`, `a@${"b.".repeat(126)}`]) {
			email.safeParse(hard);
		}
		expect(performance.now() - started).toBeLessThan(200);
	});
});
