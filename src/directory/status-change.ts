/** The life cycle of numbers (contract 2.9): now, or kept as an order for a later day. All numbers or none. */
import { Failure, newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { audit } from "./audit.ts";
import { cancelNumber } from "./cancel.ts";
import { type Announcing, emitOrder } from "./events.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { iccidText } from "./number-row.ts";
import { writeOrder } from "./orders.ts";
import { ownedNumber } from "./owned-number.ts";
import { restore } from "./reactivate.ts";
import { moveLine } from "./swap.ts";
import type { NumberHooks, StatusChange, StatusChanged, StatusRequest } from "./types.ts";

export interface ChangeNeeds extends Announcing {
	readonly hooks: NumberHooks;
}

/** What an order keeps of a request: as JSON. */
export type ChangeDetails = Pick<StatusRequest, "change" | "areaCode" | "zipCode" | "numbers">;

export async function changeStatus(
	tx: Tx,
	needs: ChangeNeeds,
	who: Principal,
	request: StatusRequest,
): Promise<StatusChanged> {
	const orderId = newId("order");
	const orderDate = needs.clock.now();
	const { change, areaCode, zipCode, numbers } = request;
	assertSound(request);
	const owners = await lockAll(tx, who, request);
	const accounts = new Set(owners.values());
	const accountId = accounts.size === 1 ? [...accounts][0]! : null;
	const effectiveOn = request.effectiveOn ?? orderDate;
	const placed = { orderId, orderDate, effectiveOn };
	if (effectiveOn > orderDate) {
		assertNotTooFar(effectiveOn, orderDate);
		await writeOrder(tx, needs, who, {
			id: orderId,
			accountId,
			orderType: "status",
			orderDate,
			numbers: numbers.map((each) => each.number),
			waiting: { effectiveOn, details: { change, areaCode, zipCode, numbers } satisfies ChangeDetails },
		});
		const after = { OrderId: orderId, StatusChange: change, EffectiveDate: effectiveOn.toISOString() };
		const entry = { who, at: orderDate, operation: who.operation ?? "changeNumberStatus", after };
		await audit(tx, ...numbers.map(({ number }) => ({ ...entry, accountId: owners.get(number)!, number })));
		const unchanged = numbers.map(({ number }) => ({ number, previous: number }));
		return { ...placed, orderStatus: "Pending", numbers: unchanged };
	}
	const changed = await applyChange(tx, needs, who, orderId, request);
	const order = { id: orderId, accountId, orderType: "status", orderDate } as const;
	await writeOrder(tx, needs, who, { ...order, numbers: changed.map((each) => each.number) });
	return { ...placed, orderStatus: "Complete", numbers: changed };
}

function assertSound({ change, numbers }: StatusRequest): void {
	if (numbers.length === 0 || numbers.length > DIRECTORY_LIMITS.statusNumbersMax) {
		throw new Failure(
			"badInput",
			`PhoneNumbers must name 1 to ${DIRECTORY_LIMITS.statusNumbersMax} numbers`,
			"Split longer lists.",
		);
	}
	if (new Set(numbers.map((each) => each.number)).size < numbers.length) {
		throw new Failure("badInput", "PhoneNumbers names a number twice", "Name each number once.");
	}
	if (change === "swap-sim" && numbers.some((each) => iccidText(each.iccid) === null)) {
		throw new Failure(
			"badInput",
			"PhoneNumbers needs the ICCID of the new SIM with each number for swap-sim",
			'Send {"Number": "+1...", "ICCID": "89..."} for each.',
		);
	}
}

function assertNotTooFar(effectiveOn: Date, now: Date): void {
	const latest = new Date(now);
	latest.setUTCFullYear(latest.getUTCFullYear() + DIRECTORY_LIMITS.effectiveYearsMax);
	if (effectiveOn <= latest) return;
	throw new Failure(
		"badInput",
		`EffectiveDate is more than ${DIRECTORY_LIMITS.effectiveYearsMax} years away`,
		"Check its year.",
	);
}

/**
 * In one order for everybody, so that two requests for the same numbers can not wait for each other.
 *
 * @returns the account of each number.
 */
async function lockAll(
	tx: Tx,
	who: Principal,
	{ change, numbers }: StatusRequest,
): Promise<ReadonlyMap<string, string>> {
	const options = { lock: true, cancelledToo: change === "activate" || change === "cancel" };
	const owners = new Map<string, string>();
	for (const number of numbers.map((each) => each.number).sort()) {
		owners.set(number, (await ownedNumber(tx, who, number, undefined, options)).accountId);
	}
	return owners;
}

/** @returns for each number the one in force afterwards. */
async function applyChange(
	tx: Tx,
	needs: ChangeNeeds,
	who: Principal,
	orderId: string,
	details: ChangeDetails,
): Promise<{ readonly number: string; readonly previous: string }[]> {
	const changed: { number: string; previous: string }[] = [];
	for (const { number, iccid } of details.numbers) {
		const wish = { areaCode: details.areaCode, zipCode: details.zipCode, iccid };
		const before = await audited(tx, number);
		const now = await CHANGES[details.change](tx, needs, { who, number, wish, orderId });
		changed.push({ number: now, previous: number });
		await audit(tx, {
			who,
			at: needs.clock.now(),
			accountId: before.accountId,
			number,
			operation: who.operation ?? "changeNumberStatus",
			before: before.fields,
			after: {
				OrderId: orderId,
				StatusChange: details.change,
				...(await audited(tx, number)).fields,
				...(now === number ? {} : { NewNumber: now }),
			},
		});
	}
	return changed;
}

async function audited(tx: Tx, number: string) {
	const row = await tx
		.selectFrom("numbers")
		.select(["accountId", "status", "iccid"])
		.where("number", "=", number)
		.executeTakeFirstOrThrow();
	return { accountId: row.accountId, fields: { Status: row.status, ICCID: row.iccid } };
}

interface OneChange {
	readonly who: Principal;
	/** Locked, and the principal's. */
	readonly number: string;
	readonly wish: {
		readonly areaCode: string | undefined;
		readonly zipCode: string | undefined;
		readonly iccid: string | undefined;
	};
	readonly orderId: string;
}

const CHANGES: Record<StatusChange, (tx: Tx, needs: ChangeNeeds, one: OneChange) => Promise<string>> = {
	activate: async (tx, { clock }, { number, wish }) => {
		await restore(tx, clock.now(), number, "Active");
		await setSim(tx, number, wish.iccid);
		return number;
	},
	park: async (tx, _needs, { number }) => {
		await tx.updateTable("numbers").set({ status: "Parked" }).where("number", "=", number).execute();
		return number;
	},
	cancel: async (tx, { clock }, { number }) => {
		await cancelNumber(tx, number, clock.now());
		return number;
	},
	"swap-sim": async (tx, _needs, { number, wish }) => {
		await setSim(tx, number, wish.iccid);
		return number;
	},
	swap: (tx, needs, one) => moveLine(tx, needs, { ...one, kind: "swap" }),
	replace: (tx, needs, one) => moveLine(tx, needs, { ...one, kind: "replace" }),
};

async function setSim(tx: Tx, number: string, iccid: string | undefined): Promise<void> {
	const sim = iccidText(iccid);
	if (sim !== null) await tx.updateTable("numbers").set({ iccid: sim }).where("number", "=", number).execute();
}

interface DueOrder {
	readonly id: string;
	readonly distributorId: string;
	readonly accountId: string | null;
	readonly placedBy: string | null;
	readonly details: unknown;
}

/** Does a pending order whose day has come, under the rights that it was given with. */
export async function runOrder(tx: Tx, needs: ChangeNeeds, order: DueOrder): Promise<void> {
	const details = order.details as ChangeDetails;
	const who: Principal = {
		accountKey: order.placedBy ?? order.distributorId,
		distributorId: order.distributorId,
		accountId: order.accountId ?? undefined,
		rights: [],
		operation: "changeNumberStatus",
	};
	await lockAll(tx, who, { ...details, effectiveOn: undefined });
	const changed = await applyChange(tx, needs, who, order.id, details);
	await tx
		.updateTable("orders")
		.set({
			orderStatus: "Complete",
			completedOn: needs.clock.now(),
			details: null,
			numbers: changed.map((each) => each.number),
		})
		.where("id", "=", order.id)
		.execute();
	await emitOrder(tx, needs, order.id);
}
