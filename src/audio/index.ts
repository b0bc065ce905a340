/** Telephone audio as numbers: G.711, G.722, levels, tones, rates, WAV files. Pure; knows no socket, no thread and no voicemail. */
export { conceal, concealMax, concealReach } from "./conceal.ts";
export {
	alawToPcm,
	alawToUlaw,
	decodeG711,
	encodeG711,
	pcmToAlaw,
	pcmToUlaw,
	SILENCE_OCTET,
	toG711Table,
	toPcmTable,
	transcodeTable,
	ulawToAlaw,
	ulawToPcm,
} from "./g711.ts";
export { G722Decoder, G722Encoder } from "./g722.ts";
export { downsample, downsampleAt, HALFBAND_REACH, upsample, upsampleAt } from "./halfband.ts";
export { KeypadToneDetector } from "./keypad-tones.ts";
export { letGo } from "./let-go.ts";
export * from "./level.ts";
export { AUDIO_LIMITS } from "./limits.ts";
export { fromLinear, isG711, l16ToPcm, pcmToL16, shareAudio, toLinear, transcode } from "./linear.ts";
export { normaliseLevel, PLAYBACK_LEVEL, playbackGainDb, speechLevelDbfs } from "./loudness.ts";
export * from "./telephone-audio.ts";
export { makeBeep, makeTone, type ToneOptions } from "./tone.ts";
export { END_TRIM, type TrimOptions, trimEnd } from "./trim.ts";
export { decodeWav, encodeWav, type WavDecodeOptions, WavError, type WavForm, wavParts } from "./wav/index.ts";
