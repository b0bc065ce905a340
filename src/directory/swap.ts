/** A line gets another number of the pool: its mailbox, its SIM and all its settings go along (contract 2.9). */
import { sql } from "kysely";
import { type Clock, Failure, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { audit } from "./audit.ts";
import { cancelNumber } from "./cancel.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { areaOf, iccidText, NUMBER_COLUMNS, type NumberRow, swapsLeft } from "./number-row.ts";
import { firstFree } from "./provision.ts";
import type { NumberHooks, PoolWish } from "./types.ts";

const DAY_MS = 86_400_000;

export interface MoveRequest {
	/** `swap`: a number of the same area, a few times in a period. `replace`: any. */
	readonly kind: "swap" | "replace";
	readonly who: Principal;
	readonly number: string;
	readonly wish: PoolWish;
	readonly orderId: string;
}

/** @returns the new number. The old one is cancelled: nobody gets it before its window is over. */
export async function moveLine(
	tx: Tx,
	needs: { readonly clock: Clock; readonly hooks: NumberHooks },
	request: MoveRequest,
): Promise<string> {
	const now = needs.clock.now();
	const { number } = request;
	const old = await tx
		.selectFrom("numbers")
		.select(NUMBER_COLUMNS)
		.where("number", "=", number)
		.executeTakeFirstOrThrow();
	if (request.kind === "swap" && swapsLeft(old, now) === 0) {
		throw unavailable(`${number} was swapped ${DIRECTORY_LIMITS.swapsPerPeriod} times in this period`);
	}
	const free = await freeNumber(tx, request, old);
	if (free === undefined) {
		throw request.kind === "swap"
			? unavailable("no number of this area is free")
			: new Failure(
					"numberPoolEmpty",
					"No free number is left in the pool",
					"Fill the pool with `afterbeep numbers import FILE.csv`.",
				);
	}
	await tx
		.updateTable("numbers")
		.set({
			...kept(old),
			...(request.kind === "swap" ? swapCount(old, now) : {}),
			iccid: sql`coalesce(${iccidText(request.wish.iccid) ?? old.iccid}, iccid)`,
			orderId: request.orderId,
			provisionedOn: now,
		})
		.where("number", "=", free)
		.execute();
	await cancelNumber(tx, number, now);
	await tx
		.updateTable("numbers")
		.set({ iccid: null, assignedSubscriberId: null })
		.where("number", "=", number)
		.execute();
	await needs.hooks.onNumberMoved(tx, number, free);
	await audit(tx, {
		who: request.who,
		at: now,
		accountId: old.accountId,
		number: free,
		operation: request.who.operation ?? "changeNumberStatus",
		after: { OrderId: request.orderId, Status: old.status, PreviousNumber: number },
	});
	return free;
}

/** What belongs to the line, not to the number. */
function kept(old: NumberRow) {
	const { accountId, status, numberType, messageType, messageEnabled, voiceEnabled, dataEnabled, productType } = old;
	const { messageRouteId, voiceRouteId, assignedSubscriberId, cnamFirstName, cnamLastName } = old;
	const { swapsUsed, swapsResetOn } = old;
	return {
		...{ accountId, status, numberType, messageType, messageEnabled, voiceEnabled, dataEnabled, productType },
		...{ messageRouteId, voiceRouteId, assignedSubscriberId, cnamFirstName, cnamLastName, swapsUsed, swapsResetOn },
	};
}

function swapCount(old: NumberRow, now: Date) {
	const running = old.swapsResetOn !== null && old.swapsResetOn > now;
	return {
		swapsUsed: running ? old.swapsUsed + 1 : 1,
		swapsResetOn: running ? old.swapsResetOn : new Date(now.getTime() + DIRECTORY_LIMITS.swapPeriodDays * DAY_MS),
	};
}

async function freeNumber(tx: Tx, request: MoveRequest, old: NumberRow): Promise<string | undefined> {
	const { wish, who } = request;
	if (request.kind === "replace") return firstFree(tx, who.distributorId, { ...wish, iccid: undefined });
	// A swap stays where the line is, unless another area is asked for; then it is that one or none.
	const areaCode = wish.areaCode ?? (wish.zipCode === undefined ? (old.areaCode ?? areaOf(old.number)) : undefined);
	const within = areaCode === undefined ? { zipCode: wish.zipCode! } : { areaCode };
	return firstFree(tx, who.distributorId, { areaCode: undefined, zipCode: undefined, iccid: undefined }, within);
}

function unavailable(why: string): Failure {
	return new Failure(
		"badInput",
		`Number-swap is currently unavailable: ${why}`,
		"Order a replace, or try again later.",
	);
}
