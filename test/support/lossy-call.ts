/**
 * A stream of G.711 over a bad network, heard by the receiver and the recorder of `media/` in simulated time; and the
 * same stream heard by a plain receiver, which takes what comes in time and puts silence for the rest. Pure, seeded.
 */
import { decodeG711, encodeG711, SILENCE_OCTET } from "../../src/audio/index.ts";
import { LogRecording } from "../../src/media/recording-log/recording.ts";
import { RtpReceiver } from "../../src/media/rtp/receiver.ts";
import { Recorder } from "../../src/media/session/recorder.ts";
import { seededRandom } from "./seeded-random.ts";

export interface BadNetwork {
	readonly seed: number;
	readonly lossPercent: number;
	/** Each packet is late by 0 to so much. */
	readonly jitterMs: number;
	/** The plain receiver waits so long for a packet. */
	readonly plainWaitMs: number;
}

export interface Heard {
	/** What was sent, after G.711. */
	readonly sent: Int16Array;
	readonly ours: Int16Array;
	readonly plain: Int16Array;
	/** Samples lost on the way, and those that came too late for the plain receiver beside them. */
	readonly isLost: Uint8Array;
	readonly isLate: Uint8Array;
}

const SAMPLES = 160;
const PACKET_MS = 20;

export function hearOver(pcm: Int16Array, network: BadNetwork): Heard {
	const { samples } = encodeG711(pcm, "PCMU");
	const random = seededRandom(network.seed);
	const count = Math.floor(samples.length / SAMPLES);
	const length = count * SAMPLES;
	const isLost = new Uint8Array(length);
	const isLate = new Uint8Array(length);
	const plain = new Uint8Array(length).fill(SILENCE_OCTET.PCMU);
	const arrivals: { readonly n: number; readonly atMs: number }[] = [];
	for (let n = 0; n < count; n++) {
		const from = n * SAMPLES;
		const end = from + SAMPLES;
		// The first packet comes, so that both begin at the same place.
		const lost = n > 0 && random.chance(network.lossPercent / 100);
		const lateMs = n === 0 ? 0 : random.next() * network.jitterMs;
		if (lost) isLost.fill(1, from, end);
		else arrivals.push({ n, atMs: n * PACKET_MS + lateMs });
		if (lost || lateMs > network.plainWaitMs) isLate.fill(1, from, end);
		else plain.set(samples.subarray(from, end), from);
	}
	arrivals.sort((a, b) => a.atMs - b.atMs);
	return {
		sent: decodeG711({ encoding: "PCMU", samples: samples.subarray(0, length) }),
		ours: decodeG711({ encoding: "PCMU", samples: recorded(samples, arrivals, length) }),
		plain: decodeG711({ encoding: "PCMU", samples: plain }),
		isLost,
		isLate,
	};
}

function recorded(
	samples: Uint8Array,
	arrivals: readonly { readonly n: number; readonly atMs: number }[],
	length: number,
): Uint8Array {
	const out = new Uint8Array(length).fill(SILENCE_OCTET.PCMU);
	const recording = new LogRecording({
		number: 0,
		recordingId: "heard",
		encoding: "PCMU",
		headerBody: Buffer.alloc(0),
		header: new Uint8Array(0),
		budget: { bytes: 0 },
		nowMs: 0,
	});
	const take = (nowMs: number): void => {
		for (const part of recording.take(nowMs)) out.set(part.octets.subarray(0, part.length), part.position);
		recording.taken();
	};
	const recorder = new Recorder(
		() => {},
		() => "PCMU",
	);
	const receiver = new RtpReceiver(recorder);
	recorder.start({ recording, maxMs: 3_600_000, silenceMs: 0 }, 0);
	let takenAtMs = 0;
	for (const { n, atMs } of arrivals) {
		receiver.idle(atMs);
		const from = n * SAMPLES;
		receiver.receive(n, n * SAMPLES, 1, 0, true, samples, from, from + SAMPLES, atMs);
		if (atMs - takenAtMs < 500) continue;
		takenAtMs = atMs;
		take(atMs);
	}
	receiver.flush(arrivals.at(-1)!.atMs);
	recorder.stop();
	take(0);
	return out;
}

/**
 * Segmental signal-to-noise ratio: the mean over segments of 20 ms that hold speech, each between -10 and 35 dB as is
 * the custom. Only segments that `within` marks, all of them where it is undefined.
 */
export function segmentalSnrDb(clean: Int16Array, heard: Int16Array, within?: Uint8Array): number {
	const speechEnergy = 32_768 ** 2 * 10 ** (-45 / 10) * SAMPLES;
	let sum = 0;
	let segments = 0;
	for (let from = 0; from + SAMPLES <= clean.length; from += SAMPLES) {
		if (within !== undefined && within[from] === 0) continue;
		let signal = 0;
		let noise = 1;
		for (let i = from; i < from + SAMPLES; i++) {
			signal += clean[i]! ** 2;
			noise += (clean[i]! - heard[i]!) ** 2;
		}
		if (signal < speechEnergy) continue;
		sum += Math.max(-10, Math.min(35, 10 * Math.log10(signal / noise)));
		segments++;
	}
	return segments === 0 ? Number.NaN : sum / segments;
}
