export { type AuditEntry, type AuditFilter, type AuditView, audit, eraseAudit, readAudit } from "./audit.ts";
export { DIRECTORY_LIMITS } from "./limits.ts";
export { deriveKey, type KeyPurpose, loadMasterKey } from "./master-key.ts";
export { swapsLeft } from "./number-row.ts";
export { createNumbers, type NumbersNeeds } from "./numbers.ts";
export { createOperators } from "./operators.ts";
export { LIVE_STATUSES, numberNotFound, type OwnedNumber, ownedNumber } from "./owned-number.ts";
export { createTokens, type TokensNeeds } from "./tokens.ts";
export type * from "./types.ts";
