import { z } from "zod";
import type { Kept } from "../../routing/index.ts";
import { optionalId, phoneNumber, requiredId } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import {
	optionalDigits,
	optionalFlag,
	optionalLongText,
	optionalText,
	optionalUri,
	requiredText,
} from "../conventions/texts.ts";
import type { HttpDeps } from "../deps.ts";
import { documentOf, membersOf } from "./documents.ts";

const TAG = "Workgroups";
const GROUP = "WID-5e0c7a30-3c61-4d0b-8e55-0d1d5a4c9b21";
const UNUSED_GROUP = "WID-6f1d8b41-4d72-4e1c-9f66-1e2e6b5dac32";
const ACTIVITY = "WAID-7a2e9c52-5e83-4f2d-8a77-2f3f7c6ebd43";
const UNUSED_ACTIVITY = "WAID-8b3fad63-6f94-4a3e-9b88-3a4a8d7fce54";
const ACCOUNT = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";

const accountId = optionalId("Account of the workgroup. May be left out where the key has one.", ACCOUNT);
const groupId = requiredId("The workgroup.", GROUP);
const hoursType = (when: string) =>
	z
		.enum(["User", "Workgroup", "voicemail", "redirect"])
		.optional()
		.meta({ description: `What takes calls ${when}; for voicemail the id beside it decides.` });
const hoursId = (when: string) =>
	optionalText(
		`Whose mailbox takes calls ${when}: a number, or an id NID-, TNID- or TSUID-. Empty: that of TelegentPhone.`,
		"+11234567890",
	);

const Fields = z.object({
	Name: requiredText("Name of the workgroup.", "Sales").optional(),
	Type: z
		.enum(["IVR", "simultaneous", "round-robin", "ring"])
		.optional()
		.meta({ description: "How its people are rung; Afterbeep keeps it for your switch." }),
	TelegentPhone: z
		.string()
		.regex(/^$|^\+[1-9][0-9]{1,14}$/, "must be an E.164 number, such as +11234567890, or empty")
		.optional()
		.meta({ description: "Number of the workgroup, one of yours; empty clears it.", examples: ["+11234567890"] }),
	CallOrder: optionalDigits("Order in which people are rung.", "1"),
	AnnouncementText: optionalLongText("What callers hear, as text.", "Welcome to sales."),
	AnnouncementUrl: optionalUri("What callers hear, as audio.", "https://example.com/welcome.wav"),
	InternalExtension: optionalDigits("Short number.", "200"),
	CallerIdType: optionalText("Whose number people see.", "Caller"),
	CallerIdName: optionalText("Which name people see.", "Sales"),
	RecordCalls: optionalFlag("Kept; Afterbeep records voicemail only."),
	TranscribeRecordings: optionalFlag("Kept."),
	ScheduleId: optionalText("Office hours; none: always on.", "SID-0b9f3c5e-6a54-4c8e-8f0e-3d1b6f7a9c10"),
	TimeZone: optionalText("IANA zone in which the schedule is read; the operator's where absent.", "America/Denver"),
	HoldMusicId: optionalText("Music on hold.", "default"),
	AiRecording: optionalFlag("Kept."),
	OffHoursType: hoursType("outside office hours"),
	OffHoursId: hoursId("outside office hours"),
	OnHoursType: hoursType("within office hours"),
	OnHoursId: hoursId("within office hours"),
	WaitBetween: optionalDigits("Seconds between two people.", "20"),
	TollFreeNumber: optionalText("Toll-free number of the workgroup.", ""),
});

const TEXTS = [
	"Name",
	"Type",
	"TelegentPhone",
	"CallOrder",
	"AnnouncementText",
	"AnnouncementUrl",
	"InternalExtension",
	"CallerIdType",
	"CallerIdName",
	"ScheduleId",
	"TimeZone",
	"HoldMusicId",
	"OffHoursType",
	"OffHoursId",
	"OnHoursType",
	"OnHoursId",
	"WaitBetween",
	"TollFreeNumber",
] as const;
const FLAGS = { RecordCalls: false, TranscribeRecordings: false, AiRecording: false } as const;

