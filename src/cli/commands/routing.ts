/** `afterbeep routes`, `filters`, `workgroups`, `schedules`: what decides about calls, listed and shown. */
import { Failure, type Principal } from "../../domain/index.ts";
import type { Kept, KeptFilter, Routing } from "../../routing/index.ts";
import { cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import type { Command } from "../command.ts";
import { printOne, printRows } from "../output.ts";
import { withPlatform } from "../with-platform.ts";

type View = Readonly<Record<string, unknown>>;

interface Subject {
	/** First word of its commands. */
	readonly noun: string;
	readonly one: string;
	readonly idName: string;
	readonly exampleId: string;
	readonly titles: readonly string[];
	list(routing: Routing, who: Principal, accountId: string | undefined): Promise<readonly View[]>;
}

/** Under the names of the API; what was never set is left out. */
const keptView =
	(idName: string) =>
	({ id, accountId, document }: Kept): View => ({ [idName]: id, AccountId: accountId, ...document });

const filterView = ({ id, accountId, document }: KeptFilter): View => ({
	FilterId: id,
	AccountId: accountId,
	...document,
});

const SUBJECTS: readonly Subject[] = [
	{
		noun: "routes",
		one: "a voice or message route",
		idName: "RouteId",
		exampleId: "CRID-...",
		titles: ["RouteId", "AccountId", "Kind", "RouteName", "RouteType"],
		list: async ({ voiceRoutes, messageRoutes }, who, accountId) => {
			const kinds = [
				{ Kind: "voice", found: await voiceRoutes.list(who, accountId) },
				{ Kind: "message", found: await messageRoutes.list(who, accountId) },
			];
			return kinds.flatMap(({ Kind, found }) => found.map((kept) => ({ ...keptView("RouteId")(kept), Kind })));
		},
	},
	{
		noun: "filters",
		one: "a call filter",
		idName: "FilterId",
		exampleId: "CFID-...",
		titles: ["FilterId", "AccountId", "SubscriberId", "Phone", "FilterMode"],
		list: async ({ callFilters }, who, accountId) => {
			const found = await callFilters.find(who, { accountId, subscriberId: undefined, phone: undefined });
			return found.map(filterView);
		},
	},
	{
		noun: "workgroups",
		one: "a workgroup",
		idName: "WorkgroupId",
		exampleId: "WID-...",
		titles: ["WorkgroupId", "AccountId", "Name", "Type", "TelegentPhone", "ScheduleId"],
		list: async ({ workgroups }, who, accountId) =>
			(await workgroups.list(who, accountId)).map(keptView("WorkgroupId")),
	},
	{
		noun: "schedules",
		one: "a schedule",
		idName: "ScheduleId",
		exampleId: "SID-...",
		titles: ["ScheduleId", "AccountId", "Name", "MondayStartTime", "MondayEndTime"],
		list: async ({ schedules }, who, accountId) => (await schedules.list(who, accountId)).map(keptView("ScheduleId")),
	},
];

export const routingCommands: readonly Command[] = SUBJECTS.flatMap((subject) => [listOf(subject), showOf(subject)]);

function listOf({ noun, titles, list }: Subject): Command {
	return {
		name: `${noun} list`,
		summary: `List an operator's ${noun === "filters" ? "call filters" : noun}`,
		options: { ...DISTRIBUTOR_OPTION, account: { value: "ACCOUNTID", meaning: "only those of this account" } },
		examples: [`afterbeep ${noun} list`, `afterbeep ${noun} list --account AID-... --json`],
		async run(invocation) {
			return withPlatform(invocation, async ({ routing, operators }) => {
				const who = await cliPrincipal(operators, `${noun} list`, invocation.value("distributor"));
				const views = await list(routing, who, invocation.value("account"));
				printRows(invocation, views, titles, `No ${noun}.`);
				return 0;
			});
		},
	};
}

function showOf({ noun, one, idName, exampleId, list }: Subject): Command {
	return {
		name: `${noun} show`,
		summary: `Show ${one}`,
		positionals: [{ name: idName.toUpperCase(), required: true }],
		options: DISTRIBUTOR_OPTION,
		examples: [`afterbeep ${noun} show ${exampleId}`],
		async run(invocation) {
			const id = invocation.positionals[0]!;
			return withPlatform(invocation, async ({ routing, operators }) => {
				const who = await cliPrincipal(operators, `${noun} show`, invocation.value("distributor"));
				const views = await list(routing, who, undefined);
				const found = views.find((view) => String(view[idName]).toLowerCase() === id.toLowerCase());
				if (found === undefined) {
					throw new Failure("notFound", `There is no ${noun.slice(0, -1)} ${id}`, `See: afterbeep ${noun} list`);
				}
				printOne(invocation, found);
				return 0;
			});
		},
	};
}
