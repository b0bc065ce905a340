import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../src/domain/index.ts";
import { checkedFields } from "../../src/mailbox/fields.ts";

const failureOf = (fields: Parameters<typeof checkedFields>[0]) => {
	try {
		checkedFields(fields);
	} catch (error) {
		if (error instanceof Failure) return `${error.code}: ${error.message}`;
		throw error;
	}
	return undefined;
};

describe("the fields of activate and update", () => {
	test("those not sent stay as they are", () => {
		expect(checkedFields({})).toEqual({});
	});

	test.each(["1234", "5678", "0000", "1234567890"])("any 4 to 10 digits are a PIN: %s", (pin) => {
		expect(checkedFields({ pin }).pin).toBe(pin);
	});

	test.each(["", "123", "12345678901", "12a4", " 1234", "１２３４", "1234\n", "-123"])(
		"anything else is none, and is not repeated in the answer: %j",
		(pin) => {
			const said = failureOf({ pin });
			expect(said).toBe("badInput: PIN must be 4 to 10 digits");
		},
	);

	test("names are trimmed, and blank ones are cleared", () => {
		expect(checkedFields({ firstName: "  Jörg-José ", lastName: " \t" })).toMatchObject({
			firstName: "Jörg-José",
			lastName: null,
		});
	});

	test("names have at most 100 characters, counted as people do", () => {
		expect(checkedFields({ lastName: "👋".repeat(100) }).lastName).toHaveLength(200);
		expect(failureOf({ lastName: "x".repeat(101) })).toContain("LastName is longer than 100");
	});

	test.each(["a\nb", "a\u0000b", "a\u2028b", "a\u007fb", "\ud800x"])("names hold no control characters: %j", (name) => {
		expect(failureOf({ firstName: name })).toContain("FirstName holds control characters");
	});

	test.each([
		"john@example.com",
		"newemail@example.com",
		"a+b.c_d@sub.example.co.uk",
		"root@localhost",
		"o'neil@example.com",
		"jörg@müller.de",
		"x@xn--mller-kva.de",
		" spaced@example.com ",
	])("an e-mail address is taken: %s", (email) => {
		expect(checkedFields({ email }).email).toBe(email.trim());
	});

	test.each([
		"john",
		"@example.com",
		"john@",
		"a@b@c.de",
		"john@example..com",
		".john@example.com",
		"john.@example.com",
		"john@-example.com",
		"john@exa mple.com",
		"john@example.com, eve@example.com",
		"john@example.com\r\nBcc: eve@example.com",
		"John <john@example.com>",
		"john@[127.0.0.1]",
		`${"x".repeat(65)}@example.com`,
	])("what is not one address is refused: %j", (email) => {
		expect(failureOf({ email })).toBe("badInput: Email is not an e-mail address");
	});

	test("an address of more than 254 characters is refused, a blank one is cleared", () => {
		expect(failureOf({ email: `a@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.${"e".repeat(71)}` })).toContain(
			"254",
		);
		expect(checkedFields({ email: " " }).email).toBeNull();
	});

	test("whatever is sent, it is taken or refused, and what is taken stays so", () => {
		const text = fc.option(fc.string({ unit: "binary", maxLength: 300 }), { nil: undefined });
		fc.assert(
			fc.property(fc.record({ firstName: text, lastName: text, email: text, pin: text }), (fields) => {
				if (failureOf(fields) !== undefined) return;
				const { pin, ...once } = checkedFields(fields);
				const sentAgain = { pin, ...Object.fromEntries(Object.entries(once).map(([k, v]) => [k, v ?? ""])) };
				const again = checkedFields(sentAgain);
				for (const key of ["firstName", "lastName", "email"] as const) expect(again[key]).toBe(once[key] ?? null);
			}),
		);
	});
});
