/** Brings a recording into the form all prompts share: no silence at the ends, one loudness, soft edges. Pure. */

const RATE_HZ = 8000;
const FULL_SCALE = 32_768;
const FRAME_SAMPLES = RATE_HZ / 50;

/** About the level of speech on a telephone line (-20 dBFS is some -17 dBm0). */
const SPEECH_RMS_DBFS = -20;
/** A frame counts as speech within so much of the loudest one. */
const SPEECH_RANGE_DB = 30;
/** Sound at the ends is kept down to so much below the loudest frame: an "f" is that soft. */
const TRIM_RANGE_DB = 42;
const TRIM_FRAME_SAMPLES = 40;
const TRIM_MARGIN_MS = 10;
const PEAK_DBFS_MAX = -2;
const FADE_IN_MS = 6;
const FADE_OUT_MS = 12;
/** A bare tone hides no edge, so its own are softer. */
const TONE_FADE_MS = 20;

const amplitude = (db: number): number => 10 ** (db / 20);

/** Root mean square of one frame, full scale = 1. */
function frameRms(samples: ArrayLike<number>, from: number, to: number): number {
	let sum = 0;
	for (let i = from; i < to; i++) sum += samples[i]! ** 2;
	return Math.sqrt(sum / Math.max(1, to - from));
}

function framesOf(samples: ArrayLike<number>, size: number): number[] {
	const frames: number[] = [];
	for (let at = 0; at < samples.length; at += size) {
		frames.push(frameRms(samples, at, Math.min(samples.length, at + size)));
	}
	return frames;
}

/** Root mean square over the frames that hold speech, full scale = 1. */
export function speechRms(samples: ArrayLike<number>): number {
	const frames = framesOf(samples, FRAME_SAMPLES);
	const threshold = Math.max(...frames) * amplitude(-SPEECH_RANGE_DB);
	const speech = frames.filter((rms) => rms >= threshold);
	return Math.sqrt(speech.reduce((sum, rms) => sum + rms ** 2, 0) / speech.length);
}

function trim(samples: Float64Array): Float64Array {
	const frames = framesOf(samples, TRIM_FRAME_SAMPLES);
	const threshold = Math.max(...frames) * amplitude(-TRIM_RANGE_DB);
	const margin = (TRIM_MARGIN_MS * RATE_HZ) / 1000;
	const first = frames.findIndex((rms) => rms >= threshold) * TRIM_FRAME_SAMPLES;
	const last = (frames.findLastIndex((rms) => rms >= threshold) + 1) * TRIM_FRAME_SAMPLES;
	return samples.slice(Math.max(0, first - margin), last + margin);
}

/** Levels, and bends the few highest peaks instead of lowering the whole: two rounds settle what bending takes away. */
function level(samples: Float64Array): Float64Array {
	const ceiling = amplitude(PEAK_DBFS_MAX);
	const knee = ceiling / 2;
	const bend = (x: number): number => {
		const size = Math.abs(x);
		if (size <= knee) return x;
		return Math.sign(x) * (knee + (ceiling - knee) * Math.tanh((size - knee) / (ceiling - knee)));
	};
	let out = samples;
	for (let round = 0; round < 2; round++) {
		const gain = amplitude(SPEECH_RMS_DBFS) / speechRms(out);
		out = out.map((x) => bend(x * gain));
	}
	return out;
}

/** Raised cosine at both ends, from zero and back to zero. */
function fade(samples: Float64Array, inMs = FADE_IN_MS, outMs = FADE_OUT_MS): Float64Array {
	const [fadeIn, fadeOut] = [(inMs * RATE_HZ) / 1000, (outMs * RATE_HZ) / 1000];
	const ramp = (i: number, length: number): number => (i >= length ? 1 : (1 - Math.cos((Math.PI * i) / length)) / 2);
	return samples.map((x, i) => x * ramp(i, fadeIn) * ramp(samples.length - 1 - i, fadeOut));
}

/**
 * @param linear 8 kHz samples, -32768 to 32767.
 * @param gapMs silence put behind.
 */
export function shape(linear: Int16Array, gapMs: number): Int16Array {
	const spoken = fade(level(trim(Float64Array.from(linear, (x) => x / FULL_SCALE))));
	const out = new Int16Array(spoken.length + (gapMs * RATE_HZ) / 1000);
	out.set(Int16Array.from(spoken, (x) => Math.round(x * (FULL_SCALE - 1))));
	return out;
}

/** A sine at the level of speech, with soft edges. */
export function tone(frequencyHz: number, ms: number): Int16Array {
	const peak = amplitude(SPEECH_RMS_DBFS) * Math.SQRT2;
	const wave = Float64Array.from({ length: (ms * RATE_HZ) / 1000 }, (_, i) => {
		return peak * Math.sin((2 * Math.PI * frequencyHz * i) / RATE_HZ);
	});
	return Int16Array.from(fade(wave, TONE_FADE_MS, TONE_FADE_MS), (x) => Math.round(x * (FULL_SCALE - 1)));
}

/** WAV: 16-bit PCM, mono, 8 kHz. */
export function encodePrompt(samples: Int16Array): Buffer {
	const header = Buffer.alloc(44);
	header.write("RIFF", 0, "latin1");
	header.writeUInt32LE(36 + samples.byteLength, 4);
	header.write("WAVEfmt ", 8, "latin1");
	header.writeUInt32LE(16, 16);
	header.writeUInt16LE(1, 20);
	header.writeUInt16LE(1, 22);
	header.writeUInt32LE(RATE_HZ, 24);
	header.writeUInt32LE(RATE_HZ * 2, 28);
	header.writeUInt16LE(2, 32);
	header.writeUInt16LE(16, 34);
	header.write("data", 36, "latin1");
	header.writeUInt32LE(samples.byteLength, 40);
	return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}
