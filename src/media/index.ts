/** Telephone audio in and out: SDP, RTP sessions in worker threads, recording log, codecs, DTMF, WAV. */
export { G711_CODECS, WIRE_CODECS } from "./codec/index.ts";
export { MediaError, type MediaFailureCode } from "./failures.ts";
export { MEDIA_LIMITS } from "./limits.ts";
export { startMedia } from "./media.ts";
export { acceptAnswer, answerOffer, makeOffer } from "./sdp/index.ts";
export { OwnSrtpKeys } from "./srtp/index.ts";
export type * from "./types.ts";
