/**
 * SIP phones of numbers: the credentials with which they register at the proxy in front. A password is shown once and
 * never kept; what is kept are the two hashes that digest authentication needs (RFC 8760 §2.3, RFC 7616 §3.4.2), and
 * these under a key derived from the master key, since they are as good as the password within their realm.
 */
import { createHash, randomInt } from "node:crypto";
import { sql } from "kysely";
import { type Clock, Failure, type Principal } from "../domain/index.ts";
import type { Db, Store, Tx } from "../store/index.ts";
import { audit } from "./audit.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { deriveKey } from "./master-key.ts";
import { checkedName } from "./names.ts";
import { LIVE_STATUSES, ownedNumber } from "./owned-number.ts";
import { unwrapKey, wrapKey } from "./wrapped-key.ts";

export interface PhoneView {
	readonly username: string;
	readonly phoneNumber: string;
	readonly name: string;
	readonly realm: string;
	readonly createdOn: Date;
	readonly rotatedOn: Date | null;
}

/** Shown once. */
export interface NewPhone extends PhoneView {
	readonly password: string;
}

export interface PhoneCredentials {
	readonly username: string;
	readonly phoneNumber: string;
	readonly realm: string;
	/** H(username:realm:password), lower-case hexadecimal. */
	readonly ha1Md5: string;
	readonly ha1Sha256: string;
}

/** Failures: `notFound` for numbers and phones that are unknown or another's; `badInput` for one phone too many. */
export interface Phones {
	add(
		who: Principal,
		phoneNumber: string,
		options: { readonly realm: string; readonly name?: string | undefined },
	): Promise<NewPhone>;
	/** Of one number, or of all that the principal may see; by number, oldest first. */
	list(who: Principal, phoneNumber: string | undefined): Promise<readonly PhoneView[]>;
	/** Another password, for `realm` from now on; the old one is void at once. */
	rotate(who: Principal, username: string, options: { readonly realm: string }): Promise<NewPhone>;
	remove(who: Principal, username: string): Promise<PhoneView>;
	/** For the proxy: undefined where there is no such phone, or its number is not live. Not scoped. */
	credentials(username: string): Promise<PhoneCredentials | undefined>;
}

/** Letters and digits that are not taken for one another. */
const READABLE = "abcdefghijkmnpqrstuvwxyz23456789";
const USERNAME_SUFFIX_CHARS = 6;
const MD5_BYTES = 16;

