export { type Caller, readCaller } from "./caller.ts";
export { type Calls, type CallsOptions, startCalls } from "./driver.ts";
export type { GreetingMode, GreetingSettings } from "./greeting.ts";
export type { ActiveCall, CallPeer, CallSettings, PeerCall } from "./house.ts";
export { CALL_LIMITS } from "./limits.ts";
export * from "./ports.ts";
export { DEFAULT_SOURCE_ORDER, isAccessNumber, type ResolverPolicy } from "./resolver.ts";
