/** Telephone audio in and out: SDP, RTP sessions in worker threads, recording log, codecs, DTMF, WAV. */
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
	ulawToAlaw,
	ulawToPcm,
} from "./codec/g711.ts";
export { type AudioLevel, FLOOR_DBFS, measureLevel, measurePcm } from "./codec/level.ts";
export { makeBeep, makeTone, type ToneOptions } from "./codec/tone.ts";
export { MediaError, type MediaFailureCode } from "./failures.ts";
export { MEDIA_LIMITS } from "./limits.ts";
export { startMedia } from "./media.ts";
export { acceptAnswer, answerOffer, makeOffer } from "./sdp/index.ts";
export type * from "./types.ts";
export { decodeWav, encodeWav, type WavDecodeOptions, WavError, type WavForm } from "./wav/index.ts";