export function createPhones(needs: {
	readonly store: Pick<Store, "db" | "transaction">;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
}): Phones {
	const { store, clock } = needs;
	const wrapping = deriveKey(needs.masterKey, "phone-secret-wrapping");
	const seal = (username: string, realm: string, password: string) =>
		Buffer.from(wrapKey(wrapping, hashes(username, realm, password), username));

	/** Held until the transaction ends. */
	async function hold(tx: Tx, who: Principal, username: string) {
		const row = await visible(tx, who)
			.where("username", "=", username.toLowerCase())
			.forUpdate("phones")
			.executeTakeFirst();
		if (row === undefined) {
			throw new Failure("notFound", `There is no phone "${username}"`, "See: afterbeep phones list");
		}
		return row;
	}

	return {
		add: (who, phoneNumber, { realm, name: given = "" }) =>
			store.transaction(async (tx) => {
				const { accountId } = await ownedNumber(tx, who, phoneNumber, undefined, { lock: true });
				const name = given === "" ? "" : checkedName("Name", given);
				const { count } = await tx
					.selectFrom("phones")
					.select(sql<number>`count(*)::int`.as("count"))
					.where("phoneNumber", "=", phoneNumber)
					.executeTakeFirstOrThrow();
				if (count >= DIRECTORY_LIMITS.phonesPerNumberMax) throw tooMany(phoneNumber);
				const username = `${phoneNumber.slice(1)}-${randomText(USERNAME_SUFFIX_CHARS)}`;
				const password = randomText(DIRECTORY_LIMITS.phonePasswordChars);
				const at = clock.now();
				const row = { username, phoneNumber, name, realm, createdOn: at };
				await tx
					.insertInto("phones")
					.values({ ...row, wrappedHa1: seal(username, realm, password) })
					.execute();
				const after = { Username: username, Name: name, Realm: realm, Password: password };
				await audit(tx, { who, at, accountId, number: phoneNumber, thing: username, after });
				return { ...row, rotatedOn: null, password };
			}),

		list: async (who, phoneNumber) => {
			const only = phoneNumber === undefined ? undefined : await ownedNumber(store.db, who, phoneNumber, undefined);
			const rows = await visible(store.db, who)
				.$if(only !== undefined, (query) => query.where("phones.phoneNumber", "=", only!.phoneNumber))
				.orderBy("phones.phoneNumber")
				.orderBy("phones.createdOn")
				.limit(DIRECTORY_LIMITS.listMax)
				.execute();
			return rows.map(viewOf);
		},

		rotate: (who, username, { realm }) =>
			store.transaction(async (tx) => {
				const row = await hold(tx, who, username);
				const password = randomText(DIRECTORY_LIMITS.phonePasswordChars);
				const at = clock.now();
				const wrappedHa1 = seal(row.username, realm, password);
				await tx
					.updateTable("phones")
					.set({ realm, wrappedHa1, rotatedOn: at })
					.where("username", "=", row.username)
					.execute();
				await audit(tx, {
					who,
					at,
					accountId: row.accountId,
					number: row.phoneNumber,
					thing: row.username,
					before: { Realm: row.realm, Password: "former" },
					after: { Realm: realm, Password: password },
				});
				return { ...viewOf(row), realm, rotatedOn: at, password };
			}),

		remove: (who, username) =>
			store.transaction(async (tx) => {
				const row = await hold(tx, who, username);
				await tx.deleteFrom("phones").where("username", "=", row.username).execute();
				const before = { Username: row.username, Name: row.name, Realm: row.realm };
				const { accountId, phoneNumber: number } = row;
				await audit(tx, { who, at: clock.now(), accountId, number, thing: row.username, before });
				return viewOf(row);
			}),

		credentials: async (username) => {
			const row = await store.db
				.selectFrom("phones")
				.innerJoin("numbers", "numbers.number", "phones.phoneNumber")
				.select(["phones.username", "phones.phoneNumber", "phones.realm", "phones.wrappedHa1"])
				.where("phones.username", "=", username.toLowerCase())
				.where("numbers.status", "in", LIVE_STATUSES)
				.executeTakeFirst();
			if (row === undefined) return undefined;
			const both = unwrapKey(wrapping, row.wrappedHa1, row.username);
			if (both === undefined) throw otherMasterKey();
			const hex = Buffer.from(both).toString("hex");
			const { username: name, phoneNumber, realm } = row;
			return {
				username: name,
				phoneNumber,
				realm,
				ha1Md5: hex.slice(0, 2 * MD5_BYTES),
				ha1Sha256: hex.slice(2 * MD5_BYTES),
			};
		},
	};
}

/** The phones go along to another number of the same account: the subscriber keeps them. */
export async function movePhones(tx: Tx, from: string, to: string): Promise<void> {
	await tx.updateTable("phones").set({ phoneNumber: to }).where("phoneNumber", "=", from).execute();
}

export async function forgetPhones(tx: Tx, phoneNumber: string): Promise<void> {
	await tx.deleteFrom("phones").where("phoneNumber", "=", phoneNumber).execute();
}

function visible(db: Db | Tx, who: Principal) {
	return db
		.selectFrom("phones")
		.innerJoin("numbers", "numbers.number", "phones.phoneNumber")
		.select(["phones.username", "phones.phoneNumber", "phones.name", "phones.realm"])
		.select(["phones.createdOn", "phones.rotatedOn", "numbers.accountId"])
		.where("numbers.distributorId", "=", who.distributorId)
		.$if(who.accountId !== undefined, (query) => query.where("numbers.accountId", "=", who.accountId!));
}

function viewOf({ username, phoneNumber, name, realm, createdOn, rotatedOn }: PhoneView): PhoneView {
	return { username, phoneNumber, name, realm, createdOn, rotatedOn };
}

function hashes(username: string, realm: string, password: string): Uint8Array {
	const a1 = `${username}:${realm}:${password}`;
	return Buffer.concat([createHash("md5").update(a1).digest(), createHash("sha256").update(a1).digest()]);
}

function randomText(chars: number): string {
	return Array.from({ length: chars }, () => READABLE[randomInt(READABLE.length)]).join("");
}

function tooMany(phoneNumber: string): Failure {
	return new Failure(
		"badInput",
		`${phoneNumber} has ${DIRECTORY_LIMITS.phonesPerNumberMax} phones already`,
		"Remove one first: afterbeep phones list",
	);
}

function otherMasterKey(): Failure {
	return new Failure(
		"configInvalid",
		"The master key does not open this database's phone credentials",
		"Put the master key file of this database back, or set AFTERBEEP_MASTER_KEY to it.",
	);
}