const text = z.string().nullable();
const Workgroup = z.object({
	WorkgroupId: z.string(),
	...(Object.fromEntries(TEXTS.map((name) => [name, text])) as Record<(typeof TEXTS)[number], typeof text>),
	RecordCalls: z.boolean(),
	TranscribeRecordings: z.boolean(),
	AiRecording: z.boolean(),
	AccountId: z.string(),
});
const Brief = z.object({
	WorkgroupId: z.string(),
	Name: text,
	Type: text,
	AccountId: z.string(),
	Active: z.boolean(),
	ScheduleId: text,
});

const whole = ({ id, accountId, document }: Kept): z.output<typeof Workgroup> =>
	Workgroup.parse({ WorkgroupId: id, ...membersOf(document, TEXTS, FLAGS), AccountId: accountId });
const brief = ({ id, accountId, document }: Kept): z.output<typeof Brief> =>
	Brief.parse({
		WorkgroupId: id,
		...membersOf(document, ["Name", "Type", "ScheduleId"], {}),
		AccountId: accountId,
		Active: true,
	});

const SENT_EXAMPLE = {
	Name: "Sales",
	Type: "simultaneous",
	TelegentPhone: "+11234567890",
	TimeZone: "America/Denver",
	OffHoursType: "voicemail",
	OffHoursId: "+11234567890",
} as const;
const KEPT_EXAMPLE: Kept = { id: GROUP, accountId: ACCOUNT, document: SENT_EXAMPLE };

export function workgroupOperations(deps: HttpDeps): readonly Operation[] {
	return [...groupOperations(deps), ...activityOperations(deps)];
}

function groupOperations({ routing: { workgroups } }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "createWorkgroup",
			method: "POST",
			path: "/v1.0/workgroups",
			tag: TAG,
			summary: "Create a workgroup",
			description:
				"A number that several people answer. Your switch rings them; a call that nobody took comes here and goes to the mailbox of the number itself, or, where it has none, to the one that OnHoursId or OffHoursId names, by the schedule in the workgroup's zone.",
			request: Fields.required({ Name: true, Type: true }).extend({ AccountId: accountId }),
			response: Workgroup,
			example: { request: { ...SENT_EXAMPLE, AccountId: ACCOUNT }, response: whole(KEPT_EXAMPLE) },
			async handle(input, who) {
				return whole(await workgroups.add(who, input.AccountId, documentOf(input, "AccountId")));
			},
		}),
		operation({
			id: "getWorkgroup",
			method: "GET",
			path: "/v1.0/workgroups",
			tag: TAG,
			summary: "Read a workgroup",
			description: "One workgroup of yours, in brief: the contract shows these six members here.",
			request: z.object({ WorkgroupId: groupId }),
			response: Brief,
			example: { request: { WorkgroupId: GROUP }, response: brief(KEPT_EXAMPLE) },
			async handle(input, who) {
				return brief(await workgroups.get(who, input.WorkgroupId));
			},
		}),
		operation({
			id: "updateWorkgroup",
			method: "POST",
			path: "/v1.0/workgroups/update",
			tag: TAG,
			summary: "Change a workgroup",
			description: "Changes the members that are sent and no others; an empty text clears one.",
			request: Fields.extend({ WorkgroupId: groupId, AccountId: accountId }),
			response: Workgroup,
			example: { request: { WorkgroupId: GROUP, ...SENT_EXAMPLE }, response: whole(KEPT_EXAMPLE) },
			async handle(input, who) {
				return whole(await workgroups.change(who, input.WorkgroupId, documentOf(input, "WorkgroupId", "AccountId")));
			},
		}),
		operation({
			id: "deleteWorkgroup",
			method: "POST",
			path: "/v1.0/workgroups/delete",
			tag: TAG,
			summary: "Delete a workgroup",
			description: "Deletes the workgroup and its activities. The id stands in the query; a body is taken as well.",
			inQuery: true,
			request: z.object({ WorkgroupId: groupId }),
			response: z.object({ WorkgroupId: z.string(), Successful: z.boolean() }),
			example: { request: { WorkgroupId: UNUSED_GROUP }, response: { WorkgroupId: UNUSED_GROUP, Successful: true } },
			async handle(input, who) {
				return { WorkgroupId: await workgroups.remove(who, input.WorkgroupId), Successful: true };
			},
		}),
		operation({
			id: "listWorkgroups",
			method: "GET",
			path: "/v1.0/account/workgroups",
			tag: TAG,
			summary: "List an account's workgroups",
			description: "The workgroups of the account, oldest first; of all your accounts where none is named.",
			request: z.object({ AccountId: accountId }),
			response: z.object({ AccountId: text, TotalResults: z.int(), Results: z.array(Brief) }),
			example: {
				request: { AccountId: ACCOUNT },
				response: { AccountId: ACCOUNT, TotalResults: 1, Results: [brief(KEPT_EXAMPLE)] },
			},
			async handle(input, who) {
				const found = await workgroups.list(who, input.AccountId);
				const AccountId = await workgroups.accountOf(who, input.AccountId);
				return { AccountId, TotalResults: found.length, Results: found.map(brief) };
			},
		}),
	];
}

