export { accountFor } from "./account-for.ts";
export {
	type AccountFields,
	type Accounts,
	type AccountView,
	ADDRESS_PARTS,
	createAccounts,
	type PostalAddress,
} from "./accounts.ts";
export { type AdoptedNumber, type Adoption, adoptNumbers } from "./adopt-numbers.ts";
export { type AuditEntry, type AuditFilter, type AuditView, audit, eraseAudit, readAudit } from "./audit.ts";
export { normalisedPath } from "./endpoint-scope.ts";
export {
	type EventCounts,
	type EventFact,
	type EventSource,
	emit,
	emitOrder,
	eraseEvents,
	eraseToldEvents,
	subscriptionsOfAccount,
	subscriptionsOfNumber,
} from "./events.ts";
export { createKeptAnswers, type KeptAnswers, type OnceRequest } from "./kept-answers.ts";
export { createKeys, type Keys, type KeyView, type NewSecret } from "./keys.ts";
export { DIRECTORY_LIMITS } from "./limits.ts";
export { deriveKey, type KeyPurpose, loadMasterKey } from "./master-key.ts";
export { swapsLeft } from "./number-row.ts";
export { createNumbers, type NumbersNeeds } from "./numbers.ts";
export { createOperators, hasOperator } from "./operators.ts";
export {
	assertE164,
	LIVE_STATUSES,
	type NumberHolder,
	numberNotFound,
	type OwnedNumber,
	ownedHolder,
	ownedNumber,
} from "./owned-number.ts";
export {
	createPhones,
	forgetPhones,
	movePhones,
	type NewPhone,
	type PhoneCredentials,
	type Phones,
	type PhoneView,
} from "./phones.ts";
export { createRateLeases, type Lease, type RateLeases, type RateRule } from "./rate-leases.ts";
export { createSigningKeys, type SigningKeys, type SigningKeyView } from "./signing-keys.ts";
export { type SubscriberOfNumber, subscriberOfNumber, subscribersOfNumbers } from "./subscriber-numbers.ts";
export {
	createSubscribers,
	ROLES,
	type Role,
	type Subscribers,
	type SubscribersNeeds,
	type SubscriberView,
} from "./subscribers.ts";
export { createTokens, type TokensNeeds } from "./tokens.ts";
export type * from "./types.ts";
export { createWebhookOutbox, type WebhookOutboxNeeds } from "./webhooks/outbox.ts";
export * from "./webhooks/types.ts";
export { createWebhooks, type WebhooksNeeds } from "./webhooks/webhooks.ts";
