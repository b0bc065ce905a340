export type * from "./call-types.ts";
export { createMailboxes, type MailboxesOptions } from "./create.ts";
export { MAILBOX_LIMITS } from "./limits.ts";
export type * from "./types.ts";
