import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { challenge, parseCredentials } from "../../../src/sip/digest/header.ts";
import { makeNonce, readNonce } from "../../../src/sip/digest/nonce.ts";
import { NonceCounts } from "../../../src/sip/digest/nonce-counts.ts";
import { expectedResponse, hash, isRight } from "../../../src/sip/digest/response.ts";
import { Strangers } from "../../../src/sip/digest/strangers.ts";
import { SIP_LIMITS } from "../../../src/sip/limits.ts";

const KEY = Buffer.alloc(32, 7);
const ALGORITHMS = ["MD5", "SHA-256", "SHA-512-256"] as const;

describe("Authorization (RFC 7616 §3.4)", () => {
	test("the example of RFC 7616 §3.9.1 is read, and its answers are right by MD5 and by SHA-256", () => {
		const answers = {
			MD5: "8ca523f5e9506fed4657c9700eebdbec",
			"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
		} as const;
		for (const [algorithm, response] of Object.entries(answers) as [keyof typeof answers, string][]) {
			const given = parseCredentials(
				'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", ' +
					`algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, ` +
					`cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="${response}", opaque="x"`,
			)!;
			const ha1 = hash(algorithm, "Mufasa:http-auth@example.org:Circle of Life");
			expect(given).toMatchObject({ username: "Mufasa", algorithm, qop: "auth", nonceCount: "00000001" });
			expect(expectedResponse("GET", given, algorithm, ha1)).toBe(response);
			expect(isRight("GET", given, algorithm, ha1)).toBe(true);
			expect(isRight("PUT", given, algorithm, ha1)).toBe(false);
			expect(isRight("GET", given, algorithm, hash(algorithm, "Mufasa:http-auth@example.org:circle"))).toBe(false);
			expect(isRight("GET", given, algorithm, undefined)).toBe(false);
			expect(isRight("GET", { ...given, response: "" }, algorithm, ha1)).toBe(false);
		}
	});

	test.each([
		"Basic QWxhZGRpbjpvcGVu",
		"Digest",
		'Digest username="a"',
		'Digest username="a", realm="r", nonce="n", uri="u", response="r", username="b"',
		'Digest username="a, realm="r", nonce="n", uri="u", response="r"',
		'Digest username="a" realm="r", nonce="n", uri="u", response="r"',
	])("%j is none that can be used", (text) => expect(parseCredentials(text)).toBeUndefined());

	test("an unknown algorithm is told apart from none, which is MD5", () => {
		const rest = 'username="a", realm="r", nonce="n", uri="u", response="AB"';
		expect(parseCredentials(`digest ${rest},algorithm=SHA-1`)?.algorithm).toBeUndefined();
		expect(parseCredentials(`DIGEST\t${rest} ,`)).toMatchObject({ algorithm: "MD5", response: "ab" });
	});

	test("no text makes the reader throw", () => {
		const unit = fc.constantFrom(..."Digest nonce=\"',\\ \t=a1");
		fc.assert(fc.property(fc.string({ unit }), (text) => void parseCredentials(`Digest ${text}`)));
	});

	test("a challenge names realm, nonce, algorithm and qop, and says when the nonce alone was the trouble", () => {
		const asked = 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"';
		expect(challenge("r", "n", "SHA-256", false)).toBe(asked);
		expect(challenge("r", "n", "SHA-256", true)).toBe(`${asked}, stale=true`);
	});
});

describe("a nonce", () => {
	const address = fc.oneof(fc.ipV4(), fc.ipV6());

	test("is read back by its maker for the same address alone, and is new each time", () => {
		fc.assert(
			fc.property(address, address, fc.nat(2 ** 41), fc.nat(2 ** 32 - 1), (one, other, issuedMs, serial) => {
				const nonce = makeNonce(KEY, one, issuedMs, serial);
				expect(readNonce(KEY, one, nonce)).toEqual({ issuedMs, serial });
				expect(readNonce(Buffer.alloc(32, 8), one, nonce)).toBeUndefined();
				if (one !== other) expect(readNonce(KEY, other, nonce)).toBeUndefined();
				expect(makeNonce(KEY, one, issuedMs, (serial + 1) % 2 ** 32)).not.toBe(nonce);
			}),
		);
	});

	test("changed in one place is none of ours", () => {
		const nonce = makeNonce(KEY, "192.0.2.1", 1_700_000_000_000, 3);
		for (let i = 0; i < nonce.length - 1; i++) {
			const changed = nonce.slice(0, i) + (nonce[i] === "A" ? "B" : "A") + nonce.slice(i + 1);
			expect(readNonce(KEY, "192.0.2.1", changed)).toBeUndefined();
		}
		fc.assert(fc.property(fc.string(), (text) => readNonce(KEY, "192.0.2.1", text) === undefined));
	});
});

