/** SRTP in offer and answer: SDES (RFC 4568), SAVP, and the wish of RFC 8643. */
import { describe, expect, test } from "vitest";
import {
	acceptAnswer,
	answerOffer,
	type LocalMedia,
	makeOffer,
	OwnSrtpKeys,
	type SdpAnswer,
} from "../../src/media/index.ts";

const head = ["v=0", "o=- 1 1 IN IP4 198.51.100.7", "s=-", "c=IN IP4 198.51.100.7", "t=0 0"];
const sdp = (...lines: string[]): string => `${[...head, ...lines].join("\r\n")}\r\n`;
const plain = "m=audio 4000 RTP/AVP 0";
const secure = "m=audio 5000 RTP/SAVP 0";
const KEY = Buffer.from(Array.from({ length: 30 }, (_, at) => at)).toString("base64");
const crypto = (tag: number, suite = "AES_CM_128_HMAC_SHA1_80", key = KEY, more = ""): string =>
	`a=crypto:${tag} ${suite} inline:${key}${more}`;

function local(required: boolean, keys = new OwnSrtpKeys()): LocalMedia {
	const srtp = { required, keyFor: (...of: Parameters<typeof keys.keyFor>) => keys.keyFor(...of) };
	return { address: "192.0.2.1", port: 20_000, sessionId: 7, sessionVersion: 1, srtp };
}
const OPTIONAL = local(false);
const REQUIRED = local(true);
const { srtp: _, ...OFF } = OPTIONAL;

function accepted(answer: SdpAnswer): Extract<SdpAnswer, { ok: true }> {
	if (!answer.ok) throw new Error(answer.why);
	return answer;
}
const media = (text: string): string[] => text.split("\r\n").filter((line) => /^(m=|a=crypto)/.test(line));
const base64 = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString("base64");

describe("an offer of SRTP", () => {
	test("is answered with its tag and suite and a key of our own", () => {
		const answer = accepted(answerOffer(sdp(secure, crypto(3)), REQUIRED));
		const { srtp } = answer.negotiated;
		expect(base64(srtp?.receive.master)).toBe(KEY);
		expect(srtp?.send.master).toHaveLength(30);
		expect(base64(srtp?.send.master)).not.toBe(KEY);
		expect(media(answer.sdp)).toEqual(["m=audio 20000 RTP/SAVP 0", crypto(3, undefined, base64(srtp?.send.master))]);
	});

	test.each([
		["AES_CM_128_HMAC_SHA1_80", 30],
		["AES_CM_128_HMAC_SHA1_32", 30],
		["AEAD_AES_128_GCM", 28],
		["AEAD_AES_256_GCM", 44],
	])("with %s alone is taken", (suite, bytes) => {
		const key = Buffer.alloc(bytes, 5).toString("base64");
		const { srtp } = accepted(answerOffer(sdp(secure, crypto(1, suite, key)), OPTIONAL)).negotiated;
		expect(srtp?.send).toMatchObject({ suite });
		expect(srtp?.receive).toMatchObject({ suite });
	});

	test("of several keys takes the first that we can use", () => {
		const offer = sdp(
			"m=audio 5000 RTP/SAVPF 0",
			crypto(1, "F8_128_HMAC_SHA1_80"),
			crypto(2, undefined, "dG9vIHNob3J0"),
			crypto(3, undefined, KEY, " UNENCRYPTED_SRTP"),
			crypto(4, undefined, KEY, " KDR=1"),
			crypto(5, undefined, KEY, `;inline:${KEY}`),
			crypto(6, "AES_CM_128_HMAC_SHA1_32", KEY, "|2^31 WSH=64 -odd"),
			crypto(7),
		);
		const answer = accepted(answerOffer(offer, OPTIONAL));
		expect(media(answer.sdp)[0]).toBe("m=audio 20000 RTP/SAVPF 0");
		expect(media(answer.sdp)[1]).toMatch(/^a=crypto:6 AES_CM_128_HMAC_SHA1_32 inline:/);
	});

	test.each([
		["|2^20|1:4", [0, 0, 0, 1]],
		["|1:1", [1]],
		["|2^31|4660:2", [0x12, 0x34]],
	])("%s names the identifier that stands in each packet", (more, mki) => {
		const { srtp } = accepted(answerOffer(sdp(secure, crypto(1, undefined, KEY, more)), OPTIONAL)).negotiated;
		expect([...(srtp?.receive.mki ?? [])]).toEqual(mki);
		expect(srtp?.send.mki).toBeUndefined();
	});

	test.each(["|300:1", "|1:0", "|1:200", "|", "|x"])("%s behind a key makes it useless", (more) => {
		expect(answerOffer(sdp(secure, crypto(1, undefined, KEY, more)), OPTIONAL)).toMatchObject({
			ok: false,
			status: 488,
		});
	});

	test("goes before a plain line, wherever it stands", () => {
		for (const lines of [
			[plain, secure, crypto(1)],
			[secure, crypto(1), plain],
		]) {
			const answer = accepted(answerOffer(sdp(...lines), OPTIONAL));
			expect(answer.negotiated.remotePort).toBe(5000);
			expect(media(answer.sdp)).toContain("m=audio 0 RTP/AVP 0");
		}
	});

	test("without a usable key leaves the plain line, and nothing where that is not allowed", () => {
		const offer = sdp(secure, crypto(1, "F8_128_HMAC_SHA1_80"), plain);
		expect(accepted(answerOffer(offer, OPTIONAL)).negotiated).toMatchObject({ remotePort: 4000 });
		expect(accepted(answerOffer(offer, OPTIONAL)).negotiated.srtp).toBeUndefined();
		const refused = answerOffer(offer, REQUIRED);
		expect(refused).toMatchObject({ ok: false, status: 488, why: expect.stringContaining("usable a=crypto") });
		expect(refused).toMatchObject({ why: expect.stringContaining("RTP/AVP is not encrypted") });
	});

	test("is refused where SRTP is off, and keys that are a mere wish are passed over", () => {
		const refused = answerOffer(sdp(secure, crypto(1)), OFF);
		expect(refused).toMatchObject({ ok: false, status: 488, why: expect.stringContaining("off for this peer") });
		expect(JSON.stringify(refused)).not.toContain(KEY);
		const answer = accepted(answerOffer(sdp(plain, crypto(1)), OFF));
		expect(answer.negotiated.srtp).toBeUndefined();
		expect(media(answer.sdp)).toEqual(["m=audio 20000 RTP/AVP 0"]);
	});

	test("as a wish with RTP/AVP (RFC 8643) is taken, also where SRTP is required", () => {
		for (const us of [OPTIONAL, REQUIRED]) {
			const answer = accepted(answerOffer(sdp(plain, crypto(1)), us));
			expect(answer.negotiated.srtp).toBeDefined();
			expect(media(answer.sdp)).toHaveLength(2);
		}
	});
});

