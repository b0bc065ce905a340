export { type Announcer, type AnnouncerOptions, createAnnouncer } from "./announcer.ts";
export { createLamps, LAMP_EVENTS, type LampPeer, type Lamps, type LampsOptions } from "./lamps.ts";
export type * from "./message-summary.ts";
export type * from "./ports.ts";
