export { OwnSrtpKeys } from "./own-keys.ts";
export { SecureMedia } from "./secure-media.ts";
export type { SrtpKey } from "./streams.ts";
export { masterBytes, OFFERED_SUITES, SRTP_SUITE_NAMES, type SrtpSuite } from "./suites.ts";
