/** WAV files to telephone audio: PCM of 8 or 16 bits at any rate, mono or stereo; A-law and µ-law. */
import { alawToPcm, ulawToPcm } from "../g711.ts";
import { AUDIO_LIMITS } from "../limits.ts";
import { fromLinear, transcode } from "../linear.ts";
import { AUDIO_FORMS, NARROWBAND_HZ, type TelephoneEncoding } from "../telephone-audio.ts";
import { resample } from "./resample.ts";

/** The file cannot be used; `message` is one sentence for the person who sent it. */
export class WavError extends Error {
	override readonly name = "WavError";
}

export interface WavDecodeOptions<Encoding extends TelephoneEncoding = TelephoneEncoding> {
	/** µ-law by default. What is so already, at its rate, passes through bit-exact. */
	readonly encoding?: Encoding;
	/** Longer audio is refused. */
	readonly maxMs?: number;
}

const FORMAT_PCM = 1;
const FORMAT_ALAW = 6;
const FORMAT_ULAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;

interface Format {
	readonly code: number;
	readonly channels: number;
	readonly rateHz: number;
	readonly bits: number;
}

/**
 * @param file a whole WAV file.
 * @throws WavError where it is none, is longer than allowed, or is of a form that is not listed above.
 */
export function decodeWav<Encoding extends TelephoneEncoding = "PCMU">(
	file: Uint8Array,
	options: WavDecodeOptions<Encoding> = {},
): { readonly encoding: Encoding; readonly samples: Uint8Array } {
	const encoding: TelephoneEncoding = options.encoding ?? "PCMU";
	if (file.length > AUDIO_LIMITS.wavBytesMax) {
		throw new WavError(`The WAV file has ${file.length} bytes; at most ${AUDIO_LIMITS.wavBytesMax} are taken.`);
	}
	const { format, data } = findChunks(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
	checkFormat(format);
	const frameBytes = (format.bits / 8) * format.channels;
	const frames = Math.floor(data.length / frameBytes);
	const maxMs = Math.min(options.maxMs ?? AUDIO_LIMITS.wavMsMax, AUDIO_LIMITS.wavMsMax);
	if ((frames * 1000) / format.rateHz > maxMs) {
		throw new WavError(`The WAV file is longer than ${maxMs / 1000} seconds.`);
	}
	const asIs = format.channels === 1 && format.rateHz === NARROWBAND_HZ;
	if (format.code !== FORMAT_PCM && asIs) {
		const samples = Uint8Array.from(data.subarray(0, frames));
		const audio = transcode({ encoding: format.code === FORMAT_ULAW ? "PCMU" : "PCMA", samples }, encoding);
		return { encoding: encoding as Encoding, samples: audio.samples };
	}
	const { rateHz } = AUDIO_FORMS[encoding];
	const pcm = resample(toMono(data, frames, format), format.rateHz, rateHz);
	return { encoding: encoding as Encoding, samples: fromLinear({ rateHz, pcm }, encoding).samples };
}

function findChunks(file: Buffer): { format: Format; data: Buffer } {
	if (file.length < 12 || file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WAVE") {
		throw new WavError("This is not a WAV file: it does not begin with RIFF and WAVE.");
	}
	let format: Format | undefined;
	let at = 12;
	for (let count = 0; at + 8 <= file.length; count++) {
		if (count >= AUDIO_LIMITS.wavChunksMax) throw new WavError("The WAV file has too many chunks.");
		const id = file.toString("latin1", at, at + 4);
		const size = file.readUInt32LE(at + 4);
		const body = at + 8;
		if (id === "fmt ") format = readFormat(file.subarray(body, body + size));
		if (id === "data") {
			if (format === undefined) throw new WavError("The WAV file has its data before its format.");
			// Programs that write into a pipe leave the size open, as 0 or 0xffffffff; then the data goes to the end.
			const end = size === 0 || body + size > file.length ? file.length : body + size;
			return { format, data: file.subarray(body, end) };
		}
		at = body + size + (size & 1);
	}
	throw new WavError("The WAV file has no audio data.");
}

function readFormat(body: Buffer): Format {
	if (body.length < 16) throw new WavError("The WAV file's format chunk is too short.");
	let code = body.readUInt16LE(0);
	// WAVE_FORMAT_EXTENSIBLE: the true code is the first field of the sub-format's GUID.
	if (code === FORMAT_EXTENSIBLE && body.length >= 26) code = body.readUInt16LE(24);
	return { code, channels: body.readUInt16LE(2), rateHz: body.readUInt32LE(4), bits: body.readUInt16LE(14) };
}

function checkFormat({ code, channels, rateHz, bits }: Format): void {
	const linear = code === FORMAT_PCM && (bits === 16 || bits === 8);
	const companded = (code === FORMAT_ALAW || code === FORMAT_ULAW) && bits === 8;
	if (!linear && !companded) {
		throw new WavError(`WAV format ${code} with ${bits} bits is not supported; use 16-bit PCM, A-law or µ-law.`);
	}
	if (channels !== 1 && channels !== 2) {
		throw new WavError(`The WAV file has ${channels} channels; one or two are supported.`);
	}
	if (rateHz < AUDIO_LIMITS.wavRateHzMin || rateHz > AUDIO_LIMITS.wavRateHzMax) {
		throw new WavError(
			`The WAV file has ${rateHz} Hz; ${AUDIO_LIMITS.wavRateHzMin} to ${AUDIO_LIMITS.wavRateHzMax} are supported.`,
		);
	}
}

function toMono(data: Buffer, frames: number, { code, channels, bits }: Format): Int16Array {
	const companded = code === FORMAT_ULAW ? ulawToPcm : alawToPcm;
	const sampleAt = (index: number): number => {
		if (code !== FORMAT_PCM) return companded[data[index]!]!;
		return bits === 16 ? data.readInt16LE(2 * index) : (data[index]! - 128) << 8;
	};
	const pcm = new Int16Array(frames);
	for (let i = 0; i < frames; i++) {
		pcm[i] = channels === 1 ? sampleAt(i) : (sampleAt(2 * i) + sampleAt(2 * i + 1)) >> 1;
	}
	return pcm;
}
