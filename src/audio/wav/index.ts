export { decodeWav, type WavDecodeOptions, WavError } from "./decode.ts";
export { encodeWav, type WavForm, wavParts } from "./encode.ts";
