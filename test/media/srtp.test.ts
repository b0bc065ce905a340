/** SRTP packet by packet: the standards' own test vectors, and what loss, replay and forgery do. */
import { describe, expect, test } from "vitest";
import { AesCmCipher } from "../../src/media/srtp/aes-cm.ts";
import { AesGcmCipher } from "../../src/media/srtp/aes-gcm.ts";
import { likelyIndex, REPLAY_WINDOW, ReplayWindow } from "../../src/media/srtp/replay-window.ts";
import { deriveKey, sessionKeys } from "../../src/media/srtp/session-keys.ts";
import { packetCipher, SrtpReceiver, SrtpSender } from "../../src/media/srtp/streams.ts";
import { masterBytes, SRTP_SUITE_NAMES, type SrtpSuite } from "../../src/media/srtp/suites.ts";

const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));
const hex = (packet: Uint8Array | undefined): string => Buffer.from(packet ?? []).toString("hex");
const NO_MKI = new Uint8Array(0);
const NO_KEYS = { key: new Uint8Array(16), salt: new Uint8Array(14), auth: new Uint8Array(20) };

const MASTER_KEY = octets("E1F97A0D3E018BE0D64FA32C06DE4139");
const MASTER_SALT = octets("0EC675AD498AFEEBB6960B3AABE6");

