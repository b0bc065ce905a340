/** Two sessions over loopback that speak SRTP: audio, keys, reports, and strangers that get nothing. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toLinear } from "../../src/audio/index.ts";
import { type Media, type NegotiatedSrtp, OwnSrtpKeys, type SrtpSuite } from "../../src/media/index.ts";
import { match } from "../support/speech-signal.ts";
import { begin, logged, Party, speech } from "./support/pair.ts";

let media: Media;
beforeAll(async () => {
	media = await begin({ workers: 2 });
});
afterAll(() => media[Symbol.asyncDispose]());

function keysOf(suite: SrtpSuite): NegotiatedSrtp {
	const master = (): Uint8Array => new OwnSrtpKeys().keyFor(suite);
	return { send: { suite, master: master() }, receive: { suite, master: master() } };
}
const mirrored = ({ send, receive }: NegotiatedSrtp): NegotiatedSrtp => ({ send: receive, receive: send });

function settle(party: Party, remotePort: number, srtp: NegotiatedSrtp | undefined): void {
	party.session.connect({
		codec: "PCMU",
		payloadType: 0,
		receivePayloadType: 0,
		telephoneEvent: { payloadType: 101, receivePayloadType: 101, clockHz: 8000 },
		remoteAddress: "127.0.0.1",
		remotePort,
		remoteRtcpPort: remotePort + 1,
		ptimeMs: 20,
		sending: true,
		receiving: true,
		...(srtp && { srtp }),
	});
}

async function talking(ours: NegotiatedSrtp | undefined, theirs: NegotiatedSrtp | undefined) {
	const caller = await Party.open(media);
	const callee = await Party.open(media);
	settle(callee, caller.session.port, theirs);
	await callee.session.stats();
	settle(caller, callee.session.port, ours);
	return { caller, callee };
}

async function until(what: () => Promise<boolean>): Promise<void> {
	for (let tries = 0; tries < 1000; tries++) {
		if (await what()) return;
		await pause(10);
	}
	throw new Error("it did not come");
}

describe("two sessions", () => {
	test.each(["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_256_GCM"] as const)(
		"hear each other's audio and keys under %s, and nothing of it is readable on the way",
		async (suite) => {
			const keys = keysOf(suite);
			const { caller, callee } = await talking(keys, mirrored(keys));
			callee.session.record({ recordingId: `SRTP-${suite}`, header: Buffer.from("x"), maxMs: 60_000, silenceMs: 0 });
			await callee.session.stats();
			const sent = speech(1000);
			caller.session.play(1, [sent]);
			await caller.until("playEnded");
			caller.session.sendDigits("42#");
			await caller.until("digitsSent");
			await callee.until("digit", 3);
			expect(callee.digits).toBe("42#");
			const summary = await callee.session.stopRecording();
			expect(summary?.durationMs).toBeGreaterThanOrEqual(1000);
			const heard = (await media.recordings.read(`SRTP-${suite}`))!.audio;
			// The packet that opens the way may be in it, and then as much silence as lay behind it.
			const { correlation, missingStartMs, missingEndMs } = match(toLinear(sent).pcm, toLinear(heard).pcm);
			expect(correlation).toBeGreaterThan(0.99);
			expect(missingStartMs + missingEndMs).toBeLessThan(20);
			caller.session.close();
			callee.session.close();
		},
	);

	test("under two keys hear nothing, and the log says why once, without a key", async () => {
		const keys = keysOf("AES_CM_128_HMAC_SHA1_80");
		const others = keysOf("AES_CM_128_HMAC_SHA1_80");
		const before = logged.length;
		const { caller, callee } = await talking(keys, mirrored(others));
		caller.session.play(1, [speech(200)]);
		await caller.until("playEnded");
		await until(async () => logged.slice(before).some(({ message }) => message.includes("key of the SDP")));
		expect((await callee.session.stats()).packetsReceived).toBe(0);
		caller.session.close();
		callee.session.close();
		await until(async () => ((await media.counters()).srtpForged ?? 0) > 0);
	});

	test("one of which speaks plainly hear nothing of each other", async () => {
		const keys = keysOf("AES_CM_128_HMAC_SHA1_80");
		const { caller, callee } = await talking(undefined, keys);
		caller.session.play(1, [speech(200)]);
		await caller.until("playEnded");
		expect((await callee.session.stats()).packetsReceived).toBe(0);
		caller.session.close();
		callee.session.close();
	});

	test("go on after a hold with the same keys, and after a change to new ones", async () => {
		const keys = keysOf("AES_CM_128_HMAC_SHA1_80");
		const { caller, callee } = await talking(keys, mirrored(keys));
		const received = async () => (await callee.session.stats()).packetsReceived;
		const plays = async (playId: number): Promise<void> => {
			const before = await received();
			caller.session.play(playId, [speech(200)]);
			await caller.until("playEnded", playId);
			await until(async () => (await received()) >= before + 10);
		};
		await plays(1);
		settle(callee, caller.session.port, mirrored(keys));
		await plays(2);
		const others = keysOf("AEAD_AES_128_GCM");
		settle(callee, caller.session.port, mirrored(others));
		await callee.session.stats();
		settle(caller, callee.session.port, others);
		await plays(3);
		expect((await caller.session.stats()).packetsLost).toBe(0);
		caller.session.close();
		callee.session.close();
	});
});

test("what is sent is no G.711 that could be listened to", async () => {
	const socket = createSocket("udp4");
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	const packets: Buffer[] = [];
	socket.on("message", (datagram) => packets.push(datagram));
	const party = await Party.open(media);
	settle(party, socket.address().port, keysOf("AES_CM_128_HMAC_SHA1_80"));
	party.session.play(1, [{ silenceMs: 100 }]);
	await party.until("playEnded");
	await until(async () => packets.length >= 6);
	for (const packet of packets) {
		expect(packet).toHaveLength(12 + 160 + 10);
		expect(new Set(packet.subarray(12)).size).toBeGreaterThan(40);
	}
	party.session.close();
	socket.close();
});
