/** Changes what a live number is set up for (contract 2.8). */
import { Failure, newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { audit } from "./audit.ts";
import type { Announcing } from "./events.ts";
import { NUMBER_COLUMNS, viewOf } from "./number-row.ts";
import { writeOrder } from "./orders.ts";
import { ownedNumber } from "./owned-number.ts";
import { subscriberFor } from "./subscriber-numbers.ts";
import type { FindRoutes, NumberUpdate, NumberView, PlacedOrder } from "./types.ts";

export async function updateNumber(
	tx: Tx,
	needs: Announcing & { readonly findRoutes: FindRoutes },
	who: Principal,
	phoneNumber: string,
	change: NumberUpdate,
): Promise<{ readonly order: PlacedOrder; readonly number: NumberView }> {
	const { accountId } = await ownedNumber(tx, who, phoneNumber, undefined, { lock: true });
	const before = viewOf(
		await tx.selectFrom("numbers").select(NUMBER_COLUMNS).where("number", "=", phoneNumber).executeTakeFirstOrThrow(),
	);
	const changed = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
	const { messageRouteId, voiceRouteId } = change;
	const named = { messageRouteId: messageRouteId ?? undefined, voiceRouteId: voiceRouteId ?? undefined };
	const routes = await needs.findRoutes(tx, accountId, named);
	Object.assign(changed, Object.fromEntries(Object.entries(routes).filter(([, id]) => id !== undefined)));
	const subscriberId = await subscriberFor(tx, accountId, change.assignedSubscriberId);
	if (subscriberId !== undefined) Object.assign(changed, { assignedSubscriberId: subscriberId });
	const after: NumberView = { ...before, ...changed };
	assertLawful(after);
	if (Object.keys(changed).length > 0) {
		await tx.updateTable("numbers").set(changed).where("number", "=", phoneNumber).execute();
	}
	const order: PlacedOrder = { orderId: newId("order"), orderDate: needs.clock.now(), orderStatus: "Complete" };
	const { orderId: id, orderDate } = order;
	await writeOrder(tx, needs, who, { id, accountId, orderType: "update", orderDate, numbers: [phoneNumber] });
	await audit(tx, {
		who,
		at: orderDate,
		accountId,
		number: phoneNumber,
		operation: who.operation ?? "updateNumber",
		before: Object.fromEntries(Object.keys(changed).map((name) => [apiName(name), before[name as keyof NumberView]])),
		after: {
			OrderId: id,
			...Object.fromEntries(Object.entries(changed).map(([name, value]) => [apiName(name), value])),
		},
	});
	return { order, number: after };
}

const apiName = (name: string) => name[0]!.toUpperCase() + name.slice(1);

/** Rules that bind several attributes of a number (contract 2.4), with the words that its guides tell clients to look for. */
export function assertLawful(
	number: Pick<NumberView, "numberType" | "messageType" | "messageEnabled" | "messageRouteId">,
): void {
	if (number.numberType === "iot" && number.messageType !== null && number.messageType !== "p2p") {
		throw new Failure(
			"badInput",
			"NumberType / MessageType mismatch",
			"A number of type iot takes MessageType p2p only.",
		);
	}
	if (number.messageEnabled && number.messageRouteId === null) {
		throw new Failure(
			"badInput",
			"MessageRouteId is required",
			"Name the message route, or send MessageEnabled false.",
		);
	}
}