describe("RFC 3711 appendix B", () => {
	test("B.2: the key stream of AES in counter mode", () => {
		const rtp = {
			...NO_KEYS,
			key: octets("2B7E151628AED2A6ABF7158809CF4F3C"),
			salt: octets("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
		};
		const cipher = new AesCmCipher({ keys: { rtp, rtcp: NO_KEYS }, rtpTagBytes: 10, rtcpTagBytes: 10, mki: NO_MKI });
		// With SSRC and index 0, zeros become the key stream itself.
		const packet = new Uint8Array(12 + 0xff02 * 16);
		const stream = cipher.sealRtp(packet, 12, 0).subarray(12);
		const block = (at: number): string => hex(stream.subarray(16 * at, 16 * at + 16)).toUpperCase();
		expect([block(0), block(1), block(2)]).toEqual([
			"E03EAD0935C95E80E166B16DD92B4EB4",
			"D23513162B02D0F72A43A2FE4A5F97AB",
			"41E95B3BB0A2E8DD477901E4FCA894C0",
		]);
		expect([block(0xfeff), block(0xff00), block(0xff01)]).toEqual([
			"EC8CDF7398607CB0F2D21675EA9EA1E4",
			"362B7C3C6773516318A077D7FC5073AE",
			"6A2CC3787889374FBEB4C81B17BA6C44",
		]);
	});

	test("B.3: the keys of a session from the master key", () => {
		const derived = (label: number, bytes: number): string => hex(deriveKey(MASTER_KEY, MASTER_SALT, label, bytes));
		expect(derived(0, 16)).toBe("c61e7a93744f39ee10734afe3ff7a087");
		expect(derived(2, 14)).toBe("30cbbc08863d8c85d49db34a9ae1");
		expect(derived(1, 94)).toBe(
			`cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbce
			e049646c43d9327ad175578ef72270986371c10c9a369ac2f94a8c5fbcdddc25
			6d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2`.replace(/\s/g, ""),
		);
		expect(hex(sessionKeys("AES_CM_128_HMAC_SHA1_80", Buffer.concat([MASTER_KEY, MASTER_SALT])).rtp.auth)).toBe(
			"cebe321f6ff7716b6fd4ab49af256a156d38baa4",
		);
	});
});

describe("packets of other implementations", () => {
	test("RTP and RTCP under the master key of appendix B.3 are what libsrtp makes of them", () => {
		const suite = "AES_CM_128_HMAC_SHA1_80";
		const cipher = packetCipher({ suite, master: Buffer.concat([MASTER_KEY, MASTER_SALT]) });
		const rtp = octets("800f1234decafbadcafebabeabababababababababababababababab");
		const sealed = cipher.sealRtp(rtp, 12, 0x1234);
		expect(hex(sealed)).toBe("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
		expect(cipher.openRtp(sealed, 12, 0x1234)).toEqual(Buffer.from(rtp));
		const rtcp = octets("81c8000bcafebabeabababababababababababababababab");
		const sealedRtcp = cipher.sealRtcp(rtcp, 1);
		expect(hex(sealedRtcp)).toBe("81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798");
		expect(cipher.openRtcp(sealedRtcp)).toEqual(Buffer.from(rtcp));
	});
});

describe("RFC 7714", () => {
	const salt = octets("517569642070726f2071756f");
	const shortKey = octets("000102030405060708090a0b0c0d0e0f");
	const longKey = octets("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	const rtp = octets(`8040f17b8041f8d35501a0b2
		47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573`);
	const rtcp = octets(`81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61
		deadbeefdeadbeefdeadbeefdeadbeefdeadbeef`);
	const gcm = (cipher: "aes-128-gcm" | "aes-256-gcm", key: Uint8Array) => {
		const keys = { key, salt, auth: new Uint8Array(0) };
		return new AesGcmCipher({ cipher, keys: { rtp: keys, rtcp: keys }, mki: NO_MKI });
	};

	test.each([
		[
			"16.1",
			gcm("aes-128-gcm", shortKey),
			"f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
		],
		[
			"16.2",
			gcm("aes-256-gcm", longKey),
			"32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
		],
	])("%s: RTP", (_, cipher, sealed) => {
		const whole = cipher.sealRtp(rtp, 12, 0xf17b);
		expect(hex(whole)).toBe(`${hex(rtp.subarray(0, 12))}${sealed}`);
		expect(hex(cipher.openRtp(whole, 12, 0xf17b))).toBe(hex(rtp));
	});

	test.each([
		[
			"17.1",
			gcm("aes-128-gcm", shortKey),
			"63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade",
		],
		[
			"17.2",
			gcm("aes-256-gcm", longKey),
			"d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be",
		],
	])("%s: RTCP", (_, cipher, sealed) => {
		const whole = cipher.sealRtcp(rtcp, 0x5d4);
		expect(hex(whole)).toBe(`81c8000d4d617273${sealed}800005d4`);
		expect(cipher.rtcpIndex(whole)).toBe(0x5d4);
		expect(hex(cipher.openRtcp(whole))).toBe(hex(rtcp));
	});

	test("17.3: RTCP that is authenticated and not encrypted is taken", () => {
		const tagged = Buffer.concat([rtcp, octets("841dd9683dd78ec92ae58790125f62b3000005d4")]);
		expect(hex(gcm("aes-128-gcm", shortKey).openRtcp(tagged))).toBe(hex(rtcp));
	});
});

describe("the index of a packet (RFC 3711 §3.3.1, appendix A)", () => {
	test.each([
		["the next one", 100, 101, 101],
		["one that was late", 100, 90, 90],
		["over the wrap", 65_535, 0, 65_536],
		["over the wrap, a hundred of both sides lost", 65_450, 50, 65_586],
		["back over the wrap", 65_546, 65_530, 65_530],
		["of a later turn", 3 * 65_536 + 65_000, 10, 4 * 65_536 + 10],
		["before the first", 5, 65_530, -6],
	])("%s", (_, highest, sequence, index) => {
		expect(likelyIndex(highest, sequence)).toBe(index);
	});
});

describe("the window of replays (RFC 3711 §3.3.2)", () => {
	test("takes each index once, in any order within the window, and none that is older", () => {
		const window = new ReplayWindow(1000);
		expect(window.admits(1000)).toBe(false);
		for (const index of [1003, 1001, 1002]) {
			expect(window.admits(index)).toBe(true);
			window.take(index);
			expect(window.admits(index)).toBe(false);
		}
		expect(window.admits(1003 - REPLAY_WINDOW + 1)).toBe(true);
		expect(window.admits(1003 - REPLAY_WINDOW)).toBe(false);
	});

	test("forgets what it passed over, near and far", () => {
		for (const step of [5, REPLAY_WINDOW - 1, REPLAY_WINDOW, 10_000]) {
			const window = new ReplayWindow(7);
			for (let index = 8; index < 300; index++) window.take(index);
			window.take(299 + step);
			for (let missed = 300; missed < 299 + step; missed++) {
				expect(window.admits(missed)).toBe(299 + step - missed < REPLAY_WINDOW);
			}
		}
	});
});

const master = (suite: SrtpSuite): Uint8Array => Uint8Array.from({ length: masterBytes(suite) }, (_, at) => 7 * at + 1);

function packet(sequence: number, ssrc = 0x1234_5678, fill = sequence): Uint8Array {
	const rtp = Buffer.alloc(12 + 160, fill & 0xff);
	rtp[0] = 0x80;
	rtp[1] = 0;
	rtp.writeUInt16BE(sequence & 0xffff, 2);
	rtp.writeUInt32BE(sequence * 160, 4);
	rtp.writeUInt32BE(ssrc, 8);
	return new Uint8Array(rtp);
}

describe.each(SRTP_SUITE_NAMES)("a stream under %s", (suite) => {
	const key = { suite, master: master(suite) };
	/** What goes out under the key, with sequence numbers that wrap. */
	const sent = (from: number, count: number, mine: SrtpSender = new SrtpSender(key)) =>
		Array.from({ length: count }, (_, at) => ({ plain: packet(from + at), sealed: mine.sealRtp(packet(from + at)) }));

	test("comes back as it was over two wraps, with a burst lost around each", () => {
		const receiver = new SrtpReceiver(key);
		const sender = new SrtpSender(key);
		let opened = 0;
		for (let sequence = 60_000; sequence < 3 * 65_536; sequence++) {
			const within = sequence % 65_536;
			// Of most of it every 500th is enough; 60 are lost before each wrap and 60 behind it.
			if (within > 100 && within < 65_400 && sequence % 500 !== 0) continue;
			const sealed = sender.sealRtp(packet(sequence));
			if (within < 60 || within > 65_475) continue;
			expect(hex(receiver.openRtp(sealed))).toBe(hex(packet(sequence)));
			opened++;
		}
		expect(opened).toBeGreaterThan(300);
		expect(receiver).toMatchObject({ forged: 0, replayed: 0 });
	});

	test("is taken out of order over the wrap, each packet once", () => {
		const receiver = new SrtpReceiver(key);
		const order = [0, 3, 1, 2, 7, 5, 4, 6];
		const packets = sent(65_532, 8);
		for (const at of order) {
			const copy = Uint8Array.from(packets[at]!.sealed);
			expect(hex(receiver.openRtp(packets[at]!.sealed))).toBe(hex(packets[at]!.plain));
			expect(receiver.openRtp(copy)).toBeUndefined();
		}
		expect(receiver).toMatchObject({ forged: 0, replayed: 8 });
	});

	test("is taken where everything before its wrap was lost", () => {
		const receiver = new SrtpReceiver(key);
		const packets = sent(65_500, 100);
		for (const { plain, sealed } of packets.slice(50)) expect(hex(receiver.openRtp(sealed))).toBe(hex(plain));
	});

	test("that one octet was changed of is dropped, wherever it stands, and changes nothing", () => {
		const receiver = new SrtpReceiver(key);
		const [first, second] = sent(1, 2);
		receiver.openRtp(first!.sealed);
		const bytes = second!.sealed.length;
		for (let at = 0; at < bytes; at++) {
			const changed = Uint8Array.from(second!.sealed);
			changed[at] = changed[at]! ^ 0x01;
			expect(receiver.openRtp(changed)).toBeUndefined();
		}
		expect(receiver.forged + receiver.replayed).toBe(bytes);
		for (let length = 0; length < bytes; length++) {
			expect(receiver.openRtp(Uint8Array.from(second!.sealed.subarray(0, length)))).toBeUndefined();
		}
		expect(hex(receiver.openRtp(second!.sealed))).toBe(hex(second!.plain));
	});

	test("under another key is dropped", () => {
		const other = new SrtpSender({ suite, master: master(suite).reverse() });
		expect(new SrtpReceiver(key).openRtp(other.sealRtp(packet(1)))).toBeUndefined();
	});

	test("with CSRCs, an extension and padding comes back as it was", () => {
		const cipher = packetCipher(key);
		const body = octets("b1800005000000a0123456780000000abede000100112233 0102030400000004");
		const sealed = cipher.sealRtp(body, 24, 5);
		expect(hex(sealed.subarray(0, 24))).toBe(hex(body.subarray(0, 24)));
		expect(hex(new SrtpReceiver(key).openRtp(sealed))).toBe(hex(body));
	});

	test("has its master key identifier in each packet where the peer says so", () => {
		const named = { ...key, mki: octets("0000002a") };
		const cipher = packetCipher(named);
		const sealed = cipher.sealRtp(packet(9), 12, 9);
		expect(sealed).toHaveLength(packetCipher(key).sealRtp(packet(9), 12, 9).length + 4);
		expect(new SrtpReceiver(key).openRtp(Uint8Array.from(sealed))).toBeUndefined();
		expect(new SrtpReceiver({ ...key, mki: octets("0000002b") }).openRtp(Uint8Array.from(sealed))).toBeUndefined();
		expect(hex(new SrtpReceiver(named).openRtp(sealed))).toBe(hex(packet(9)));
		const report = octets("80c90001cafebabe");
		expect(hex(new SrtpReceiver(named).openRtcp(cipher.sealRtcp(report, 3)))).toBe(hex(report));
	});

	test("reports are sealed too, each taken once; a changed one is dropped", () => {
		const receiver = new SrtpReceiver(key);
		const sender = new SrtpSender(key);
		const report = octets("81c9000712345678 0000000100000000000000010000000000000000 00000000");
		for (let count = 0; count < 3; count++) {
			const sealed = sender.sealRtcp(report);
			for (let at = 0; at < sealed.length; at++) {
				const changed = Uint8Array.from(sealed);
				changed[at] = changed[at]! ^ 0x80;
				expect(receiver.openRtcp(changed)).toBeUndefined();
			}
			const copy = Uint8Array.from(sealed);
			expect(hex(receiver.openRtcp(sealed))).toBe(hex(report));
			expect(receiver.openRtcp(copy)).toBeUndefined();
		}
		for (let length = 0; length < 40; length++) expect(receiver.openRtcp(new Uint8Array(length))).toBeUndefined();
	});

	test("is one of at most 64 under its key", () => {
		const receiver = new SrtpReceiver(key);
		const cipher = packetCipher(key);
		const taken = Array.from({ length: 70 }, (_, ssrc) => receiver.openRtp(cipher.sealRtp(packet(1, ssrc), 12, 1)));
		expect(taken.filter((one) => one !== undefined)).toHaveLength(64);
	});
});
