/**
 * The composition root: builds the platform from its rooms. Reads top to bottom, closes bottom to top: first the calls
 * end, then HTTP, then jobs, then the store, last the lock of the data folder.
 */
import path from "node:path";
import { type Calls, startCalls } from "./calls/index.ts";
import { VERSION } from "./cli/version.ts";
import { type Config, printListenAddress, readTextFile } from "./config/index.ts";
import {
	audit,
	createAccounts,
	createKeptAnswers,
	createKeys,
	createNumbers,
	createOperators,
	createRateLeases,
	createSubscribers,
	createTokens,
	createWebhookOutbox,
	createWebhooks,
	deriveKey,
	hasOperator,
	loadMasterKey,
	type Numbers,
	type Operators,
	type SendWebhook,
} from "./directory/index.ts";
import { type Clock, Failure, type Log, numberMask, systemClock } from "./domain/index.ts";
import type { HttpServer, Metrics, Readiness } from "./http/index.ts";
import { LAMP_EVENTS, type Lamps } from "./lamps/index.ts";
import { createMailboxes, moveMailboxes } from "./mailbox/index.ts";
import { type Media, startMedia } from "./media/index.ts";
import { createEmailNotifier, createWebhookNotifier, createWebhookSender, openOutbox } from "./notify/index.ts";
import { startAdminServer } from "./platform/admin-server.ts";
import { createCallTraces } from "./platform/call-traces.ts";
import { firstStartText, writeCredentials } from "./platform/first-start.ts";
import { listening } from "./platform/listening.ts";
import { numberHooks } from "./platform/number-hooks.ts";
import { openLamps } from "./platform/open-lamps.ts";
import { openLookup } from "./platform/open-lookup.ts";
import { openPeers, type PeersInForce } from "./platform/peers.ts";
import { PROMPTS_FOLDER } from "./platform/prompts-folder.ts";
import { callSettings, httpSettings, mediaOptions, storeOptions, webhookPolicy } from "./platform/room-settings.ts";
import { readSipTls, watchSipTls } from "./platform/sip-tls.ts";
import { keepStatusFile } from "./platform/status-file.ts";
import { startDueNumbers, startEventPurge, startPurge } from "./platform/upkeep.ts";
import { createCallRules, createRouting, namedRoutes } from "./routing/index.ts";
import { type SipUserAgent, startSipUserAgent } from "./sip/index.ts";
import { loadPrompts, type PromptLibrary } from "./speech/index.ts";
import { lockDataFolder, openStore, type Store } from "./store/index.ts";

export interface StartOptions {
	readonly log: Log;
	/** Told what a person must see once: the credentials of a first start. Never part of the log. */
	announce(text: string): void;
}

export interface Running {
	/** Drains, then closes everything that `start` opened. */
	stop(): Promise<void>;
	/** Ends the draining of a `stop` at once. */
	hurry(): void;
	/** Reads again what may change while the platform runs: the peers file. */
	reload(): void;
}

/** The parts that come and go while the platform runs; readiness and metrics look at them. */
interface Parts {
	http?: HttpServer;
	sip?: SipUserAgent;
	calls?: Calls;
	lamps?: Pick<Lamps, "counters">;
	media?: Media;
	peers?: PeersInForce;
	draining: boolean;
}

type AllMailboxes = ReturnType<typeof createMailboxes>;

/**
 * Starts the roles of the configuration.
 *
 * @throws Failure for what the reader can mend: settings, ports, data folder, database. What was opened is closed.
 */
