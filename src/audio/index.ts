/** Telephone audio as numbers: G.711, levels, tones, WAV files. Pure; knows no socket, no thread and no voicemail. */
export {
	alawToPcm,
	alawToUlaw,
	decodeG711,
	encodeG711,
	pcmToAlaw,
	pcmToUlaw,
	SILENCE_OCTET,
	shareAudio,
	transcode,
	transcodeTable,
	ulawToAlaw,
	ulawToPcm,
} from "./g711.ts";
export * from "./level.ts";
export { AUDIO_LIMITS } from "./limits.ts";
export type { TelephoneAudio, TelephoneEncoding } from "./telephone-audio.ts";
export { makeBeep, makeTone, type ToneOptions } from "./tone.ts";
export { decodeWav, encodeWav, type WavDecodeOptions, WavError, type WavForm } from "./wav/index.ts";
