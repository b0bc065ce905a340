import { afterEach, describe, expect, test } from "vitest";
import { fromLinear, makeTone, type TelephoneAudio, toLinear, upsample } from "../../src/audio/index.ts";
import type { LoggedRecording, Media } from "../../src/media/index.ts";
import { RtpReceiver } from "../../src/media/rtp/receiver.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { begin, Party, pair, RawPeer, speech } from "./support/pair.ts";

let media: Media | undefined;
afterEach(async () => media?.[Symbol.asyncDispose]());

const OPUS = "a=rtpmap:107 opus/48000/2";
const take = { header: Uint8Array.of(7), maxMs: 60_000, silenceMs: 0 };

/** Noise in the band of speech and above it, 16,000 Hz: half of it is where only wideband reaches. */
function wideSpeech(ms: number): TelephoneAudio {
	const random = seededRandom(16);
	let before = 0;
	const pcm = Int16Array.from({ length: ms * 16 }, (_, i) => {
		const noise = random.next() - 0.5;
		before += 0.5 * (noise - before);
		return Math.round(20_000 * before * (0.6 + 0.4 * Math.sin(i / 900)));
	});
	return fromLinear({ rateHz: 16_000, pcm }, "L16");
}

/** Best correlation of what was played with what was recorded, which may begin a little later. */
function likeness(played: Int16Array, recorded: Int16Array): number {
	let best = -1;
	const length = played.length - 1600;
	for (let shift = 0; shift <= 1000; shift++) {
		let [ab, aa, bb] = [0, 0, 0];
		for (let i = 800; i < length; i += 3) {
			const a = played[i]!;
			const b = recorded[i + shift] ?? 0;
			ab += a * b;
			aa += a * a;
			bb += b * b;
		}
		best = Math.max(best, ab / Math.sqrt(aa * bb + 1));
	}
	return best;
}

/** One plays, the other records. */
async function recorded(clip: TelephoneAudio, formats: string, ...lines: string[]): Promise<LoggedRecording> {
	media = await begin({ workers: 1 });
	const { caller, callee } = await pair(media, formats, ...lines);
	callee.session.record({ ...take, recordingId: "R1" });
	await callee.session.stats();
	caller.session.play(1, [clip]);
	await caller.until("playEnded");
	const summary = await callee.session.stopRecording();
	const found = await media.recordings.read("R1");
	expect(found).toMatchObject({ encoding: summary!.encoding, durationMs: summary!.durationMs });
	return found!;
}

describe("wideband calls", () => {
	test.each([
		["G.722", "9 101", "", 0.98],
		["G.722 in packets of 10 ms", "9 101", "a=ptime:10", 0.98],
		["G.722 in packets of 60 ms", "9 101", "a=ptime:60", 0.98],
		["Opus", "107 101", OPUS, 0.75],
		["Opus in packets of 60 ms", "107 101", `${OPUS}\r\na=ptime:60`, 0.75],
	])("%s is recorded and played wideband", async (_, formats, lines, least) => {
		const clip = wideSpeech(1500);
		const { audio, durationMs, speechMs } = await recorded(clip, formats, lines);
		expect(audio.encoding).toBe("L16");
		expect(Math.abs(durationMs - 1500)).toBeLessThanOrEqual(60);
		expect(speechMs).toBeGreaterThan(1300);
		expect(likeness(toLinear(clip).pcm, toLinear(audio).pcm)).toBeGreaterThan(least);
	});

	test("a prompt of G.711 is played to a wideband peer", async () => {
		const clip = speech(1500);
		const { audio } = await recorded(clip, "9 101");
		expect(likeness(upsample(toLinear(clip).pcm), toLinear(audio).pcm)).toBeGreaterThan(0.95);
	});

	test("a wideband message is played to a peer of G.711", async () => {
		const pcm = upsample(toLinear(speech(1500)).pcm);
		const { audio } = await recorded(fromLinear({ rateHz: 16_000, pcm }, "L16"), "8 101");
		expect(audio.encoding).toBe("PCMA");
		expect(likeness(toLinear(speech(1500)).pcm, toLinear(audio).pcm)).toBeGreaterThan(0.95);
	});

	test("keys at 48,000 Hz are heard beside Opus", async () => {
		media = await begin({ workers: 1 });
		const { caller, callee } = await pair(media, "107 110", OPUS, "a=rtpmap:110 telephone-event/48000");
		caller.session.sendDigits("1*5");
		await caller.until("digitsSent");
		await callee.until("digit", 3);
		expect(callee.digits).toBe("1*5");
	});
});

