/**
 * Answers kept under an `Idempotency-Key`: a request repeated after a lost answer changes nothing a second time. Work,
 * its audit row and the kept answer are one transaction, so no crash can leave one without the others.
 */
import { createHash } from "node:crypto";
import { sql } from "kysely";
import { type Clock, Failure, type Principal } from "../domain/index.ts";
import type { Store, Tx } from "../store/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

export interface OnceRequest {
	/** As sent; undefined: the work is simply done. */
	readonly key: string | undefined;
	/** Id of the operation. */
	readonly operation: string;
	/** The request in its canonical form: another one under the same key is refused. */
	readonly request: object;
}

export interface KeptAnswers {
	/**
	 * Does the work, or gives the answer of a day at most that it gave to the same key of the same AccountKey. Requests
	 * with one key at the same time follow each other. A failure is not kept: the work was rolled back with it.
	 *
	 * @throws Failure `badInput`: the key was used for another request, or is none.
	 */
	once<T extends Record<string, unknown>>(
		who: Principal,
		request: OnceRequest,
		work: (tx: Tx | undefined) => Promise<T>,
	): Promise<T>;
}

/** Visible ASCII, as header fields carry it whole. */
const KEY = new RegExp(`^[\\x21-\\x7e]{1,${DIRECTORY_LIMITS.idempotencyKeyCharsMax}}$`);

export function createKeptAnswers(needs: { readonly store: Store; readonly clock: Clock }): KeptAnswers {
	const { store, clock } = needs;
	const keptSince = () => new Date(clock.now().getTime() - DIRECTORY_LIMITS.answersKeptMs);

	async function find(tx: Tx, accountKey: string, key: string) {
		// Two texts, each hashed: a key that ends like another's beginning is not taken for it.
		await sql`select pg_advisory_xact_lock(hashtext(${accountKey}), hashtext(${key}))`.execute(tx);
		return tx
			.selectFrom("keptAnswers")
			.select(["operation", "requestHash", sql<string>`answer::text`.as("answer"), "createdOn"])
			.where("accountKey", "=", accountKey)
			.where("idempotencyKey", "=", key)
			.executeTakeFirst();
	}

	/** A few at a time, whoever comes: the table stays as small as a day. */
	async function forgetOld(tx: Tx): Promise<void> {
		await sql`
			delete from kept_answers where ctid = any(array(
				select ctid from kept_answers where created_on <= ${keptSince()}
				limit ${DIRECTORY_LIMITS.answersForgottenAtOnce} for update skip locked
			))
		`.execute(tx);
	}

	return {
		once: async (who, { key, operation, request }, work) => {
			if (key === undefined) return work(undefined);
			if (!KEY.test(key)) {
				throw new Failure(
					"badInput",
					`Idempotency-Key must be 1 to ${DIRECTORY_LIMITS.idempotencyKeyCharsMax} visible ASCII characters`,
					"Send a fresh UUID for each new request.",
				);
			}
			const requestHash = createHash("sha256").update(JSON.stringify(request)).digest();
			return store.transaction(async (tx) => {
				const kept = await find(tx, who.accountKey, key);
				if (kept !== undefined && kept.createdOn > keptSince()) {
					if (kept.operation === operation && requestHash.equals(kept.requestHash)) return JSON.parse(kept.answer);
					throw new Failure(
						"badInput",
						"Idempotency-Key was used for another request",
						"Send a fresh key with each new request, the same key only with the same request.",
					);
				}
				const answer = await work(tx);
				const columns = { operation, requestHash, answer: JSON.stringify(answer), createdOn: clock.now() };
				await tx
					.insertInto("keptAnswers")
					.values({ accountKey: who.accountKey, idempotencyKey: key, ...columns })
					.onConflict((conflict) => conflict.columns(["accountKey", "idempotencyKey"]).doUpdateSet(columns))
					.execute();
				await forgetOld(tx);
				return answer;
			});
		},
	};
}
