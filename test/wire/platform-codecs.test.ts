/** baresip leaves messages in each codec that is spoken: what comes out is what went in. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { downsample, l16ToPcm, upsample } from "../../src/audio/index.ts";
import { type BaresipCodec, startBaresip, wavFile } from "../support/baresip.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { linearSpeech, match } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";

const WIDE_HZ = 16_000;
const NARROW_HZ = 8000;
/** baresip speaks from its first packet on, and nothing is recorded before the beep is over. */
const BEFORE_SPEECH_S = 2;
const SPEECH_S = 3;

const WIDE = linearSpeech(SPEECH_S, 41, WIDE_HZ);
const NARROW = linearSpeech(SPEECH_S, 41, NARROW_HZ);

interface Way {
	readonly codec: BaresipCodec;
	readonly transport: "udp" | "tcp";
	readonly wide: boolean;
	/** Of the whole band, and of what lies above 4,000 Hz: Opus spends few bits there and keeps no wave forms. */
	readonly likeness: number;
	readonly highLikeness: number;
}

const WAYS: readonly Way[] = (["udp", "tcp"] as const).flatMap((transport) => [
	{ codec: "PCMU", transport, wide: false, likeness: 0.99, highLikeness: 0 },
	{ codec: "G722/16000/1", transport, wide: true, likeness: 0.95, highLikeness: 0.8 },
	{ codec: "opus/48000/2", transport, wide: true, likeness: 0.9, highLikeness: 0.5 },
]);

describe.skipIf(!hasTool("baresip"))("calls of baresip", () => {
	let platform: Platform;
	let folder: string;
	const files = new Map<BaresipCodec, string>();

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "afterbeep-baresip-"));
		const wide = between(WIDE, WIDE_HZ);
		const made: readonly [BaresipCodec, Int16Array, number, number][] = [
			["PCMU", between(NARROW, NARROW_HZ), NARROW_HZ, 1],
			["G722/16000/1", wide, WIDE_HZ, 1],
			["opus/48000/2", thrice(wide), 3 * WIDE_HZ, 2],
		];
		for (const [codec, pcm, rateHz, channels] of made) {
			const file = join(folder, `${channels}-${rateHz}.wav`);
			await writeFile(file, wavFile(pcm, rateHz, channels));
			files.set(codec, file);
		}
		platform = await startPlatform();
	});
	afterAll(async () => {
		await platform?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	/** Ends when the file is at its end: then baresip hangs up. */
	async function leave(number: string, { codec, transport }: Pick<Way, "codec" | "transport">): Promise<void> {
		const address = "sip:alice@127.0.0.1";
		const microphone = `aufile,${files.get(codec)}`;
		const account = { address, transport, codec, microphone, loudspeaker: "aubridge,nobody" };
		await using phone = await startBaresip(join(folder, `leaves-${number.slice(1)}`), [account]);
		await phone.dial(address, `sip:${number}@127.0.0.1:${platform.sipPort}`);
		await phone.wrote(/terminated \(duration/, 60_000);
	}

	test("leave a message whole in each codec, with the bandwidth it had, in the mailbox and in the mail", async () => {
		await Promise.all(
			WAYS.map(async (way) => {
				const mailbox = `${way.codec.slice(0, 4)}.${way.transport}@example.com`;
				const number = await platform.activate({ Email: mailbox });
				await leave(number, way);
				const [message] = await platform.messages(number, 1);
				const file = await platform.wav(message!.MessageId);
				const rateHz = way.wide ? WIDE_HZ : NARROW_HZ;
				expect({ way, form: formOf(file) }).toEqual({ way, form: { code: 1, rateHz, bits: 16 } });
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
			}),
		);
	});
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
