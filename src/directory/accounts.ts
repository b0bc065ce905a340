/** Accounts of an operator (contract 3.2). */
import { sql } from "kysely";
import { type Clock, Failure, isMailAddress, newId, type Principal } from "../domain/index.ts";
import type { Db, Store, Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { audit } from "./audit.ts";
import { isId } from "./ids.ts";
import { checkedName } from "./names.ts";
import { totalOf } from "./tallies.ts";

export const ADDRESS_PARTS = ["Street1", "Street2", "City", "State", "Zip", "Country"] as const;
export type AddressPart = (typeof ADDRESS_PARTS)[number];
/** Undefined: unchanged; `""`: cleared. */
export type PostalAddress = { readonly [part in AddressPart]?: string | undefined };

export interface AccountFields {
	readonly name?: string | undefined;
	/** E-mail of the manager; kept, never shown. */
	readonly adminEmail?: string | undefined;
	readonly billingAddress?: PostalAddress | undefined;
	readonly mailingAddress?: PostalAddress | undefined;
}

export interface AccountView {
	readonly accountId: string;
	readonly distributorId: string;
	readonly name: string;
	readonly totalSubscribers: number;
	/** All parts, null where nothing is known. */
	readonly billingAddress: Readonly<Record<AddressPart, string | null>>;
	readonly mailingAddress: Readonly<Record<AddressPart, string | null>>;
	readonly createdOn: Date;
}

export interface Accounts {
	/** Failure `forbidden` for a key of one account. */
	create(who: Principal, fields: AccountFields & { readonly name: string }): Promise<AccountView>;
	/** Failure `notFound`: unknown or another operator's; a `DID-` value is the default account (contract 1.5). */
	get(who: Principal, accountId: string): Promise<AccountView>;
	/** Changes only what is sent. @param accountId may be left out where the principal has one account. */
	update(who: Principal, accountId: string | undefined, fields: AccountFields): Promise<AccountView>;
	/** Oldest first. A page with a limit of 0 is the total alone. */
	list(
		who: Principal,
		page: { readonly offset: number; readonly limit: number },
	): Promise<{ readonly total: number; readonly accounts: readonly AccountView[] }>;
}

export function createAccounts(needs: { readonly store: Store; readonly clock: Clock }): Accounts {
	const { store, clock } = needs;

	async function read(db: Db | Tx, accountId: string): Promise<AccountView> {
		return viewOf(await viewQuery(db).where("accounts.id", "=", accountId).executeTakeFirstOrThrow());
	}

	return {
		create: async (who, fields) => {
			if (who.accountId !== undefined) {
				throw new Failure(
					"forbidden",
					"your token is for one account and can not make others",
					"Use a key of the operator.",
				);
			}
			const name = checkedName("AccountName", fields.name);
			const adminEmail = checkedEmail(fields.adminEmail) ?? null;
			const accountId = newId("account");
			return store.transaction(async (tx) => {
				const now = clock.now();
				const billing = merged({}, fields.billingAddress);
				const mailing = merged({}, fields.mailingAddress);
				await tx
					.insertInto("accounts")
					.values({
						id: accountId,
						distributorId: who.distributorId,
						name,
						adminEmail,
						billingAddress: JSON.stringify(billing),
						mailingAddress: JSON.stringify(mailing),
						createdOn: now,
						updatedOn: now,
					})
					.execute();
				await audit(tx, {
					who,
					at: now,
					accountId,
					thing: accountId,
					operation: who.operation ?? "createAccount",
					after: { AccountName: name, AccountAdmin: adminEmail, BillingAddress: billing, MailingAddress: mailing },
				});
				return read(tx, accountId);
			});
		},

		get: async (who, accountId) => read(store.db, await ownAccount(store.db, who, accountId)),

		update: async (who, accountId, fields) => {
			const name = fields.name === undefined ? undefined : checkedName("AccountName", fields.name);
			const adminEmail = checkedEmail(fields.adminEmail);
			return store.transaction(async (tx) => {
				const id = await ownAccount(tx, who, accountId);
				const before = await tx
					.selectFrom("accounts")
					.select(["name", "adminEmail", "billingAddress", "mailingAddress"])
					.where("id", "=", id)
					.forNoKeyUpdate()
					.executeTakeFirstOrThrow();
				const after = {
					name: name ?? before.name,
					adminEmail: adminEmail === undefined ? before.adminEmail : adminEmail,
					billingAddress: merged(before.billingAddress, fields.billingAddress),
					mailingAddress: merged(before.mailingAddress, fields.mailingAddress),
				};
				const now = clock.now();
				await tx
					.updateTable("accounts")
					.set({
						...after,
						billingAddress: JSON.stringify(after.billingAddress),
						mailingAddress: JSON.stringify(after.mailingAddress),
						updatedOn: now,
					})
					.where("id", "=", id)
					.execute();
				await audit(tx, {
					who,
					at: now,
					accountId: id,
					thing: id,
					operation: who.operation ?? "updateAccount",
					before: audited(before),
					after: audited(after),
				});
				return read(tx, id);
			});
		},

		list: async (who, page) => {
			// A key of one account sees that one.
			const total = who.accountId === undefined ? await totalOf(store.db, allOf(who), "accounts") : 1;
			if (page.limit === 0) return { total, accounts: [] };
			const rows = await viewQuery(store.db)
				.where("accounts.distributorId", "=", who.distributorId)
				.$if(who.accountId !== undefined, (query) => query.where("accounts.id", "=", who.accountId!))
				.orderBy("accounts.createdOn")
				.orderBy("accounts.id")
				.offset(page.offset)
				.limit(page.limit)
				.execute();
			return { total, accounts: rows.map(viewOf) };
		},
	};
}

const allOf = ({ distributorId }: Principal) => ({ distributorId, accountId: undefined });

function viewQuery(db: Db | Tx) {
	return db
		.selectFrom("accounts")
		.select((eb) => [
			"accounts.id",
			"accounts.distributorId",
			"accounts.name",
			"accounts.billingAddress",
			"accounts.mailingAddress",
			"accounts.createdOn",
			eb
				.selectFrom("tallies")
				.whereRef("tallies.accountId", "=", "accounts.id")
				.where("tallies.kind", "=", "subscribers")
				.select(sql<number>`coalesce(sum(amount), 0)::int`.as("count"))
				.$asScalar()
				.as("totalSubscribers"),
		]);
}

type ViewRow = Awaited<ReturnType<ReturnType<typeof viewQuery>["executeTakeFirstOrThrow"]>>;

function viewOf(row: ViewRow): AccountView {
	return {
		accountId: row.id,
		distributorId: row.distributorId,
		name: row.name,
		totalSubscribers: row.totalSubscribers ?? 0,
		billingAddress: whole(row.billingAddress),
		mailingAddress: whole(row.mailingAddress),
		createdOn: row.createdOn,
	};
}

function whole(address: Readonly<Record<string, string>>) {
	return Object.fromEntries(
		ADDRESS_PARTS.map((part) => [part, address[part] ?? null]),
	) as AccountView["billingAddress"];
}

/** @returns only the parts that say something. */
function merged(before: Readonly<Record<string, string>>, sent: PostalAddress | undefined): Record<string, string> {
	return Object.fromEntries(
		ADDRESS_PARTS.flatMap((part) => {
			const text = sent?.[part]?.trim() ?? before[part] ?? "";
			return text === "" ? [] : [[part, text]];
		}),
	);
}

/** @returns undefined: unchanged; null: cleared. */
function checkedEmail(text: string | undefined): string | null | undefined {
	const email = text?.trim();
	if (email === undefined) return undefined;
	if (email === "") return null;
	if (isMailAddress(email)) return email;
	throw new Failure("badInput", "AccountAdmin is not an e-mail address", "Send one address, such as john@example.com.");
}

function audited(fields: {
	readonly name: string;
	readonly adminEmail: string | null;
	readonly billingAddress: object;
	readonly mailingAddress: object;
}) {
	return {
		AccountName: fields.name,
		AccountAdmin: fields.adminEmail,
		BillingAddress: fields.billingAddress,
		MailingAddress: fields.mailingAddress,
	};
}

/** Here the account is the thing that is asked for: one that the principal does not have is 404, not a wrong parameter. */
async function ownAccount(db: Db | Tx, who: Principal, accountId: string | undefined): Promise<string> {
	if (accountId !== undefined && !isId(accountId)) throw accountNotFound();
	const found = await accountFor(db, who, accountId).catch((error: unknown) => {
		throw error instanceof Failure && error.code === "badInput" ? accountNotFound() : error;
	});
	if (found !== undefined) return found;
	throw new Failure("badInput", "AccountId is required, since you have several accounts", "Send the AccountId.");
}

function accountNotFound(): Failure {
	return new Failure(
		"notFound",
		"the requested resource does not exist or belongs to a different account",
		"GET /v1.0/distributor/accounts lists your accounts.",
	);
}
