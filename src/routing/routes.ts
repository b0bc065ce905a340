/** Voice and message routes. Numbers point to them; a route that numbers point to stays. */
import { sql } from "kysely";
import { Failure } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { createShelf } from "./shelf.ts";
import type { RoutingNeeds, Shelf } from "./types.ts";

export function createVoiceRoutes(needs: RoutingNeeds): Shelf {
	return createShelf(needs, {
		table: "voiceRoutes",
		idKind: "voiceRoute",
		usedBy: async (tx, { id }) => ({ count: await countNumbers(tx, "voiceRouteId", id), what: "numbers" }),
	});
}

export function createMessageRoutes(needs: RoutingNeeds): Shelf {
	return createShelf(needs, {
		table: "messageRoutes",
		idKind: "messageRoute",
		usedBy: async (tx, { id }) => ({ count: await countNumbers(tx, "messageRouteId", id), what: "numbers" }),
	});
}

/** Cancelled ones too: they may come back within their window, and would then lack their route. */
async function countNumbers(tx: Tx, column: "voiceRouteId" | "messageRouteId", id: string): Promise<number> {
	const { count } = await tx
		.selectFrom("numbers")
		.select(sql<number>`count(*)::int`.as("count"))
		.where(column, "=", id)
		.executeTakeFirstOrThrow();
	return count;
}

export interface NamedRoutes {
	readonly messageRouteId: string | undefined;
	readonly voiceRouteId: string | undefined;
}

/**
 * The routes that a number is to have, as they are stored. They are held until the transaction ends: a route can not be
 * deleted while a number is being pointed to it.
 *
 * @throws Failure `badInput` for one that this account does not have.
 */
export async function namedRoutes(tx: Tx, accountId: string, named: NamedRoutes): Promise<NamedRoutes> {
	return {
		messageRouteId: await storedId(tx, "messageRoutes", "MessageRouteId", accountId, named.messageRouteId),
		voiceRouteId: await storedId(tx, "voiceRoutes", "VoiceRouteId", accountId, named.voiceRouteId),
	};
}

async function storedId(
	tx: Tx,
	table: "voiceRoutes" | "messageRoutes",
	field: string,
	accountId: string,
	id: string | undefined,
): Promise<string | undefined> {
	if (id === undefined) return undefined;
	const row = await tx
		.selectFrom(table)
		.select("id")
		.where(sql<string>`lower(id)`, "=", id.toLowerCase())
		.where("accountId", "=", accountId)
		.forShare()
		.executeTakeFirst();
	if (row !== undefined) return row.id;
	const kind = table === "voiceRoutes" ? "voice" : "message";
	throw new Failure(
		"badInput",
		`${field} is no ${kind} route of this account`,
		`Create it with POST /v1.0/${kind}/routes, or name one of GET /v1.0/account/${kind}/routes.`,
	);
}
