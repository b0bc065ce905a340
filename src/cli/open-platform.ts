/**
 * What the commands work with: the running platform's database, or, where the platform is down, the embedded server for
 * the command's own time. A data folder is never made here.
 */
import { existsSync } from "node:fs";
import type { Config } from "../config/index.ts";
import {
	type Accounts,
	audit,
	createAccounts,
	createKeptAnswers,
	createKeys,
	createNumbers,
	createOperators,
	createPhones,
	createSigningKeys,
	createSubscribers,
	createWebhooks,
	type KeptAnswers,
	type Keys,
	loadMasterKey,
	type Numbers,
	type Operators,
	type Phones,
	type SigningKeys,
	type Subscribers,
	type Webhooks,
} from "../directory/index.ts";
import { Failure, systemClock } from "../domain/index.ts";
import { createMailboxes, type Mailboxes, moveMailboxes } from "../mailbox/index.ts";
import { createWebhookSender } from "../notify/index.ts";
import { numberHooks } from "../platform/number-hooks.ts";
import { openLog } from "../platform/open-log.ts";
import { webhookPolicy } from "../platform/room-settings.ts";
import { createRouting, namedRoutes, type Routing } from "../routing/index.ts";
import { openStore, type Store } from "../store/index.ts";
import { VERSION } from "./version.ts";

export interface Opened {
	readonly store: Store;
	readonly mailboxes: Mailboxes;
	readonly numbers: Numbers;
	readonly operators: Operators;
	readonly accounts: Accounts;
	readonly subscribers: Subscribers;
	readonly phones: Phones;
	readonly keys: Keys;
	readonly keptAnswers: KeptAnswers;
	readonly signingKeys: SigningKeys;
	readonly routing: Routing;
	readonly webhooks: Webhooks;
}

/** A command asks one thing at a time. */
const CONNECTIONS_MAX = 2;

export async function openPlatform(config: Config, stack: AsyncDisposableStack): Promise<Opened> {
	if (config.databaseUrl === undefined && !existsSync(config.dataFolder)) {
		throw new Failure(
			"notFound",
			`There is no data folder ${config.dataFolder}.`,
			"Name it with --data DIR or AFTERBEEP_DATA, or make one by a first `afterbeep start`.",
		);
	}
	// Remarks of the store (a server started for this command) are of no use to the reader of a result.
	const log = openLog({ level: "error", output: process.stderr, env: process.env });
	const store = stack.use(
		await openStore({
			databaseUrl: config.databaseUrl,
			databaseDirectUrl: config.databaseDirectUrl,
			dataFolder: config.dataFolder,
			blobs: config.blobs,
			worker: false,
			connectionsMax: CONNECTIONS_MAX,
			createIfMissing: false,
			log,
		}),
	);
	const masterKey = await loadMasterKey({ file: config.masterKeyFile, dataFolder: config.dataFolder, create: false });
	const clock = systemClock;
	const operators = createOperators({ store, masterKey, clock });
	const mailboxes = createMailboxes({
		store,
		clock,
		log,
		masterKey,
		defaults: { timeZone: config.timeZone, language: config.language },
	});
	const policy = webhookPolicy(config);
	const { send } = stack.use(createWebhookSender({ policy, clock, userAgent: `Afterbeep/${VERSION}` }));
	return {
		store,
		numbers: createNumbers({ store, clock, findRoutes: namedRoutes, hooks: numberHooks(mailboxes.numberHooks) }),
		operators,
		mailboxes,
		accounts: createAccounts({ store, clock }),
		subscribers: createSubscribers({ store, clock, moveMailboxes }),
		phones: createPhones({ store, masterKey, clock }),
		keys: createKeys({ store, masterKey, clock }),
		keptAnswers: createKeptAnswers({ store, clock }),
		signingKeys: createSigningKeys({ store, masterKey, clock }),
		routing: createRouting({ store, clock, directory: { accountFor: operators.accountFor, audit } }),
		webhooks: createWebhooks({ store, masterKey, clock, policy, send }),
	};
}
