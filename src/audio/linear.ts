/**
 * Between octets at rest and linear samples. L16 stands in the byte order of every machine that Node runs on here
 * (x64, arm64), so that a view is enough where the octets are aligned.
 */
import { decodeG711, encodeG711, transcodeG711 } from "./g711.ts";
import { downsample, upsample } from "./halfband.ts";
import {
	AUDIO_FORMS,
	type G711Audio,
	type LinearAudio,
	type TelephoneAudio,
	type TelephoneEncoding,
	WIDEBAND_HZ,
} from "./telephone-audio.ts";

/** The samples of L16 octets: a view where they are aligned, else a copy. An odd octet at the end is left out. */
export function l16ToPcm(octets: Uint8Array): Int16Array {
	const count = octets.length >> 1;
	if ((octets.byteOffset & 1) === 0) return new Int16Array(octets.buffer, octets.byteOffset, count);
	return new Int16Array(octets.slice(0, 2 * count).buffer);
}

/** A view. */
export const pcmToL16 = (pcm: Int16Array): Uint8Array => new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);

export const isG711 = (audio: TelephoneAudio): audio is G711Audio => audio.encoding !== "L16";

/** Linear samples at the rate the audio has. Those of L16 may be a view: not to be written to. */
export function toLinear(audio: TelephoneAudio): LinearAudio {
	const { rateHz } = AUDIO_FORMS[audio.encoding];
	return { rateHz, pcm: isG711(audio) ? decodeG711(audio) : l16ToPcm(audio.samples) };
}

/** Audio in `encoding` of linear samples at either rate. */
export function fromLinear({ rateHz, pcm }: LinearAudio, encoding: TelephoneEncoding): TelephoneAudio {
	if (encoding === "L16") {
		return { encoding, samples: pcmToL16(rateHz === WIDEBAND_HZ ? pcm : upsample(pcm)) };
	}
	return encodeG711(rateHz === WIDEBAND_HZ ? downsample(pcm) : pcm, encoding);
}

/** The same audio in `encoding`; the very same object where it is so already. */
export function transcode(audio: TelephoneAudio, encoding: "PCMU" | "PCMA"): G711Audio;
export function transcode(audio: TelephoneAudio, encoding: TelephoneEncoding): TelephoneAudio;
export function transcode(audio: TelephoneAudio, encoding: TelephoneEncoding): TelephoneAudio {
	if (audio.encoding === encoding) return audio;
	if (isG711(audio) && encoding !== "L16") return transcodeG711(audio, encoding);
	return fromLinear(toLinear(audio), encoding);
}

/** The same audio backed by shared memory, so that `play` hands it to a worker without a copy. */
export function shareAudio(audio: TelephoneAudio): TelephoneAudio {
	if (audio.samples.buffer instanceof SharedArrayBuffer) return audio;
	const samples = new Uint8Array(new SharedArrayBuffer(audio.samples.length));
	samples.set(audio.samples);
	return { encoding: audio.encoding, samples };
}
