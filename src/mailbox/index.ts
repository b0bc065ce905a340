export type * from "./call-types.ts";
export { createMailboxes, type MailboxesOptions } from "./create.ts";
export { lineProblem } from "./import.ts";
export { MAILBOX_LIMITS } from "./limits.ts";
export { moveMailboxes } from "./move.ts";
export type * from "./types.ts";
