import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../src/domain/index.ts";
import { parseSmtpUrl } from "../../src/notify/smtp-settings.ts";

describe("the mail server's address", () => {
	test.each([
		["smtp://mail.example.com", { host: "mail.example.com", port: 587, secure: false, startTls: "optional" }],
		["smtp://127.0.0.1:2525", { host: "127.0.0.1", port: 2525, secure: false, startTls: "optional" }],
		["smtp://[::1]:25/", { host: "::1", port: 25, secure: false, startTls: "optional" }],
		["smtps://mail.example.com", { host: "mail.example.com", port: 465, secure: true }],
		["smtp://mail.example.com?tls=required", { startTls: "required" }],
		["smtp://mail.example.com?tls=none", { startTls: "none" }],
	])("%s is read", (url, settings) => {
		expect(parseSmtpUrl(url)).toMatchObject({ auth: undefined, ...settings });
	});

	test("user and password are unescaped", () => {
		expect(parseSmtpUrl("smtp://vm%40op:p%40ss%2Fw%25rd@mail.example.com").auth).toEqual({
			user: "vm@op",
			pass: "p@ss/w%rd",
		});
	});

	test("a password asks for TLS, unless it stays on this machine or the operator says otherwise", () => {
		expect(parseSmtpUrl("smtp://u:p@mail.example.com").startTls).toBe("required");
		expect(parseSmtpUrl("smtp://u:p@127.0.0.1").startTls).toBe("optional");
		expect(parseSmtpUrl("smtp://u:p@localhost").startTls).toBe("optional");
		expect(parseSmtpUrl("smtp://u:p@mail.example.com?tls=none").startTls).toBe("none");
	});

	test.each([
		"",
		"mail.example.com",
		"http://mail.example.com",
		"smtp://",
		"smtp://mail.example.com:99999",
		"smtp://mail.example.com/inbox",
		"smtp://mail.example.com?tls=maybe",
		"smtp://mail.example.com?pool=true",
		"smtp://u:100%@mail.example.com",
	])("%j is refused, with an example of a right one", (url) => {
		expect(() => parseSmtpUrl(url)).toThrow(
			expect.objectContaining({ code: "configInvalid", mend: expect.stringContaining("smtp://user:password@") }),
		);
	});

	test("any text gives settings or a Failure, which never holds a password", () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 40 }), fc.constantFrom("smtp://", "smtps://", ""), (text, scheme) => {
				try {
					parseSmtpUrl(`${scheme}user:hunter2secret@${text}`);
				} catch (error) {
					expect(error).toBeInstanceOf(Failure);
					expect((error as Failure).message).not.toContain("hunter2secret");
				}
			}),
		);
	});
});