export async function start(config: Config, options: StartOptions): Promise<Running> {
	await using opened = new AsyncDisposableStack(); // a failure half-way closes what was opened
	const { log } = options;
	const clock = systemClock;
	const startedOn = clock.now();
	const parts: Parts = { draining: false };
	opened.use(lockDataFolder(config.dataFolder));
	const asked = config.roles.has("sip") || (config.roles.has("api") && config.lookup !== undefined);
	const peers = asked ? openPeers(config, { readFile: readTextFile, log }) : undefined;
	// Read while the database starts: both take about as long.
	const prompts = config.roles.has("sip") ? loadPrompts(PROMPTS_FOLDER, { language: config.language }) : undefined;
	prompts?.catch(() => {}); // told where it is awaited
	const store = opened.use(await openStore(storeOptions(config, log)));
	const masterKey = await loadMasterKey({
		file: config.masterKeyFile,
		dataFolder: config.dataFolder,
		create: config.databaseUrl === undefined && !(await hasOperator(store)),
	});
	const operators = createOperators({ store, masterKey, clock });
	await makeFirstOperator(config, operators, options);
	const tokens = createTokens({ db: store.db, masterKey, clock, tokenMinutes: config.tokenMinutes });
	await tokens.prepare();
	const defaults = { timeZone: config.timeZone, language: config.language };
	const mailboxes = createMailboxes({ store, masterKey, clock, log, defaults });
	const numbers = createNumbers({ store, clock, findRoutes: namedRoutes, hooks: numberHooks(mailboxes.numberHooks) });
	const accountFor: typeof operators.accountFor = (who, accountId) => operators.accountFor(who, accountId);
	const routing = createRouting({ store, clock, directory: { accountFor, audit } });
	const policy = webhookPolicy(config);
	const { send } = opened.use(createWebhookSender({ policy, clock, userAgent: `Afterbeep/${VERSION}` }));

	if (config.roles.has("worker")) {
		await startWorker(config, { store, mailboxes, numbers, masterKey, send, clock, log }, opened);
	}
	if (prompts !== undefined && peers !== undefined) {
		parts.peers = peers;
		const needs = { store, mailboxes, prompts: await prompts, peers, masterKey, clock, log };
		await startTelephony(config, parts, needs, opened);
	}
	const metrics = await startMetrics(config, parts, opened);
	if (config.roles.has("api") && peers !== undefined) {
		opened.use(await openLookup(config, { store, peers, masterKey, clock, log }));
	}
	if (config.roles.has("api") && metrics !== undefined) {
		const { startHttp } = await import("./http/index.ts");
		parts.http = opened.use(
			await listening([{ variable: "AFTERBEEP_HTTP", transport: "tcp", ...config.http }], () =>
				startHttp(config.http, {
					tokens,
					numbers,
					operators,
					accounts: createAccounts({ store, clock }),
					subscribers: createSubscribers({ store, clock, moveMailboxes }),
					keys: createKeys({ store, masterKey, clock }),
					keptAnswers: createKeptAnswers({ store, clock }),
					mailboxes,
					webhooks: createWebhooks({ store, masterKey, clock, policy, send }),
					routing,
					rateLeases: createRateLeases({ db: store.db, clock }),
					clock,
					log,
					version: VERSION,
					readiness: () => readiness(config, store, parts),
					metrics: config.admin === undefined ? metrics : metricsElsewhere(metrics),
					settings: httpSettings(config),
				}),
			),
		);
	}
	opened.use(await keepStatusFile(config.dataFolder, () => status(config, parts, startedOn, clock)));
	log.info(whatRuns(config, parts), `Afterbeep ${VERSION} is up`);

	const running = opened.move();
	const hurried = Promise.withResolvers<void>();
	return {
		hurry: () => hurried.resolve(),
		reload: () => peers?.reload(),
		stop: async () => {
			parts.draining = true;
			parts.sip?.setDraining(true);
			await Promise.race([parts.calls?.drain(config.drainSeconds * 1000), hurried.promise]);
			await running.disposeAsync();
			log.info({}, "stopped");
		},
	};
}

/** The room of HTTP is loaded only where somebody asks it something: a node of calls alone holds 17 MB less. */
async function startMetrics(config: Config, parts: Parts, opened: AsyncDisposableStack): Promise<Metrics | undefined> {
	const { admin, roles } = config;
	if (admin === undefined && !roles.has("api")) return undefined;
	const { createMetrics } = await import("./http/index.ts");
	const metrics = createMetrics();
	measure(metrics, parts);
	if (admin !== undefined) {
		const wanted = [{ variable: "AFTERBEEP_ADMIN", transport: "tcp", ...admin }] as const;
		opened.use(await listening(wanted, () => startAdminServer(admin, metrics)));
	}
	return metrics;
}

async function makeFirstOperator(config: Config, operators: Operators, { log, announce }: StartOptions): Promise<void> {
	const { accountKey, accountSecret } = config;
	const first = await operators.bootstrap({ accountKey, accountSecret });
	if (first === undefined) return;
	log.info({ accountKey: first.accountKey }, "first start: an operator was made, with 100 example numbers");
	// Who gave the secret knows it, and keeps it where it is meant to be.
	if (accountSecret !== undefined) return;
	const file = await writeCredentials(config.dataFolder, first);
	announce(firstStartText(first, config.publicUrl, file));
}

interface PlatformNeeds {
	readonly store: Store;
	readonly mailboxes: AllMailboxes;
	readonly clock: Clock;
	readonly log: Log;
}

interface WorkerNeeds extends PlatformNeeds {
	readonly numbers: Numbers;
	readonly masterKey: Uint8Array;
	readonly send: SendWebhook;
}

/** Blobs to delete at once: disks and object stores answer late, not often. */
const ERASE_CONCURRENCY = 4;

async function startWorker(config: Config, needs: WorkerNeeds, opened: AsyncDisposableStack): Promise<void> {
	const { store, mailboxes, numbers, masterKey, send, clock, log } = needs;
	const maildirFolder = path.join(config.dataFolder, "mail");
	const outbox = opened.use(await openOutbox({ smtpUrl: config.smtpUrl, maildirFolder, log }));
	const notifier = createEmailNotifier({
		mailboxes,
		store,
		outbox,
		mailFrom: config.mailFrom,
		accessNumber: config.accessNumbers[0],
		log,
	});
	await notifier.work();
	await store.jobs.work("blobs.erase", ERASE_CONCURRENCY, ({ blobKeys }) => mailboxes.eraseBlobs(blobKeys));
	const webhooks = createWebhookOutbox({ store, masterKey, clock });
	await createWebhookNotifier({ outbox: webhooks, jobs: store.jobs, send, clock, log }).work();
	opened.use(startPurge(mailboxes, log));
	opened.use(startEventPurge(webhooks, log));
	opened.use(startDueNumbers(numbers, log));
	log.info({ to: outbox.description }, "mail goes out");
}

