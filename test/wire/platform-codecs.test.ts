/** baresip leaves and fetches messages in each codec that is spoken: what comes out is what went in. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { downsample, l16ToPcm, upsample } from "../../src/audio/index.ts";
import { type BaresipCodec, heardBy, startBaresip, wavFile } from "../support/baresip.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { linearSpeech, match } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";

const PIN = "4821";
const WIDE_HZ = 16_000;
const NARROW_HZ = 8000;
/** baresip speaks from its first packet on, and nothing is recorded before the beep is over. */
const BEFORE_SPEECH_S = 2;
const SPEECH_S = 3;
/** As long as nobody should listen to one message: baresip hangs up at the end of its file. */
const SILENCE_S = 90;

const WIDE = linearSpeech(SPEECH_S, 41, WIDE_HZ);
const NARROW = linearSpeech(SPEECH_S, 41, NARROW_HZ);

interface Way {
	readonly codec: BaresipCodec;
	readonly transport: "udp" | "tcp";
	readonly srtp?: boolean;
	readonly wide: boolean;
	/** Of the whole band, and of what lies above 4,000 Hz: Opus spends few bits there and keeps no wave forms. */
	readonly likeness: number;
	readonly highLikeness: number;
	/** Whether the message is fetched, too, and how like what was said it then is: it was coded twice. */
	readonly heardLikeness?: number;
}

const PCMU = { codec: "PCMU", wide: false, likeness: 0.99, highLikeness: 0 } as const;
const PCMA = { ...PCMU, codec: "PCMA" } as const;
const G722 = { codec: "G722/16000/1", wide: true, likeness: 0.95, highLikeness: 0.8 } as const;
const OPUS = { codec: "opus/48000/2", wide: true, likeness: 0.9, highLikeness: 0.5 } as const;

const WAYS: readonly Way[] = [
	{ ...PCMU, transport: "udp", heardLikeness: 0.95 },
	{ ...PCMA, transport: "tcp", heardLikeness: 0.95 },
	{ ...G722, transport: "udp", heardLikeness: 0.9 },
	{ ...OPUS, transport: "tcp", heardLikeness: 0.6 },
	{ ...PCMU, transport: "udp", srtp: true, heardLikeness: 0.95 },
	{ ...PCMU, transport: "tcp" },
	{ ...G722, transport: "tcp" },
	{ ...OPUS, transport: "udp" },
];

