/** Guardian features: the switch without which no call filter of a subscriber acts (contract 3.7). */
import { ownedSubscriber } from "./subscribers.ts";
import type { Guardians, RoutingNeeds } from "./types.ts";

export function createGuardians({ store, clock, directory }: RoutingNeeds): Guardians {
	return {
		set: (who, subscriberId, sent) =>
			store.transaction(async (tx) => {
				const owned = await ownedSubscriber(tx, who, subscriberId);
				const before = await tx
					.selectFrom("guardianFeatures")
					.select(["calls", "messages"])
					.where("subscriberId", "=", owned.subscriberId)
					.forUpdate()
					.executeTakeFirst();
				const calls = sent.calls ?? before?.calls ?? false;
				const messages = sent.messages ?? before?.messages ?? false;
				const at = clock.now();
				await tx
					.insertInto("guardianFeatures")
					.values({ subscriberId: owned.subscriberId, calls, messages, updatedOn: at })
					.onConflict((conflict) => conflict.column("subscriberId").doUpdateSet({ calls, messages, updatedOn: at }))
					.execute();
				const change = { before: before && audited(before), after: audited({ calls, messages }) };
				await directory.audit(tx, { who, at, accountId: owned.accountId, thing: owned.subscriberId, ...change });
				return { subscriberId: owned.subscriberId, calls, messages };
			}),

		get: async (who, subscriberId) => {
			const owned = await ownedSubscriber(store.db, who, subscriberId);
			const row = await store.db
				.selectFrom("guardianFeatures")
				.select(["calls", "messages"])
				.where("subscriberId", "=", owned.subscriberId)
				.executeTakeFirst();
			return { subscriberId: owned.subscriberId, calls: row?.calls ?? false, messages: row?.messages ?? false };
		},
	};
}

const audited = ({ calls, messages }: { readonly calls: boolean; readonly messages: boolean }) => ({
	EnableIntelligentGuardianCalls: calls,
	EnableIntelligentGuardianMessages: messages,
});
