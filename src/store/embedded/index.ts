export { tryLock } from "./lock-file.ts";
export {
	type EmbeddedPostgres,
	type EmbeddedPostgresOptions,
	type ServerAddress,
	startEmbeddedPostgres,
} from "./server.ts";
