/** linphone leaves a message and fetches it: another stack than baresip's, with its own SIP, RTP and keys. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wavFile } from "../support/baresip.ts";
import { startLinphone } from "../support/linphone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { linearSpeech, match } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";

const PIN = "4821";
const RATE_HZ = 8000;
const SPEECH = linearSpeech(3, 43);
/** It speaks from its first packet on, and nothing is recorded before the beep is over; its file is not to end. */
const SPOKEN = new Int16Array(60 * RATE_HZ);
SPOKEN.set(SPEECH, 3 * RATE_HZ);
/** linphonec offers these before PCMU: Opus, Speex twice. */
const CODECS_BEFORE_PCMU = ["codec disable 0", "codec disable 1", "codec disable 2"];

describe.skipIf(!hasTool("linphonec"))("linphone", () => {
	let platform: Platform;
	let folder: string;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "afterbeep-linphone-"));
		platform = await startPlatform();
	});
	afterAll(async () => {
		await platform?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	test("leaves a message, keys mailbox and PIN at the access number, and hears what was said", async () => {
		const number = await platform.activate({ PIN });
		const [spoken, heard] = [join(folder, "spoken.wav"), join(folder, "heard.wav")];
		await writeFile(spoken, wavFile(SPOKEN, RATE_HZ, 1));
		{
			await using phone = await startLinphone(join(folder, "home"));
			for (const line of [...CODECS_BEFORE_PCMU, `play ${spoken}`]) phone.type(line);
			await phone.ask(`call sip:${number}@127.0.0.1:${platform.sipPort}`, /Media streams established/, 20_000);
			const before = await platform.counter("media", "packetsReceived");
			await until("seven seconds of it", 60_000, async () => {
				return (await platform.counter("media", "packetsReceived")) > before + 350;
			});
			await phone.ask("terminate", /ended/, 20_000);
			const [message] = await platform.messages(number, 1);
			expect(likenessOf(await platform.audio(message!.MessageId))).toBeGreaterThan(0.99);

			phone.type(`record ${heard}`);
			await phone.ask(`call sip:*86@127.0.0.1:${platform.sipPort}`, /Media streams established/, 20_000);
			await phone.press(`${number.slice(1)}#${PIN}#`);
			await until("the message to be heard", 60_000, async () => {
				return (await platform.messages(number, 1)).some((one) => one.Status === "Heard");
			});
			await phone.ask("terminate", /ended/, 20_000);
		}
		expect(likenessOf(await readWav(heard))).toBeGreaterThan(0.9);
	});
});

/** The median of half a second each: a phone on a busy machine drops or repeats a little. */
function likenessOf(heard: Int16Array): number {
	const length = RATE_HZ / 2;
	const pieces = Array.from({ length: SPEECH.length / length }, (_, i) =>
		SPEECH.subarray(i * length, (i + 1) * length),
	);
	const likenesses = pieces.map((piece) => match(piece, heard).correlation).sort((a, b) => a - b);
	return likenesses[Math.floor(likenesses.length / 2)]!;
}

/** One channel, at 8,000 Hz: each sample the mean of those it stands for. */
async function readWav(name: string): Promise<Int16Array> {
	const file = await readFile(name);
	const step = file.readUInt32LE(24) / RATE_HZ;
	const samples = (at: number) => file.readInt16LE(44 + 2 * at);
	return Int16Array.from({ length: Math.floor((file.length - 44) / (2 * step)) }, (_, i) => {
		let sum = 0;
		for (let k = 0; k < step; k++) sum += samples(i * step + k);
		return Math.round(sum / step);
	});
}