interface TelephonyNeeds extends PlatformNeeds {
	readonly prompts: PromptLibrary;
	readonly peers: PeersInForce;
	readonly masterKey: Uint8Array;
}

async function startTelephony(
	config: Config,
	parts: Parts,
	needs: TelephonyNeeds,
	opened: AsyncDisposableStack,
): Promise<void> {
	const { store, mailboxes, prompts, peers, masterKey, clock, log } = needs;
	const media = opened.use(await startMedia(mediaOptions(config, log)));
	const calls = opened.use(
		await startCalls({
			settings: callSettings(config),
			mailboxes,
			rules: createCallRules({ db: store.db, clock, keptOut: config.filteredCalls, timeZone: config.timeZone }),
			traces: createCallTraces(store.db),
			media,
			prompts,
			clock,
			log,
			mask: numberMask(config.logNumbersFull),
		}),
	);
	// Before the first new call: an unfinished recording must not wait behind the traffic of a busy hour.
	const recovered = await calls.recoverRecordings();
	if (recovered > 0) log.warn({ recovered }, "recordings of an earlier run that had not ended well were kept");
	const { lamps, counters, start: startLamps } = openLamps(config, { store, mailboxes, clock, log });
	const tls = readSipTls(config);
	const wanted = config.sip.map((address) => ({ variable: "AFTERBEEP_SIP", ...address }));
	const sip = await listening(wanted, () =>
		startSipUserAgent({
			listen: config.sip,
			advertise: config.sipAdvertise,
			...(tls === undefined ? {} : { tls }),
			isTrusted: (address, certificateNames) => peers.trusts(address, certificateNames),
			peers,
			nonceKey: deriveKey(masterKey, "sip-nonce"),
			callsMax: config.callsMax,
			callsPerSecondMax: config.callsPerSecondMax,
			onCall: (call) => calls.take(call),
			replaces: true,
			subscriptions: { events: LAMP_EVENTS, onSubscribe: (subscribe) => lamps.take(subscribe) },
			log,
			userAgent: `Afterbeep/${VERSION}`,
		}),
	);
	opened.use(sip);
	if (tls !== undefined) opened.use(watchSipTls(config, sip, log));
	opened.use(await startLamps(sip));
	Object.assign(parts, { media, calls, sip, lamps: { counters } });
}

async function readiness(config: Config, store: Store, parts: Parts): Promise<Readiness> {
	const checks: Record<string, string> = {};
	try {
		await store.check();
		checks.store = "ok";
	} catch (error) {
		checks.store = error instanceof Failure ? error.message : "can not be used";
	}
	if (config.roles.has("sip")) checks.sip = parts.sip === undefined ? "not listening yet" : "ok";
	if (parts.draining) checks.draining = "the platform is stopping";
	return { ready: Object.values(checks).every((found) => found === "ok"), checks };
}

function measure(metrics: Metrics, parts: Parts): void {
	const rooms = {
		sip: () => parts.sip?.counters(),
		calls: () => parts.calls?.counters(),
		media: () => parts.media?.counters(),
		lamps: () => parts.lamps?.counters(),
	};
	for (const [room, read] of Object.entries(rooms)) {
		metrics.gauge(`afterbeep_${room}`, `Counters and gauges of the room ${room}, by name.`, ["name"], async () =>
			Object.entries((await read()) ?? {}).map(([name, value]) => ({ value, labels: { name } })),
		);
	}
}

function metricsElsewhere(metrics: Metrics): Metrics {
	return {
		...metrics,
		text: async () => {
			throw new Failure("notFound", "Metrics are served at the address of AFTERBEEP_ADMIN", "Ask there.");
		},
	};
}

function status(config: Config, parts: Parts, startedOn: Date, clock: Clock) {
	return {
		pid: process.pid,
		startedOn: startedOn.toISOString(),
		updatedOn: clock.now().toISOString(),
		roles: [...config.roles],
		http: parts.http?.url ?? null,
		sip: (parts.sip?.listening ?? []).map(printListenAddress),
		peersRefused: parts.peers?.refused ?? null,
		refusedSources: (parts.sip?.refusedSources() ?? []).map((source) => ({
			...source,
			lastSeen: source.lastSeen.toISOString(),
		})),
	};
}

function whatRuns(config: Config, parts: Parts): object {
	return {
		roles: [...config.roles].join(","),
		...(parts.http === undefined ? {} : { http: parts.http.url }),
		...(parts.sip === undefined ? {} : { sip: parts.sip.listening.map(printListenAddress).join(",") }),
		data: config.dataFolder,
	};
}
