import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeAttestation, readAttestation, readVerstat } from "../../src/calls/attestation.ts";
import { invite } from "../support/calls/invite.ts";

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const HEAD = part({ alg: "ES256", ppt: "shaken", typ: "passport", x5u: "https://cert.example/a.pem" });
const CLAIMS = {
	attest: "A",
	dest: { tn: ["12155551213"] },
	iat: 1443208345,
	orig: { tn: "12155551212" },
	origid: "123e4567-e89b-12d3-a456-426655440000",
};
const identity = (claims: unknown, params = ";info=<https://cert.example/a.pem>;alg=ES256;ppt=shaken") =>
	`Identity: ${HEAD}.${part(claims)}.c2lnbmF0dXJl${params}`;
const read = (...lines: string[]) => readAttestation(invite("sip:vm@x", lines));

describe("the PASSporT of a call (RFC 8588)", () => {
	test.each(["A", "B", "C"])("says %s, by whom, and for which number", (attest) => {
		expect(read(identity({ ...CLAIMS, attest }))).toEqual({
			level: attest,
			origId: "123e4567-e89b-12d3-a456-426655440000",
			signedNumber: "+12155551212",
		});
	});

	test("is found in the compact name of the field, and behind one of another kind (RFC 8946)", () => {
		const div = identity({ div: { tn: "1" } }, ";info=<https://x>;ppt=div");
		expect(read(div, identity(CLAIMS).replace("Identity", "y"))?.level).toBe("A");
	});

	test.each([
		["the compact form, which has no claims to read", "Identity: ..c2ln;info=<https://x>;ppt=shaken"],
		["another attestation", identity({ ...CLAIMS, attest: "D" })],
		["an attestation that is no text", identity({ ...CLAIMS, attest: ["A"] })],
		["claims that are no object", identity(["A"])],
		["no JSON", `Identity: ${HEAD}.bm8.c2ln;ppt=shaken`],
		["more than a PASSporT ever has", identity({ ...CLAIMS, pad: "x".repeat(5_000) })],
		["another extension", identity(CLAIMS, ";ppt=rph")],
	])("%s is none", (_title, line) => {
		expect(read(line)).toBeUndefined();
	});

	test("an origid with blanks or controls, and a number that is none, are left out", () => {
		const claims = { ...CLAIMS, origid: "a b\u0000", orig: { tn: "alice" } };
		expect(read(identity(claims))).toEqual({ level: "A", origId: null, signedNumber: null });
	});

	test("nothing throws, whatever stands in it", () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 300 }), fc.json({ maxDepth: 4 }), (text, json) => {
				const payload = Buffer.from(json).toString("base64url");
				for (const value of [text, `${text}.${payload}.x`, `a.${payload}.x;${text}`]) {
					expect(["A", "B", "C", undefined]).toContain(read(`Identity: ${value}`)?.level);
				}
			}),
		);
	});
});

describe("in the trace", () => {
	const attestation = { level: "A", origId: "o-1", signedNumber: "+12155551212" } as const;

	test("it is said that we did not verify it", () => {
		expect(describeAttestation(attestation, undefined, "+12155551212")).toBe(
			"attestation A (full), origid o-1, not verified by us",
		);
	});

	test("a number that was signed for another is told, but never one that is withheld", () => {
		expect(describeAttestation(attestation, undefined, "+15550001111")).toContain("signed for another number");
		expect(describeAttestation(attestation, undefined, null)).not.toMatch(/2155551212|another/);
	});

	test("the verdict of a believed network stands beside it", () => {
		const pai = "P-Asserted-Identity: <tel:+12155551212;verstat=TN-Validation-Passed>";
		expect(readVerstat(invite("sip:vm@x", [pai]), true)).toBe("TN-Validation-Passed");
		expect(readVerstat(invite("sip:vm@x", [pai]), false)).toBeUndefined();
		const inUser = "From: <sip:+12155551212;verstat=TN-Validation-Failed@op;user=phone>;tag=1";
		expect(readVerstat(invite("sip:vm@x", [inUser]), true)).toBe("TN-Validation-Failed");
		expect(describeAttestation(undefined, "TN-Validation-Passed", null)).toBe(
			"the network in front says TN-Validation-Passed",
		);
		expect(describeAttestation(undefined, undefined, null)).toBeUndefined();
	});
});
