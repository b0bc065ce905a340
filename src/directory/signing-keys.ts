/** Rotation of the keys that sign tokens, for the CLI. */
import type { Actor, Clock } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import { audit } from "./audit.ts";
import { deriveKey } from "./master-key.ts";
import { insertTokenKey, lockTokenKeys, TOKEN_KEY_REST_MS } from "./token-keys.ts";

export interface SigningKeyView {
	readonly kid: string;
	readonly createdOn: Date;
	/** Null for the one that signs. */
	readonly retiredOn: Date | null;
	/** `Signing`: new tokens; `Checking`: only tokens of earlier. */
	readonly use: "Signing" | "Checking";
}

export interface SigningKeys {
	/** Those of use, newest first. */
	list(): Promise<readonly SigningKeyView[]>;
	/**
	 * A new key signs from now on. The old one still checks its tokens until the last of them has expired, unless
	 * `voidTokens`: then all tokens out are void within seconds and clients must ask for new ones.
	 *
	 * @returns the new `kid`.
	 */
	rotate(who: Actor, options: { readonly voidTokens: boolean }): Promise<string>;
}

export function createSigningKeys(needs: {
	readonly store: Store;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
}): SigningKeys {
	const { store, clock } = needs;
	const wrapping = deriveKey(needs.masterKey, "token-key-wrapping");
	const restedOn = () => new Date(clock.now().getTime() - TOKEN_KEY_REST_MS);
	return {
		list: async () => {
			const rows = await store.db
				.selectFrom("tokenKeys")
				.select(["kid", "createdOn", "retiredOn"])
				.where((eb) => eb.or([eb("retiredOn", "is", null), eb("retiredOn", ">", restedOn())]))
				.orderBy("createdOn", "desc")
				.orderBy("kid", "desc")
				.execute();
			return rows.map((row) => ({ ...row, use: row.retiredOn === null ? "Signing" : "Checking" }));
		},

		rotate: (who, { voidTokens }) =>
			store.transaction(async (tx) => {
				await lockTokenKeys(tx);
				const now = clock.now();
				if (voidTokens) await tx.deleteFrom("tokenKeys").execute();
				else {
					await tx.deleteFrom("tokenKeys").where("retiredOn", "<", restedOn()).execute();
					await tx.updateTable("tokenKeys").set({ retiredOn: now }).where("retiredOn", "is", null).execute();
				}
				const kid = await insertTokenKey(tx, wrapping, now);
				await audit(tx, {
					who,
					at: now,
					accountId: null,
					thing: kid,
					operation: who.operation ?? "rotateSigningKey",
					after: { Kid: kid, TokensVoid: voidTokens },
				});
				return kid;
			}),
	};
}