describe("a plain offer", () => {
	test("is taken where SRTP is optional, and refused where it is required", () => {
		expect(accepted(answerOffer(sdp(plain), OPTIONAL)).negotiated.srtp).toBeUndefined();
		expect(answerOffer(sdp(plain), REQUIRED)).toMatchObject({
			ok: false,
			status: 488,
			why: expect.stringContaining("SRTP is required of this peer"),
		});
	});
});

describe("our key", () => {
	test("stays the same until the peer brings another one", () => {
		const us = local(false, new OwnSrtpKeys());
		const ours = (key: string) =>
			base64(accepted(answerOffer(sdp(secure, crypto(1, undefined, key)), us)).negotiated.srtp?.send.master);
		const first = ours(KEY);
		expect(ours(KEY)).toBe(first);
		const other = Buffer.alloc(30, 9).toString("base64");
		expect(ours(other)).not.toBe(first);
	});

	test("is another one for each call and each suite", () => {
		const offers = Array.from({ length: 20 }, () => media(makeOffer(local(true, new OwnSrtpKeys()))).slice(1)).flat();
		const keys = offers.map((line) => line.split("inline:")[1]);
		expect(new Set(keys).size).toBe(40);
	});
});

describe("our own offer", () => {
	test("is RTP/SAVP with two suites where SRTP is required, a wish where it is optional, plain where it is off", () => {
		expect(media(makeOffer(REQUIRED))).toEqual([
			expect.stringMatching(/^m=audio 20000 RTP\/SAVP /),
			expect.stringMatching(/^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:[\w+/]{40}$/),
			expect.stringMatching(/^a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:[\w+/]{40}$/),
		]);
		expect(media(makeOffer(OPTIONAL))[0]).toMatch(/RTP\/AVP /);
		expect(media(makeOffer(OPTIONAL))).toHaveLength(3);
		expect(media(makeOffer(OFF))).toHaveLength(1);
	});

	test.each([
		["required", REQUIRED],
		["optional", OPTIONAL],
	])("(%s) is answered by our own answer, and each sends under what the other receives under", (_, us) => {
		const offer = makeOffer(us);
		const theirs = accepted(answerOffer(offer, { ...local(true), address: "198.51.100.7" }));
		const ours = accepted(acceptAnswer(offer, theirs.sdp));
		expect(ours.negotiated.srtp?.send).toEqual(theirs.negotiated.srtp?.receive);
		expect(ours.negotiated.srtp?.receive).toEqual(theirs.negotiated.srtp?.send);
	});

	test("as a wish may be answered plain, as SAVP it may not", () => {
		expect(accepted(acceptAnswer(makeOffer(OPTIONAL), sdp(plain))).negotiated.srtp).toBeUndefined();
		for (const answer of [sdp(plain), sdp(secure)]) {
			expect(acceptAnswer(makeOffer(REQUIRED), answer)).toMatchObject({ ok: false, status: 488 });
		}
	});

	test("is not answered by a tag or suite that it had not", () => {
		for (const line of [crypto(9), crypto(1, "AES_CM_128_HMAC_SHA1_32")]) {
			expect(acceptAnswer(makeOffer(REQUIRED), sdp(secure, line))).toMatchObject({ ok: false, status: 488 });
		}
	});
});
