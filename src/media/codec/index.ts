export { NO_OPUS_WISHES, OPUS_FMTP, type OpusWishes, opusTicks, parseOpusFmtp } from "./opus.ts";
export { makeDecoder, makeEncoder, type PacketDecoder, type PacketEncoder } from "./packets.ts";
export { G711_CODECS, ticksPerMs, WIRE_CODECS, WIRE_FORMS, type WireCodec, type WireForm } from "./wire-codecs.ts";