const ActivityFields = z.object({
	Type: z.enum(["User", "Workgroup", "phone"]).optional().meta({ description: "What takes the call." }),
	DigitOrder: optionalDigits("Key or turn.", "1"),
	PhoneNumber: phoneNumber.optional().meta({ description: "Number to ring.", examples: ["+18015551234"] }),
	ReferenceWorkgroupId: optionalText("Workgroup to ring.", GROUP),
	ReferenceUserId: optionalText("Subscriber to ring.", "TSUID-1234567999"),
	SmsNotification: optionalFlag("Kept; Afterbeep sends no text messages about workgroups."),
	EmailNotification: optionalFlag("Kept."),
});
const activityDone = <const S extends string>(status: S) =>
	z.object({ WorkgroupActivityStatus: z.literal(status), WorkgroupActivityId: z.string() });

function activityOperations({ routing: { activities } }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "createWorkgroupActivity",
			method: "POST",
			path: "/v1.0/workgroups/activity",
			tag: TAG,
			summary: "Add a member to a workgroup",
			description: "Who is rung, on which key or turn. Afterbeep keeps it for your switch.",
			request: ActivityFields.required({ Type: true }).extend({ WorkgroupId: groupId }),
			response: activityDone("Created"),
			example: {
				request: { WorkgroupId: GROUP, Type: "User", DigitOrder: "1", ReferenceUserId: "TSUID-1234567999" },
				response: { WorkgroupActivityStatus: "Created", WorkgroupActivityId: ACTIVITY },
			},
			async handle(input, who) {
				const id = await activities.add(who, input.WorkgroupId, documentOf(input, "WorkgroupId"));
				return { WorkgroupActivityStatus: "Created" as const, WorkgroupActivityId: id };
			},
		}),
		operation({
			id: "updateWorkgroupActivity",
			method: "POST",
			path: "/v1.0/workgroups/activity/update",
			tag: TAG,
			summary: "Change a member of a workgroup",
			description: "Changes the members that are sent and no others; an empty text clears one.",
			request: ActivityFields.extend({ WorkgroupActivityId: requiredId("The activity.", ACTIVITY) }),
			response: activityDone("Updated"),
			example: {
				request: { WorkgroupActivityId: ACTIVITY, DigitOrder: "2" },
				response: { WorkgroupActivityStatus: "Updated", WorkgroupActivityId: ACTIVITY },
			},
			async handle(input, who) {
				const id = await activities.change(who, input.WorkgroupActivityId, documentOf(input, "WorkgroupActivityId"));
				return { WorkgroupActivityStatus: "Updated" as const, WorkgroupActivityId: id };
			},
		}),
		operation({
			id: "deleteWorkgroupActivity",
			method: "POST",
			path: "/v1.0/workgroups/activity/delete",
			tag: TAG,
			summary: "Remove a member from a workgroup",
			description: "Removes one activity of a workgroup of yours.",
			request: z.object({ WorkgroupActivityId: requiredId("The activity.", UNUSED_ACTIVITY) }),
			response: activityDone("Deleted"),
			example: {
				request: { WorkgroupActivityId: UNUSED_ACTIVITY },
				response: { WorkgroupActivityStatus: "Deleted", WorkgroupActivityId: UNUSED_ACTIVITY },
			},
			async handle(input, who) {
				const id = await activities.remove(who, input.WorkgroupActivityId);
				return { WorkgroupActivityStatus: "Deleted" as const, WorkgroupActivityId: id };
			},
		}),
	];
}
