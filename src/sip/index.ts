export { startSipUserAgent } from "./agent/start.ts";
export { SIP_LIMITS } from "./limits.ts";
export { parseNameAddr } from "./message/name-addr.ts";
export { parseHeaderParams } from "./message/params.ts";
export { unescapePercent } from "./message/text.ts";
export { parseUri } from "./message/uri.ts";
export { parseListenAddress } from "./transport/addresses.ts";
export { checkTls } from "./transport/tls.ts";
export type * from "./types.ts";