describe("the counts of a nonce", () => {
	const LIFE = 1_000;

	test("whatever their order, each is good once at most", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 }), (order) => {
				const counts = new NonceCounts(LIFE, 10);
				const used = new Set<number>();
				for (const count of order) {
					const good = counts.use("n", 0, count, 1);
					if (used.has(count)) expect(good).toBe(false);
					if (good) used.add(count);
				}
			}),
		);
	});

	test("those that overtake each other by less than 64 are all good", () => {
		const order = fc.shuffledSubarray(
			Array.from({ length: 63 }, (_, i) => i + 1),
			{ minLength: 63 },
		);
		fc.assert(
			fc.property(order, (all) => {
				const counts = new NonceCounts(LIFE, 10);
				expect(all.every((count) => counts.use("n", 0, count, 1))).toBe(true);
			}),
		);
		const counts = new NonceCounts(LIFE, 10);
		expect([100, 37, 36, 36, 37].map((count) => counts.use("n", 0, count, 1))).toEqual([
			true,
			true,
			false,
			false,
			false,
		]);
	});

	test("a nonce is good for its time, and before it was made by no more than clocks of two nodes differ", () => {
		const counts = new NonceCounts(LIFE, 10);
		expect(counts.use("n", 500, 1, 500 + LIFE)).toBe(true);
		expect(counts.use("n", 500, 2, 501 + LIFE)).toBe(false);
		expect(counts.use("ahead", 20_000, 1, 20_000 - SIP_LIMITS.nonceAheadMs)).toBe(true);
		expect(counts.use("later", 20_000, 1, 19_999 - SIP_LIMITS.nonceAheadMs)).toBe(false);
	});

	test("where there are more nonces than can be remembered, no count of a forgotten one is good again", () => {
		const counts = new NonceCounts(LIFE, 3);
		const names = ["a", "b", "c", "d", "e"];
		for (const [i, name] of names.entries()) expect(counts.use(name, i, 1, 10)).toBe(true);
		expect(counts.size).toBe(3);
		expect(names.map((name, i) => counts.use(name, i, 1, 10))).toEqual(Array(5).fill(false));
		expect(counts.use("a", 0, 2, 10)).toBe(false);
		expect(counts.use("e", 4, 2, 10)).toBe(true);
	});
});

describe("strangers", () => {
	const { strangersPerSecond, strangersPerSecondAll, provedPerSecond, guessesMax, guessBlockMs } = SIP_LIMITS;
	const asked = (strangers: Strangers, address: string, times: number, atMs: number) =>
		Array.from({ length: times }, () => strangers.mayAsk(address, atMs)).filter(Boolean).length;

	test("one source is heard so often in a second, and again a second later", () => {
		const strangers = new Strangers();
		expect(asked(strangers, "192.0.2.1", 1_000, 0)).toBe(strangersPerSecond);
		expect(asked(strangers, "192.0.2.1", 1_000, 1_000)).toBe(strangersPerSecond);
		expect(asked(strangers, "192.0.2.2", 1_000, 1_000)).toBe(strangersPerSecond);
	});

	test("all together are heard so often, but for those who have proved who they are", () => {
		const strangers = new Strangers();
		strangers.proved("203.0.113.9", 0);
		let heard = 0;
		for (let i = 0; i < 5_000; i++) if (strangers.mayAsk(`10.0.${i >> 8}.${i & 255}`, 0)) heard++;
		expect(heard).toBe(strangersPerSecondAll);
		expect(asked(strangers, "203.0.113.9", 1_000, 0)).toBe(provedPerSecond);
	});

	test("who guesses is shut out, each time for twice as long; others are not", () => {
		const strangers = new Strangers();
		const guess = (atMs: number) => Array.from({ length: guessesMax }, () => strangers.wrong("192.0.2.1", atMs)).at(-1);
		expect(guess(0)).toBe(guessBlockMs);
		expect(strangers.mayAsk("192.0.2.1", guessBlockMs - 1)).toBe(false);
		expect(strangers.mayAsk("192.0.2.2", 1)).toBe(true);
		expect(strangers.mayAsk("192.0.2.1", guessBlockMs)).toBe(true);
		expect(guess(guessBlockMs)).toBe(2 * guessBlockMs);
		for (let i = 0; i < 20; i++) guess(guessBlockMs);
		expect(guess(guessBlockMs)).toBe(SIP_LIMITS.guessBlockMsMax);
	});

	test("a right password forgives the wrong ones before it, time does so too", () => {
		const strangers = new Strangers();
		for (let i = 0; i < guessesMax - 1; i++) strangers.wrong("192.0.2.1", 0);
		strangers.proved("192.0.2.1", 0);
		expect(strangers.wrong("192.0.2.1", 0)).toBe(0);
		for (let i = 0; i < guessesMax - 2; i++) expect(strangers.wrong("192.0.2.1", 1)).toBe(0);
		expect(strangers.wrong("192.0.2.1", SIP_LIMITS.guessWindowMs + 2)).toBe(0);
	});

	test("of IPv6 a /64 is one source", () => {
		const strangers = new Strangers();
		strangers.proved("2001:db8::1", 0);
		expect(strangers.hasProved("2001:db8:0:0:ffff::2", 1)).toBe(true);
		expect(strangers.hasProved("2001:db8:0:1::1", 1)).toBe(false);
		expect(strangers.hasProved("2001:db8::1", SIP_LIMITS.provedMs)).toBe(false);
	});

	test("however many sources there are, so many are remembered", () => {
		const strangers = new Strangers();
		for (let i = 0; i < SIP_LIMITS.strangersRememberedMax + 5; i++)
			strangers.proved(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 0);
		expect([0, 4, 5].map((i) => strangers.hasProved(`10.0.0.${i}`, 1))).toEqual([false, false, true]);
	});
});

test("hashes are those of OpenSSL", () => {
	expect(ALGORITHMS.map((algorithm) => hash(algorithm, "").slice(0, 8))).toEqual(["d41d8cd9", "e3b0c442", "c672b8d1"]);
});
