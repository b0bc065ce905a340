/**
 * What calls ask: may this caller leave a message for that number, and whose mailbox takes the calls of a workgroup's
 * number. `calls/` declares the same shapes as ports; the two rooms may not import each other.
 */
import { sql } from "kysely";
import { type Clock, isE164 } from "../domain/index.ts";
import { type Db, prepared } from "../store/index.ts";
import { type CallFilter, type CallingParty, decide, type FilterMode, type KeptOut, type Verdict } from "./decide.ts";
import { ROUTING_LIMITS } from "./limits.ts";
import { isOpen } from "./schedule-hours.ts";
import type { Document } from "./types.ts";

export interface StandIn {
	/** E.164. */
	readonly phoneNumber: string;
	readonly why: string;
}

/** What holds for the numbers of one call, as it was when they were looked up. */
export interface RulesInForce {
	judge(phoneNumber: string, caller: CallingParty): Verdict;
	/** The number whose mailbox takes calls for one that has none of its own; undefined where nobody does. */
	standIn(phoneNumber: string): Promise<StandIn | undefined>;
}

export interface CallRules {
	/** One query for all numbers of an INVITE. Throws Failure `storeUnavailable` when the database is away. */
	find(phoneNumbers: readonly string[]): Promise<RulesInForce>;
}

export interface CallRulesNeeds {
	readonly db: Db;
	readonly clock: Clock;
	/** What becomes of callers whom a filter keeps out without naming them. */
	readonly keptOut: KeptOut;
	/** IANA name of workgroups that have none. */
	readonly timeZone: string;
}

interface FoundFilter {
	readonly id: string;
	readonly phone: string;
	readonly document: Document;
}

interface FoundWorkgroup {
	readonly id: string;
	readonly accountId: string;
	readonly phone: string;
	readonly document: Document;
	readonly schedule: Document | null;
}

export function createCallRules(needs: CallRulesNeeds): CallRules {
	return {
		async find(phoneNumbers) {
			const { filters, workgroups } = await rulesOf(needs.db, phoneNumbers);
			return {
				judge: (phoneNumber, caller) => {
					const mine = filters.filter((one) => one.phone === phoneNumber && actsInbound(one)).map(filterOf);
					return decide(mine, phoneNumber, caller, needs.keptOut);
				},
				standIn: async (phoneNumber) => {
					const group = workgroups.find((one) => one.phone === phoneNumber);
					return group && standInOf(needs, group);
				},
			};
		},
	};
}

/**
 * Filters act only where their subscriber has guardian calls on (contract 3.7) and the number is still in the
 * subscriber's account: what an earlier owner of a number laid down binds nobody.
 */
const rulesInForce = prepared((db, given: { readonly phoneNumbers: readonly string[] }) => {
	const numbers = sql`any(${given.phoneNumbers}::text[])`;
	const statement = sql<{ filters: FoundFilter[]; workgroups: FoundWorkgroup[] }>`
		select
			(select coalesce(json_agg(json_build_object('id', id, 'phone', phone, 'document', document)), '[]') from (
				select f.id, f.phone, f.document from call_filters f
				join guardian_features g on g.subscriber_id = f.subscriber_id and g.calls
				join subscribers s on s.id = f.subscriber_id
				join numbers n on n.number = f.phone and n.account_id = s.account_id
				where f.phone = ${numbers} order by f.created_on, f.id limit ${ROUTING_LIMITS.filtersPerCallMax}
			) found_filters) as filters,
			(select coalesce(json_agg(json_build_object('id', id, 'accountId', account_id, 'phone', telegent_phone,
				'document', document, 'schedule', schedule)), '[]') from (
				select w.id, w.account_id, w.telegent_phone, w.document, s.document as schedule from workgroups w
				join numbers n on n.number = w.telegent_phone and n.account_id = w.account_id
				left join schedules s on lower(s.id) = lower(w.schedule_id) and s.account_id = w.account_id
				where w.telegent_phone = ${numbers} order by w.created_on, w.id limit ${ROUTING_LIMITS.filtersPerCallMax}
			) found_workgroups) as workgroups
	`;
	return { compile: () => statement.compile(db) };
});

async function rulesOf(db: Db, phoneNumbers: readonly string[]) {
	if (phoneNumbers.length === 0) return { filters: [], workgroups: [] };
	return (await rulesInForce.first(db, { phoneNumbers }))!;
}

function filterOf({ id, document }: FoundFilter): CallFilter {
	return {
		filterId: id,
		mode: document.FilterMode as FilterMode,
		allowedNumbers: (document.AllowedNumbers ?? []) as string[],
		blockedNumbers: (document.BlockedNumbers ?? []) as string[],
		blockUnknownNumbers: document.BlockUnknownNumbers === true,
		blockInternational: document.BlockInternational === true,
	};
}

/** A filter that names no direction was not meant to do nothing: it acts on calls that come in. */
const actsInbound = ({ document }: FoundFilter) => document.ApplyToInbound !== false;

async function standInOf(needs: CallRulesNeeds, group: FoundWorkgroup): Promise<StandIn | undefined> {
	const zone = text(group.document.TimeZone) ?? needs.timeZone;
	const open = group.schedule === null || isOpen(group.schedule, zone, needs.clock.now());
	const hours = open ? "OnHoursId" : "OffHoursId";
	const reference = text(group.document[hours]);
	if (reference === undefined) return undefined;
	const phoneNumber = await equippedNumber(needs.db, group.accountId, reference);
	if (phoneNumber === undefined) return undefined;
	return { phoneNumber, why: `The number is that of the workgroup ${group.id}, whose ${hours} is in force.` };
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/**
 * The number with an active mailbox that an id of the account means: itself, `NID-`/`TNID-`, or the first of a
 * subscriber.
 */
async function equippedNumber(db: Db, accountId: string, reference: string): Promise<string | undefined> {
	const uuid = /^T?NID-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(reference)?.[1];
	const row = await db
		.selectFrom("numbers")
		.innerJoin("mailboxes", "mailboxes.phoneNumber", "numbers.number")
		.select("numbers.number")
		.where("numbers.accountId", "=", accountId)
		.where((eb) => {
			if (isE164(reference)) return eb("numbers.number", "=", reference);
			if (uuid !== undefined) return eb("numbers.id", "=", uuid);
			return eb(sql<string>`lower(numbers.assigned_subscriber_id)`, "=", reference.toLowerCase());
		})
		.orderBy("numbers.provisionedOn")
		.orderBy("numbers.number")
		.limit(1)
		.executeTakeFirst();
	return row?.number;
}
