/** Workgroups and their schedules (contract 3.8): whose mailbox takes the calls of a number that several people answer. */
import { sql } from "kysely";
import { Failure } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { assertOwnNumber } from "./own-number.ts";
import { isTimeZone, minutesOf, WEEKDAYS } from "./schedule-hours.ts";
import { createShelf } from "./shelf.ts";
import type { Document, RoutingNeeds, Shelf } from "./types.ts";

const NOT_THE_ACCOUNTS = "TelegentPhone is no number of this account";

export function createSchedules(needs: RoutingNeeds): Shelf {
	return createShelf(needs, {
		table: "schedules",
		idKind: "schedule",
		check: async (_tx, _accountId, document) => assertHours(document),
		usedBy: async (tx, { id }) => {
			const { count } = await tx
				.selectFrom("workgroups")
				.select(sql<number>`count(*)::int`.as("count"))
				.where(sql<string>`lower(schedule_id)`, "=", id.toLowerCase())
				.executeTakeFirstOrThrow();
			return { count, what: "workgroups" };
		},
	});
}

export function createWorkgroups(needs: RoutingNeeds): Shelf {
	return createShelf(needs, {
		table: "workgroups",
		idKind: "workgroup",
		check: async (tx, accountId, document) => {
			const { TimeZone, TelegentPhone, ScheduleId } = document;
			if (isText(TimeZone) && !isTimeZone(TimeZone)) {
				throw new Failure("badInput", "TimeZone is no time zone", "Send an IANA name, such as America/Denver.");
			}
			if (isText(TelegentPhone)) await assertOwnNumber(tx, accountId, TelegentPhone, NOT_THE_ACCOUNTS);
			if (isText(ScheduleId)) await assertOwnSchedule(tx, accountId, ScheduleId);
		},
	});
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** A day has both of its times or none. */
function assertHours(document: Document): void {
	for (const day of WEEKDAYS) {
		const times = [`${day}StartTime`, `${day}EndTime`].map((name) => ({ name, time: document[name] }));
		for (const { name, time } of times) {
			if (isText(time) && minutesOf(time) === undefined) {
				throw new Failure("badInput", `${name} is no time of day`, "Send it as 8:00 AM; empty means closed.");
			}
		}
		const [missing, ...others] = times.filter(({ time }) => !isText(time));
		if (missing !== undefined && others.length === 0) {
			throw new Failure("badInput", `${missing.name} is missing`, "A day has a start and an end, or neither.");
		}
	}
}

/** Held, so that it is not deleted while it is being pointed to. */
async function assertOwnSchedule(tx: Tx, accountId: string, id: string): Promise<void> {
	const row = await tx
		.selectFrom("schedules")
		.select("id")
		.where(sql<string>`lower(id)`, "=", id.toLowerCase())
		.where("accountId", "=", accountId)
		.forShare()
		.executeTakeFirst();
	if (row !== undefined) return;
	throw new Failure("badInput", "ScheduleId is no schedule of this account", "Create it with POST /v1.0/schedules.");
}
