import { z } from "zod";
import { type Kept, WEEKDAYS, type Weekday } from "../../routing/index.ts";
import { optionalId } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import { requiredText } from "../conventions/texts.ts";
import type { HttpDeps } from "../deps.ts";
import { documentOf, membersOf } from "./documents.ts";

const SCHEDULE = "SID-0b9f3c5e-6a54-4c8e-8f0e-3d1b6f7a9c10";
const ACCOUNT = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";
const accountId = optionalId("Account of the schedule. May be left out where the key has one.", ACCOUNT);

type TimeName = `${Weekday}${"Start" | "End"}Time`;
const TIMES = WEEKDAYS.flatMap((day): readonly TimeName[] => [`${day}StartTime`, `${day}EndTime`]);

const time = z
	.string()
	.trim()
	.regex(
		/^$|^(0?[1-9]|1[0-2]):[0-5][0-9] ?[AaPp][Mm]$/,
		"must be a time of day, such as 8:00 AM, or empty for a day that is closed",
	)
	.optional()
	.meta({ description: "Time of day; both of a day empty: closed; an end before the start: past midnight." });
const byTime = <T extends z.ZodType>(type: T) =>
	Object.fromEntries(TIMES.map((name) => [name, type])) as Record<TimeName, T>;

const Schedule = z.object({
	ScheduleId: z.string(),
	Name: z.string(),
	...byTime(z.string()),
	Active: z.boolean(),
	AccountId: z.string(),
});

function answer({ id, accountId, document }: Kept): z.output<typeof Schedule> {
	const times = Object.fromEntries(TIMES.map((name) => [name, document[name] ?? ""]));
	return Schedule.parse({
		ScheduleId: id,
		...membersOf(document, ["Name"], {}),
		...times,
		Active: true,
		AccountId: accountId,
	});
}

const SENT_EXAMPLE = { Name: "Office hours", MondayStartTime: "8:00 AM", MondayEndTime: "5:00 PM" };
const ANSWER_EXAMPLE = answer({ id: SCHEDULE, accountId: ACCOUNT, document: SENT_EXAMPLE });

export function scheduleOperations({ routing: { schedules } }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "createSchedule",
			method: "POST",
			path: "/v1.0/schedules",
			tag: "Schedules",
			summary: "Create a schedule",
			description:
				"Office hours of a week, as the clock on the wall shows them in the zone of the workgroup that uses them. A day without times is closed.",
			request: z.object({
				Name: requiredText("Name of the schedule.", "Office hours"),
				...byTime(time),
				AccountId: accountId,
			}),
			response: Schedule,
			example: { request: { ...SENT_EXAMPLE, AccountId: ACCOUNT }, response: ANSWER_EXAMPLE },
			async handle(input, who) {
				return answer(await schedules.add(who, input.AccountId, documentOf(input, "AccountId")));
			},
		}),
		operation({
			id: "listSchedules",
			method: "GET",
			path: "/v1.0/account/schedules",
			tag: "Schedules",
			summary: "List an account's schedules",
			description: "The schedules of the account, oldest first; of all your accounts where none is named.",
			request: z.object({ AccountId: accountId }),
			response: z.object({ AccountId: z.string().nullable(), TotalResults: z.int(), Results: z.array(Schedule) }),
			example: {
				request: { AccountId: ACCOUNT },
				response: { AccountId: ACCOUNT, TotalResults: 1, Results: [ANSWER_EXAMPLE] },
			},
			async handle(input, who) {
				const found = await schedules.list(who, input.AccountId);
				const AccountId = await schedules.accountOf(who, input.AccountId);
				return { AccountId, TotalResults: found.length, Results: found.map(answer) };
			},
		}),
	];
}
