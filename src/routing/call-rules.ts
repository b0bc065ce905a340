/**
 * What calls ask: may this caller leave a message for that number, and whose mailbox takes the calls of a workgroup's
 * number. `calls/` declares the same shapes as ports; the two rooms may not import each other.
 */
import { sql } from "kysely";
import { type Clock, isE164 } from "../domain/index.ts";
import { type Db, type GatheredReading, gathered, prepared } from "../store/index.ts";
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
	/** Whether any caller at all may be kept out. */
	hasFilters(phoneNumber: string): boolean;
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

interface Found {
	readonly kind: "filter" | "workgroup";
	readonly phone: string;
	readonly id: string;
	readonly accountId: string;
	readonly document: Document;
	/** Of a workgroup that has one. */
	readonly schedule: Document | null;
}

export function createCallRules(needs: CallRulesNeeds): CallRules {
	const rulesOf = rulesReading(needs.db);
	return {
		async find(phoneNumbers) {
			const found = (await Promise.all([...new Set(phoneNumbers)].map(rulesOf))).flatMap((rules) => rules ?? []);
			const of = (kind: Found["kind"], phoneNumber: string) =>
				found.filter((one) => one.kind === kind && one.phone === phoneNumber);
			const filtersOf = (phoneNumber: string) => of("filter", phoneNumber).filter(actsInbound).map(filterOf);
			return {
				judge: (phoneNumber, caller) => decide(filtersOf(phoneNumber), phoneNumber, caller, needs.keptOut),
				hasFilters: (phoneNumber) => filtersOf(phoneNumber).length > 0,
				standIn: async (phoneNumber) => {
					const group = of("workgroup", phoneNumber)[0];
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
	// In a subquery PostgreSQL does not look at how many they are, so that one plan does for all calls.
	const numbers = sql`any((select ${given.phoneNumbers}::text[])::text[])`;
	const statement = sql<Found>`
		select 'filter' as kind, phone, id, account_id, document, null::jsonb as schedule, created_on from (
			select f.phone, f.id, n.account_id, f.document, f.created_on,
				row_number() over (partition by f.phone order by f.created_on, f.id) as place
			from call_filters f
			join guardian_features g on g.subscriber_id = f.subscriber_id and g.calls
			join subscribers s on s.id = f.subscriber_id
			join numbers n on n.number = f.phone and n.account_id = s.account_id
			where f.phone = ${numbers}
		) filters where place <= ${ROUTING_LIMITS.filtersPerNumberMax}
		union all
		select 'workgroup', phone, id, account_id, document, schedule, created_on from (
			select w.telegent_phone as phone, w.id, w.account_id, w.document, s.document as schedule, w.created_on,
				row_number() over (partition by w.telegent_phone order by w.created_on, w.id) as place
			from workgroups w
			join numbers n on n.number = w.telegent_phone and n.account_id = w.account_id
			left join schedules s on lower(s.id) = lower(w.schedule_id) and s.account_id = w.account_id
			where w.telegent_phone = ${numbers}
		) groups where place <= ${ROUTING_LIMITS.filtersPerNumberMax}
		order by created_on, id
	`;
	return { compile: () => statement.compile(db) };
});

/** Each call asks for its numbers: those of calls of the same moment are one statement. */
function rulesReading(db: Db): GatheredReading<string, readonly Found[]> {
	const { rulesGatheredMax: keysMax, rulesReadingsAtOnce: atOnceMax } = ROUTING_LIMITS;
	return gathered(
		async (phoneNumbers) => {
			const found = await rulesInForce.run(db, { phoneNumbers });
			return Map.groupBy(found, (one) => one.phone);
		},
		{ keysMax, atOnceMax },
	);
}

function filterOf({ id, document }: Found): CallFilter {
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
const actsInbound = ({ document }: Found) => document.ApplyToInbound !== false;

async function standInOf(needs: CallRulesNeeds, group: Found): Promise<StandIn | undefined> {
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
