/** All migrations in their order; a released one is never edited or removed. */
import type { Migration } from "kysely/migration";
import * as spine from "./0001-spine.ts";

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
	"0001-spine": spine,
};
