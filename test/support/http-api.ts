/** The whole HTTP side on real rooms and a real database, with one operator, its numbers and a clock that tests move. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { pino } from "pino";
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
	createWebhooks,
	type FirstOperator,
	type TargetPolicy,
} from "../../src/directory/index.ts";
import { createHttpApp, createMetrics, type HttpDeps, type HttpSettings } from "../../src/http/index.ts";
import { type CallMailboxes, createMailboxes, moveMailboxes } from "../../src/mailbox/index.ts";
import { createWebhookSender } from "../../src/notify/index.ts";
import { numberHooks } from "../../src/platform/number-hooks.ts";
import { createRouting, namedRoutes } from "../../src/routing/index.ts";
import type { Store } from "../../src/store/index.ts";
import { openTestStore } from "./store.ts";

/** AccountId of the contract's examples. */
export const EXAMPLE_ACCOUNT = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";
export const SECRET = "test-secret-7f3b1c9e-of-the-operator";

export interface Answer {
	readonly status: number;
	readonly body: Record<string, unknown>;
	readonly headers: LightMyRequestResponse["headers"];
}

export interface TestApi extends AsyncDisposable {
	readonly app: FastifyInstance;
	readonly deps: HttpDeps;
	readonly masterKey: Uint8Array;
	readonly store: Store;
	/** Mailboxes as calls see them. */
	readonly calls: CallMailboxes;
	readonly operator: FirstOperator;
	/** Every line logged so far, as JSON text. */
	readonly logLines: readonly string[];
	advance(ms: number): void;
	/** A token of the first operator. */
	token(endpoint?: string): Promise<string>;
	/** With a bearer token for everything. */
	post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
	get(path: string, headers?: Record<string, string>): Promise<Answer>;
	/** Provisions a number of the pool. */
	number(): Promise<string>;
}

export interface Given {
	/** Opened elsewhere, left open at the end; else one on a fresh database. */
	readonly store?: Store;
	readonly accountKey?: string;
	/** Where webhooks may lead to; public HTTPS alone where absent. */
	readonly webhookTargets?: TargetPolicy;
}

export async function openTestApi(settings: Partial<HttpSettings> = {}, given: Given = {}): Promise<TestApi> {
	await using opened = new AsyncDisposableStack();
	const store = given.store ?? opened.use(await openTestStore()).store;
	const masterKey = randomBytes(32);
	let nowMs = Date.now();
	const clock = { now: () => new Date(nowMs) };
	const logLines: string[] = [];
	const log = pino({ level: "debug" }, { write: (line) => void logLines.push(line) });

	const operators = createOperators({ store, masterKey, clock });
	const operator = await operators.bootstrap({ accountKey: given.accountKey, accountSecret: SECRET });
	if (operator === undefined) throw new Error("the test database has an operator already");
	const { distributorId } = operator;

	await addExampleRoutes(store);
	const defaults = { timeZone: "UTC", language: "en" };
	const mailboxes = createMailboxes({ store, masterKey, clock, log, defaults });
	const policy = given.webhookTargets ?? { privateTargets: false, plainHttp: false };
	// No test asks name servers; literals need none.
	const resolve = async () => Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
	const { send } = opened.use(createWebhookSender({ policy, clock, userAgent: "Afterbeep/test", resolve }));
	const deps: HttpDeps = {
		tokens: createTokens({ db: store.db, masterKey, clock, tokenMinutes: 10 }),
		numbers: createNumbers({ store, clock, findRoutes: namedRoutes, hooks: numberHooks(mailboxes.numberHooks) }),
		operators,
		mailboxes,
		accounts: createAccounts({ store, clock }),
		subscribers: createSubscribers({ store, clock, moveMailboxes }),
		keys: createKeys({ store, masterKey, clock }),
		keptAnswers: createKeptAnswers({ store, clock }),
		routing: createRouting({ store, clock, directory: { accountFor: operators.accountFor, audit } }),
		rateLeases: createRateLeases({ db: store.db, clock }),
		webhooks: createWebhooks({ store, masterKey, clock, policy, send }),
		clock,
		log,
		version: "1.2.3",
		readiness: async () => ({ ready: true, checks: { database: "ok" } }),
		metrics: createMetrics({ ofProcess: false }),
		settings: {
			publicUrl: "http://127.0.0.1:8080",
			rateLimitPerMinute: undefined,
			trustedProxies: [],
			requireApiEndpoint: false,
			...settings,
		},
	};
	const app = createHttpApp(deps);
	opened.defer(() => app.close());

	const token = async (endpoint?: string) => {
		const { token } = await deps.tokens.issue(operator.accountKey, SECRET, endpoint);
		return token;
	};
	const authorized = async (headers: Record<string, string>) =>
		"authorization" in headers ? headers : { authorization: `Bearer ${await token()}`, ...headers };
	const answer = (response: LightMyRequestResponse): Answer => ({
		status: response.statusCode,
		body: response.body === "" ? {} : JSON.parse(response.body),
		headers: response.headers,
	});
	const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
		answer(
			await app.inject({
				method: "POST",
				url: path,
				headers: { "content-type": "application/json", ...(await authorized(headers)) },
				payload: typeof body === "string" || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
			}),
		);
	const running = opened.move();
	return {
		app,
		deps,
		masterKey,
		store,
		calls: mailboxes,
		operator: { ...operator, accountId: EXAMPLE_ACCOUNT, distributorId },
		logLines,
		advance: (ms) => {
			nowMs += ms;
		},
		token,
		post,
		get: async (path, headers = {}) => answer(await app.inject({ url: path, headers: await authorized(headers) })),
		number: async () => {
			const { body } = await post("/v1.0/numbers/provision", PROVISION);
			return body.PhoneNumberAssigned as string;
		},
		[Symbol.asyncDispose]: () => running.disposeAsync(),
	};
}

/** Routes that the examples of the contract name; further ones that are deleted. */
async function addExampleRoutes({ db }: Store): Promise<void> {
	const route = (id: string) => ({ id, accountId: EXAMPLE_ACCOUNT, document: JSON.stringify({ RouteName: "Main" }) });
	const voice = ["CRID-4dec6beb-3985-444b-8c06-8baa5jjvawe", "CRID-4dec6beb-3985-444b-8c06-8baa70dc145"];
	await db.insertInto("voiceRoutes").values(voice.map(route)).execute();
	const message = ["MRID-73af1e73-d7b3-4696-bdd9-5b407c96fc8a", "MRID-2a9d1f04-51c7-4c0e-9f0b-6a1de2b7c3d5"];
	await db.insertInto("messageRoutes").values(message.map(route)).execute();
}

export const PROVISION = {
	NumberType: "mvno",
	MessageType: "p2p",
	MessageEnabled: false,
	VoiceEnabled: true,
	ProductType: "Sms+Data+Voice",
};