describe("keys in the audio", () => {
	const tones = (): TelephoneAudio[] =>
		[
			[697, 1209],
			[852, 1477],
			[941, 1336],
		].map((frequenciesHz) => makeTone({ frequenciesHz, durationMs: 100, levelDbfs: -18 }));

	test.each(["0 101", "9 101"])("are heard where that is wanted, else not (formats %s)", async (formats) => {
		media = await begin({ workers: 1 });
		const caller = await Party.open(media);
		for (const inband of [true, false]) {
			const callee = await Party.open(media, 0, inband);
			callee.connect(caller.session.port, formats);
			await callee.session.stats();
			caller.connect(callee.session.port, formats);
			caller.session.play(
				1,
				tones().flatMap((tone) => [tone, { silenceMs: 100 }]),
			);
			await caller.until("playEnded", inband ? 1 : 2);
			if (inband) await callee.until("digit", 3);
			expect(callee.digits).toBe(inband ? "190" : "");
		}
	});
});

describe("clocks that are not ours", () => {
	test.each([200, -200])(
		"a peer whose clock is off by %i ppm: ten minutes are ten minutes, every sample once",
		(ppm) => {
			let samples = 0;
			let lastPacket = -1;
			const gaps: number[] = [];
			const receiver = new RtpReceiver({
				audio: (_type, octets, start, end) => {
					// Each packet carries its number.
					const packet = (octets[start]! << 8) | octets[start + 1]!;
					expect(packet).toBe(lastPacket + 1);
					lastPacket = packet;
					samples += end - start;
				},
				gap: (ticks) => gaps.push(ticks),
			});
			const random = seededRandom(ppm + 1000);
			const octets = new Uint8Array(160);
			let atMs = 0;
			for (let n = 0; n < 30_000; n++) {
				octets[0] = n >> 8;
				octets[1] = n & 0xff;
				atMs = Math.max(atMs, n * 20 * (1 - ppm / 1e6) + random.next() * 30);
				receiver.receive(n & 0xffff, (n * 160) >>> 0, 1, 0, true, octets, 0, 160, 5000 + atMs);
				if (n % 5 === 0) receiver.idle(5000 + atMs);
			}
			expect(gaps).toEqual([]);
			expect(Math.abs(samples / 8 - 600_000)).toBeLessThan(100);
		},
	);

	test.each([200, -200])("with pauses in which the peer sends nothing, %i ppm: the length is the peer's", (ppm) => {
		let ticks = 0;
		const receiver = new RtpReceiver({
			audio: (_type, _octets, start, end) => {
				ticks += end - start;
			},
			gap: (missing) => {
				ticks += missing;
			},
		});
		const octets = new Uint8Array(160);
		let sequence = 0;
		for (let n = 0; n < 30_000; n++) {
			// Two seconds of every seven are a pause.
			if (n % 350 >= 250 && n < 29_999) continue;
			const atMs = 5000 + n * 20 * (1 - ppm / 1e6);
			receiver.receive(sequence++ & 0xffff, (n * 160) >>> 0, 1, 0, true, octets, 0, 160, atMs);
		}
		expect(Math.abs(ticks / 8 - 600_000)).toBeLessThan(100);
	});
});

describe("comfort noise (RFC 3389)", () => {
	test("fills a pause softly: no speech, and no call that counts as dead", async () => {
		media = await begin({ workers: 1 });
		const party = await Party.open(media, 300);
		const peer = await RawPeer.open();
		party.connect(peer.port);
		party.session.record({ ...take, recordingId: "R2" });
		await party.session.stats();
		const loud = makeTone({ frequenciesHz: [500], durationMs: 20, levelDbfs: -15 }).samples;
		const to = party.session.port;
		peer.send(to, { payloadType: 0, sequence: 1, timestamp: 0, payload: loud });
		peer.send(to, { payloadType: 13, sequence: 2, timestamp: 160, payload: Uint8Array.of(55) });
		// Longer than rtpLostMs.
		await new Promise((resolve) => setTimeout(resolve, 600));
		peer.send(to, { payloadType: 0, sequence: 3, timestamp: 160 + 4000, payload: loud });
		await expect.poll(async () => (await party.session.stats()).packetsReceived, { timeout: 10_000 }).toBe(3);
		const summary = await party.session.stopRecording();
		expect(summary).toMatchObject({ durationMs: 540, speechMs: 40 });
		expect(party.events.filter(({ type }) => type === "rtpLost")).toEqual([]);
		const { pcm } = toLinear((await media.recordings.read("R2"))!.audio);
		const pause = pcm.subarray(400, 4000);
		const rms = Math.sqrt(pause.reduce((sum, sample) => sum + sample * sample, 0) / pause.length);
		expect(20 * Math.log10(rms / 32_768)).toBeLessThan(-50);
		expect(rms).toBeGreaterThan(10);
		peer.close();
	});
});
