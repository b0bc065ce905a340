export { decodeWav, type WavDecodeOptions, WavError } from "./decode.ts";
export { encodeWav, type WavForm } from "./encode.ts";
