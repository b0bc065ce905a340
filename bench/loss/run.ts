/**
 * Speech over a network that loses packets at random and delays each by another time: how near the recording is to what
 * was said, beside a plain receiver that puts silence for whatever is missing. Simulated time, seeded: the same figures
 * on every machine.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeG711, decodeWav } from "../../src/audio/index.ts";
import { type BadNetwork, hearOver, segmentalSnrDb } from "../../test/support/lossy-call.ts";
import { printTable } from "../support/figures.ts";

const SEEDS = [1, 2, 3, 4, 5];
const FEWER_DB_MIN = 2;
/** What a plain receiver of the field waits for a packet. */
const PLAIN_WAIT_MS = 40;

export async function lossBench(): Promise<void> {
	const speech = promptSpeech();
	const rows = [];
	let worst = Number.POSITIVE_INFINITY;
	for (const [lossPercent, jitterMs] of [
		[5, 0],
		[5, 60],
		[10, 60],
		[20, 60],
	] as const) {
		const figures = SEEDS.map((seed) => measure(speech, { seed, lossPercent, jitterMs, plainWaitMs: PLAIN_WAIT_MS }));
		const mean = (pick: (one: (typeof figures)[number]) => number): number =>
			figures.reduce((sum, one) => sum + pick(one), 0) / figures.length;
		const concealed = mean((one) => one.concealedDb);
		const whole = mean((one) => one.oursDb) - mean((one) => one.plainDb);
		if (lossPercent === 5) worst = Math.min(worst, ...figures.map((one) => one.concealedDb));
		rows.push({
			"loss %": lossPercent,
			"jitter ms": jitterMs,
			"lost segments, dB over silence": concealed.toFixed(2),
			"all segments, ours dB": mean((one) => one.oursDb).toFixed(2),
			"plain dB": mean((one) => one.plainDb).toFixed(2),
			"better by dB": whole.toFixed(2),
		});
	}
	const seconds = (speech.length / 8000).toFixed(0);
	printTable(
		`loss: segmental SNR of ${seconds} s of speech, ${SEEDS.length} seeds; silence has 0 dB by definition`,
		rows,
	);
	console.log(
		`aim: lost segments at 5 % at least ${FEWER_DB_MIN} dB over silence; the worst seed has ${worst.toFixed(2)}`,
	);
	if (worst < FEWER_DB_MIN) process.exitCode = 1;
}

function measure(speech: Int16Array, network: BadNetwork) {
	const { sent, ours, plain, isLost } = hearOver(speech, network);
	return {
		concealedDb: segmentalSnrDb(sent, ours, isLost) - segmentalSnrDb(sent, plain, isLost),
		oursDb: segmentalSnrDb(sent, ours),
		plainDb: segmentalSnrDb(sent, plain),
	};
}

/** The platform's own prompts one after the other: the speech that is at hand everywhere. */
export function promptSpeech(): Int16Array {
	const folder = join(import.meta.dirname, "../../prompts/audio/en");
	const files = readdirSync(folder).filter((name) => name.endsWith(".wav"));
	const parts = files.sort().map((name) => decodeG711(decodeWav(readFileSync(join(folder, name)))));
	const pcm = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		pcm.set(part, at);
		at += part.length;
	}
	return pcm;
}