describe.skipIf(!hasTool("baresip"))("calls of baresip", () => {
	let platform: Platform;
	let folder: string;
	/** Of a caller, and of a subscriber who listens. */
	const files = new Map<BaresipCodec, { readonly speech: string; readonly silence: string }>();

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "afterbeep-baresip-"));
		const [wide, narrow] = [between(WIDE, WIDE_HZ), between(NARROW, NARROW_HZ)];
		const made: readonly [BaresipCodec, Int16Array, number, number][] = [
			["PCMU", narrow, NARROW_HZ, 1],
			["PCMA", narrow, NARROW_HZ, 1],
			["G722/16000/1", wide, WIDE_HZ, 1],
			["opus/48000/2", thrice(wide), 3 * WIDE_HZ, 2],
		];
		for (const [codec, pcm, rateHz, channels] of made) {
			const [speech, silence] = ["speech", "silence"].map((what) => join(folder, `${what}-${codec.slice(0, 4)}.wav`));
			await writeFile(speech!, wavFile(pcm, rateHz, channels));
			await writeFile(silence!, wavFile(new Int16Array(SILENCE_S * rateHz), rateHz, channels));
			files.set(codec, { speech: speech!, silence: silence! });
		}
		const peers = join(folder, "peers.toml");
		await writeFile(peers, '[peers.phones]\naddresses = ["127.0.0.1"]\nsrtp = "optional"\n');
		platform = await startPlatform({ env: { AFTERBEEP_PEERS: peers } });
	});
	afterAll(async () => {
		await platform?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	/** Ends when the file is at its end: then baresip hangs up. */
	async function leave(number: string, { codec, transport, srtp = false }: Way): Promise<void> {
		const address = "sip:alice@127.0.0.1";
		const microphone = `aufile,${files.get(codec)!.speech}`;
		const account = { address, transport, codec, srtp, microphone, loudspeaker: "aubridge,nobody" };
		await using phone = await startBaresip(join(folder, `leaves-${number.slice(1)}`), [account]);
		await phone.dial(address, `sip:${number}@127.0.0.1:${platform.sipPort}`);
		await phone.wrote(/terminated \(duration/, 60_000);
	}

	/** Calls the access number, keys mailbox and PIN, and listens until the message counts as heard. @returns all of it. */
	async function fetchMessage(number: string, { codec, transport, srtp = false }: Way) {
		const home = join(folder, `fetches-${number.slice(1)}`);
		const address = "sip:bob@127.0.0.1";
		const microphone = `aufile,${files.get(codec)!.silence}`;
		const account = { address, transport, codec, srtp, microphone, loudspeaker: "aubridge,nobody" };
		{
			await using phone = await startBaresip(home, [account]);
			await phone.dial(address, `sip:*86@127.0.0.1:${platform.sipPort}`);
			await phone.wrote(/Call established: sip:\*86/, 20_000);
			await phone.press(`${number.slice(1)}#${PIN}#`);
			await until("the message to be heard", 60_000, async () => {
				return (await platform.messages(number, 1)).some((one) => one.Status === "Heard");
			});
		}
		return heardBy(home);
	}

	test.concurrent.each(WAYS)(
		"$codec over $transport, SRTP $srtp: a message is left whole, with the bandwidth it had, and heard so by keys",
		async (way) => {
			const mailbox = `${way.codec.slice(0, 4)}.${way.transport}.${way.srtp === true}@example.com`;
			const number = await platform.activate({ Email: mailbox, PIN });
			await leave(number, way);
			const [message] = await platform.messages(number, 1);
			const file = await platform.wav(message!.MessageId);
			const rateHz = way.wide ? WIDE_HZ : NARROW_HZ;
			expect(formOf(file)).toEqual({ code: 1, rateHz, bits: 16 });
			const sent = way.wide ? WIDE : NARROW;
			const received = linearOf(file);
			const found = match(sent, received, rateHz);
			expect(found.correlation).toBeGreaterThan(way.likeness);
			expect(Math.max(found.missingStartMs, found.missingEndMs)).toBeLessThanOrEqual(500);
			if (way.wide) expect(match(high(sent), high(received), WIDE_HZ).correlation).toBeGreaterThan(way.highLikeness);
			const attached = await until(`the mail to ${mailbox}`, 20_000, async () => {
				for (const text of await platform.mails()) {
					if (!text.includes(mailbox)) continue;
					return (await simpleParser(text)).attachments.find(({ contentType }) => /wav/.test(contentType))?.content;
				}
			});
			expect(formOf(attached)).toEqual({ code: 1, rateHz, bits: 16 });
			expect(linearOf(attached)).toEqual(received);
			if (way.heardLikeness === undefined) return;
			const heard = await fetchMessage(number, way);
			const pcm = heard.rateHz === 3 * rateHz ? third(heard.pcm) : heard.pcm;
			const again = match(sent, pcm, rateHz);
			expect(again.correlation).toBeGreaterThan(way.heardLikeness);
		},
	);
});

/** Silence on both sides: the beep falls into the first. */
function between(speech: Int16Array, rateHz: number): Int16Array {
	const whole = new Int16Array((BEFORE_SPEECH_S + SPEECH_S + 1) * rateHz);
	whole.set(speech, BEFORE_SPEECH_S * rateHz);
	return whole;
}

/** At three times the rate, by a windowed sinc. */
function thrice(pcm: Int16Array): Int16Array {
	const reach = 24;
	return Int16Array.from({ length: 3 * pcm.length }, (_, i) => {
		const at = i / 3;
		let sum = 0;
		for (let k = Math.ceil(at) - reach; k <= Math.floor(at) + reach; k++) {
			const x = Math.PI * (at - k);
			const sinc = x === 0 ? 1 : Math.sin(x) / x;
			sum += (pcm[k] ?? 0) * sinc * (0.5 + 0.5 * Math.cos(x / (reach + 1)));
		}
		return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
	});
}

/** At a third of the rate: the same sinc, as wide again. */
function third(pcm: Int16Array): Int16Array {
	const reach = 3 * 24;
	return Int16Array.from({ length: Math.floor(pcm.length / 3) }, (_, i) => {
		let sum = 0;
		for (let k = -reach; k <= reach; k++) {
			const x = (Math.PI * k) / 3;
			const sinc = x === 0 ? 1 : Math.sin(x) / x;
			sum += ((pcm[3 * i + k] ?? 0) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * k) / (reach + 1)))) / 3;
		}
		return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
	});
}

/** What lies above the band of the telephone. */
function high(pcm: Int16Array): Int16Array {
	const low = upsample(downsample(pcm.subarray(0, pcm.length & ~1)));
	return low.map((sample, i) => pcm[i]! - sample);
}

/** The head of a WAV file as we write it. */
const formOf = (file: Buffer) => ({
	code: file.readUInt16LE(20),
	rateHz: file.readUInt32LE(24),
	bits: file.readUInt16LE(34),
});

/** Samples as they stand in the file, at its own rate. */
const linearOf = (file: Buffer): Int16Array => l16ToPcm(Uint8Array.from(file.subarray(44)));
