export { lockDataFolder } from "./data-folder-lock.ts";
export {
	type EmbeddedPostgres,
	type EmbeddedPostgresOptions,
	type ServerAddress,
	startEmbeddedPostgres,
} from "./embedded/index.ts";
export { type GatheredReading, gathered } from "./gathered.ts";
export { JOB_POLICIES, type JobPolicy } from "./jobs/policies.ts";
export { STORE_LIMITS } from "./limits.ts";
export { openStore } from "./open.ts";
export { type Prepared, prepared } from "./prepared.ts";
export type * from "./schema.ts";
export type * from "./schema-lamps.ts";
export type * from "./schema-routing.ts";
export type * from "./schema-webhooks.ts";
export type * from "./types.ts";
