/** All migrations in their order; a released one is never edited or removed. */
import type { Migration } from "kysely/migration";
import * as spine from "./0001-spine.ts";
import * as accounts from "./0002-accounts.ts";
import * as numbers from "./0003-numbers.ts";
import * as webhooks from "./0004-webhooks.ts";
import * as routing from "./0005-routing.ts";
import * as rateLimits from "./0006-rate-limits.ts";
import * as lamps from "./0007-lamps.ts";
import * as subscriberNumbers from "./0008-subscriber-numbers.ts";
import * as tallies from "./0009-tallies.ts";
import * as attestation from "./0011-attestation.ts";
import * as phones from "./0012-phones.ts";
import * as wideband from "./0013-wideband.ts";

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
	"0001-spine": spine,
	"0002-accounts": accounts,
	"0003-numbers": numbers,
	"0005-routing": routing,
	"0006-rate-limits": rateLimits,
	"0004-webhooks": webhooks,
	"0007-lamps": lamps,
	"0008-subscriber-numbers": subscriberNumbers,
	"0009-tallies": tallies,
	"0012-phones": phones,
	"0013-wideband": wideband,
	"0011-attestation": attestation,
};
