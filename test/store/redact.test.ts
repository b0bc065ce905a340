import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactError } from "../../src/store/jobs/redact.ts";

describe("what is kept of a job's error", () => {
	test.each([
		["connect to smtp://user:s3cret@mail.example.com:587 failed", "connect to smtp://***@mail.example.com:587 failed"],
		["535 AUTH PLAIN AHVzZXIAcGFzc3dvcmQ= refused", "535 AUTH PLAIN *** refused"],
		["Authorization: Bearer abc.def-123456", "Authorization: *** ***"],
		["token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln expired", "token *** expired"],
		['{"pin":"4711","password": "hunter2"}', '{"pin":"***","password": "***"}'],
		["password=hunter2, pin: 123456", "password=***, pin: ***"],
		["no mailbox for +15551234567 here", "no mailbox for ***4567 here"],
		["451 4.7.1 try again in 300 seconds", "451 4.7.1 try again in 300 seconds"],
		["line one\r\n  line two", "line one line two"],
	])("%j becomes %j", (said, kept) => {
		expect(redactError(new Error(said))).toBe(kept);
	});

	test("anything that is thrown becomes one bounded line", () => {
		fc.assert(
			fc.property(fc.anything(), fc.string({ maxLength: 2_000 }), (thing, long) => {
				expect(redactError(thing).length).toBeLessThanOrEqual(500);
				expect(redactError(new Error(long))).not.toMatch(/[\r\n]/);
			}),
		);
	});
});
