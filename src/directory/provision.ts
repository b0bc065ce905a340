/** Gives out a number of the operator's pool: one transaction, and never the same number twice. */
import { sql } from "kysely";
import { type Clock, Failure, newId, type Principal } from "../domain/index.ts";
import type { Db, Jobs, Tx } from "../store/index.ts";
import { accountFor } from "./account-for.ts";
import { audit } from "./audit.ts";
import { iccidText, NUMBER_COLUMNS, viewOf } from "./number-row.ts";
import { writeOrder } from "./orders.ts";
import { subscriberFor } from "./subscriber-numbers.ts";
import type { FindRoutes, PoolWish, Provisioned, ProvisionRequest } from "./types.ts";

export interface ProvisionNeeds {
	readonly db: Db | Tx;
	readonly clock: Clock;
	readonly findRoutes: FindRoutes;
	readonly jobs: Pick<Jobs, "enqueue">;
	transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

export async function provision(
	needs: ProvisionNeeds,
	who: Principal,
	request: ProvisionRequest,
): Promise<Provisioned> {
	const accountId = await accountFor(needs.db, who, request.accountId);
	if (accountId === undefined) {
		throw new Failure("badInput", "AccountId is required, since you have several accounts", "Send the AccountId.");
	}
	const orderId = newId("order");
	const orderDate = needs.clock.now();
	return needs.transaction(async (tx) => {
		const { messageRouteId, voiceRouteId } = await needs.findRoutes(tx, accountId, request);
		const subscriberId = await subscriberFor(tx, accountId, request.assignedSubscriberId);
		const free = await firstFree(tx, who.distributorId, request);
		if (free === undefined) {
			throw new Failure(
				"numberPoolEmpty",
				"No free number is left in the pool",
				"Fill the pool with `afterbeep numbers import FILE.csv`.",
			);
		}
		const number = await tx
			.updateTable("numbers")
			.set({
				accountId,
				status: "Active",
				numberType: request.numberType,
				messageType: request.messageType,
				messageEnabled: request.messageEnabled,
				voiceEnabled: request.voiceEnabled,
				dataEnabled: request.dataEnabled,
				productType: request.productType,
				messageRouteId: messageRouteId ?? null,
				voiceRouteId: voiceRouteId ?? null,
				assignedSubscriberId: subscriberId ?? null,
				iccid: sql`coalesce(${iccidText(request.iccid)}, iccid)`,
				orderId,
				provisionedOn: orderDate,
			})
			.where("number", "=", free)
			.returning(NUMBER_COLUMNS)
			.executeTakeFirstOrThrow();
		await writeOrder(tx, needs, who, {
			id: orderId,
			accountId,
			orderType: "provision",
			orderDate,
			numbers: [number.number],
		});
		await audit(tx, {
			who,
			at: orderDate,
			accountId,
			number: number.number,
			operation: who.operation ?? "provisionNumber",
			after: { OrderId: orderId, ...asAudited(request) },
		});
		return { orderId, orderDate, number: viewOf(number) };
	});
}

function asAudited(request: ProvisionRequest) {
	return {
		ProductType: request.productType,
		MessageType: request.messageType,
		MessageEnabled: request.messageEnabled,
		VoiceEnabled: request.voiceEnabled,
		DataEnabled: request.dataEnabled,
		MessageRouteId: request.messageRouteId,
		VoiceRouteId: request.voiceRouteId,
		AssignedSubscriberId: request.assignedSubscriberId,
	};
}

/**
 * The first free number, locked: the one that the pool holds for this SIM, else of the area, else of the zip code, else
 * any. Rows that another transaction is just giving out are skipped, so nobody waits and nobody gets the same one.
 *
 * @param within no number from elsewhere.
 */
export async function firstFree(
	tx: Tx,
	distributorId: string,
	request: PoolWish,
	within?: { readonly areaCode: string | null } | { readonly zipCode: string },
): Promise<string | undefined> {
	const free = tx
		.selectFrom("numbers")
		.select("number")
		.where("distributorId", "=", distributorId)
		.where("status", "=", "Pool")
		.$if(within !== undefined && "zipCode" in within, (query) =>
			query.where("zipCode", "=", (within as { zipCode: string }).zipCode),
		)
		.$if(within !== undefined && "areaCode" in within, (query) =>
			query.where("areaCode", "is not distinct from", (within as { areaCode: string | null }).areaCode),
		)
		.orderBy("poolOrder")
		.limit(1)
		.forUpdate()
		.skipLocked();
	const iccid = iccidText(request.iccid);
	const wishes = [
		iccid === null ? undefined : free.where("iccid", "=", iccid),
		request.areaCode ? free.where("areaCode", "=", request.areaCode) : undefined,
		request.zipCode ? free.where("zipCode", "=", request.zipCode) : undefined,
		free,
	];
	for (const wish of wishes) {
		const row = await wish?.executeTakeFirst();
		if (row) return row.number;
	}
	return undefined;
}
