import { describe, expect, test } from "vitest";
import { FAILURES, Failure, type FailureCode } from "../../../src/domain/index.ts";
import { answerTo, ERRORS, errorBody, errorFields, HttpError } from "../../../src/http/conventions/errors.ts";

describe("errors", () => {
	test("a message is the documented text, or its prefix and what is wrong", () => {
		expect(errorBody(403).Message).toBe(
			"Forbidden: your token does not have permission to access this resource. Check the ApiEndpoint scope.",
		);
		expect(errorBody(400, "Email already exists").Message).toBe("Bad request: Email already exists");
	});

	test.each(Object.keys(FAILURES) as FailureCode[])("the failure %s is an error of the contract", (code) => {
		const { body } = answerTo(new Failure(code, "the secret cause at 10.0.0.7", "Do this."));
		expect(Object.keys(body)).toEqual(["StatusCode", "Message"]);
		expect(ERRORS[body.StatusCode]).toBeDefined();
		expect(body.Message.includes("10.0.0.7")).toBe(FAILURES[code] === "caller");
	});

	test("anything else thrown is a 500 that says nothing of its cause", () => {
		for (const thrown of [new Error("password=x"), "text", undefined, null, 7, { statusCode: 400 }]) {
			expect(answerTo(thrown)).toMatchObject({ body: errorBody(500), bug: true });
		}
	});

	test("401 names its scheme, 503 says when to come back", () => {
		expect(answerTo(new HttpError(401)).headers).toEqual({ "www-authenticate": "Bearer" });
		expect(answerTo(new Failure("storeUnavailable", "x", "y")).headers["retry-after"]).toMatch(/^[0-9]+$/);
	});

	test("what is logged of an error names its kind and place, never the data it quotes", () => {
		const error = new Error("invalid input syntax: +15551234567", { cause: new SyntaxError("Unexpected token 1234") });
		const logged = JSON.stringify(errorFields(error));
		expect(logged).toContain("errors.test.ts");
		expect(logged).not.toMatch(/5551234567|token 1234/);
		expect(JSON.stringify(errorFields(new TypeError("x is not a function")))).toContain("x is not a function");
	});
});
