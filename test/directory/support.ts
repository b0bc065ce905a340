/** An operator with its numbers on a real database, and a clock that moves only when told to. */
import { randomBytes } from "node:crypto";
import { createNumbers, createOperators, createTokens, type ProvisionRequest } from "../../src/directory/index.ts";
import type { Clock, Principal } from "../../src/domain/index.ts";
import { Failure, silentLog } from "../../src/domain/index.ts";
import { createMailboxes } from "../../src/mailbox/index.ts";
import { namedRoutes } from "../../src/routing/index.ts";
import { openTestStore } from "../support/store.ts";

export interface MovableClock extends Clock {
	advance(ms: number): void;
}

export function movableClock(start = "2026-05-28T17:00:00.000Z"): MovableClock {
	let nowMs = Date.parse(start);
	return {
		now: () => new Date(nowMs),
		advance: (ms) => {
			nowMs += ms;
		},
	};
}

export const anyNumber: ProvisionRequest = {
	numberType: "mvno",
	messageType: "p2p",
	messageEnabled: false,
	voiceEnabled: true,
	dataEnabled: false,
	messageRouteId: undefined,
	voiceRouteId: undefined,
	areaCode: undefined,
	zipCode: undefined,
	iccid: undefined,
	productType: "Sms+Data+Voice",
	assignedSubscriberId: undefined,
	accountId: undefined,
};

/** The directory on a fresh database with its first operator. */
export async function openDirectory() {
	const opened = await openTestStore();
	const { store } = opened;
	const masterKey = new Uint8Array(randomBytes(32));
	const clock = movableClock();
	const operators = createOperators({ store, masterKey, clock });
	const mailboxes = createMailboxes({
		store,
		masterKey,
		clock,
		log: silentLog,
		defaults: { timeZone: "UTC", language: "en" },
	});
	const numbers = createNumbers({ store, clock, findRoutes: namedRoutes, hooks: mailboxes.numberHooks });
	const tokens = createTokens({ db: store.db, masterKey, clock, tokenMinutes: 10 });
	const first = (await operators.bootstrap({}))!;
	const who: Principal = {
		accountKey: first.accountKey,
		distributorId: first.distributorId,
		accountId: undefined,
		rights: [],
	};
	return {
		store,
		masterKey,
		clock,
		operators,
		numbers,
		tokens,
		first,
		who,
		dataFolder: opened.dataFolder,
		/** Another operator with one account and no numbers. */
		addOperator: async (name: string): Promise<Principal> => {
			const distributorId = `DID-${name}`;
			await store.db.insertInto("distributors").values({ id: distributorId, name }).execute();
			await store.db
				.insertInto("accounts")
				.values({ id: `AID-${name}`, distributorId, name })
				.execute();
			return { accountKey: distributorId, distributorId, accountId: undefined, rights: [] };
		},
		addAccount: async (accountId: string, distributorId = first.distributorId) => {
			await store.db
				.insertInto("accounts")
				.values({ id: accountId, distributorId, name: accountId, createdOn: clock.now() })
				.execute();
		},
		[Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
	};
}
export type TestDirectory = Awaited<ReturnType<typeof openDirectory>>;

/** The Failure's code, or "fine". */
export async function codeOf(work: Promise<unknown>): Promise<string> {
	try {
		await work;
		return "fine";
	} catch (error) {
		if (error instanceof Failure) return error.code;
		throw error;
	}
}
