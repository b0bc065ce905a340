/**
 * Verbs that do what an operation of the API does, with its fields as `Field=value`: what may be sent, and what is
 * refused in which words, stands in one place for programs and for people.
 */
import type { Principal } from "../../domain/index.ts";
import { cliActor, cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import type { Command, Invocation } from "../command.ts";
import { fieldsOf, phoneNumberArgument } from "../input.ts";
import type { Opened } from "../open-platform.ts";
import { printOne } from "../output.ts";
import { withPlatform } from "../with-platform.ts";

interface Thing {
	/** Of the command. */
	readonly name: string;
	readonly summary: string;
	/** Id of the operation that does it. */
	readonly does: string;
	/** The field that is a word of its own, for what exists already. */
	readonly names?: string;
	/** Fields that are worth showing; all are in the reference. Absent: there are no others. */
	readonly fields?: string;
	readonly example: string;
}

const LINE = "VoiceEnabled, MessageEnabled, VoiceRouteId, MessageRouteId, AssignedSubscriberId, CnamFirstName";
const MAILBOX = "PIN, FirstName, LastName, Email";
const WEBHOOK = "WebhookUrl, SubscribedEvents, Method, AuthenticationType, AuthenticationToken, AccountId";
const VOICE_ROUTE = "RouteName, RouteType, TrunkIp1, TrunkPort1, TrunkTransport1, AccountId";
const MESSAGE_ROUTE = "RouteName, MessageUrl, MessageUrlMethod, AccountId";
const FILTER =
	"SubscriberId, Phone, FilterMode, AllowedNumbers, BlockedNumbers, BlockUnknownNumbers, BlockInternational";
const GROUP = "Name, Type, TelegentPhone, ScheduleId, TimeZone, OnHoursType, OnHoursId, OffHoursType, OffHoursId";

const THINGS: readonly Thing[] = [
	{
		name: "numbers update",
		summary: "Change what a number is set up for",
		does: "updateNumber",
		names: "Number",
		fields: LINE,
		example: "+11234567890 VoiceEnabled=true CnamFirstName=Bob",
	},
	{
		name: "mailboxes activate",
		summary: "Activate voicemail on a number",
		does: "activateVoicemail",
		names: "PhoneNumber",
		fields: MAILBOX,
		example: "+11234567890 Email=john@example.com PIN=-",
	},
	{
		name: "mailboxes update",
		summary: "Change a mailbox's PIN, name or e-mail",
		does: "updateVoicemail",
		names: "PhoneNumber",
		fields: MAILBOX,
		example: "+11234567890 Email=jane@example.com",
	},
	{
		name: "mailboxes delete",
		summary: "Take voicemail off a number, and erase its messages",
		does: "deleteVoicemail",
		names: "PhoneNumber",
		example: "+11234567890",
	},
	{ name: "webhooks show", summary: "Show a webhook", does: "getWebhook", names: "WebhookId", example: "WID-0190..." },
	{
		name: "webhooks create",
		summary: "Have events sent to a URL",
		does: "createWebhook",
		fields: WEBHOOK,
		example: "WebhookUrl=https://example.com/events SubscribedEvents=Voicemail_*",
	},
	{
		name: "webhooks update",
		summary: "Change a webhook, and turn it on again",
		does: "updateWebhook",
		names: "WebhookId",
		fields: WEBHOOK,
		example: "WID-0190... SubscribedEvents=Order_Update,Voicemail_*",
	},
	{
		name: "webhooks delete",
		summary: "Delete a webhook with its deliveries",
		does: "deleteWebhook",
		names: "WebhookId",
		example: "WID-0190...",
	},
	{
		name: "webhooks secret",
		summary: "Show the key that a webhook's requests are signed with",
		does: "getWebhookSecret",
		names: "WebhookId",
		example: "WID-0190...",
	},
	{
		name: "webhooks rotate-secret",
		summary: "Sign with a new key; the old one signs for a day more",
		does: "rotateWebhookSecret",
		names: "WebhookId",
		example: "WID-0190...",
	},
	{
		name: "routes create-voice",
		summary: "Add a voice route",
		does: "createVoiceRoute",
		fields: VOICE_ROUTE,
		example: 'RouteName="Main SIP Trunk" RouteType=Trunk',
	},
	{
		name: "routes update-voice",
		summary: "Change a voice route",
		does: "updateVoiceRoute",
		names: "CallRouteId",
		fields: VOICE_ROUTE,
		example: "CRID-... TrunkPort1=5061",
	},
	{
		name: "routes delete-voice",
		summary: "Delete a voice route that no number has",
		does: "deleteVoiceRoute",
		names: "CallRouteId",
		example: "CRID-...",
	},
	{
		name: "routes create-message",
		summary: "Add a message route",
		does: "createMessageRoute",
		fields: MESSAGE_ROUTE,
		example: "RouteName=Main MessageUrl=https://example.com/sms MessageUrlMethod=POST",
	},
	{
		name: "routes update-message",
		summary: "Change a message route",
		does: "updateMessageRoute",
		names: "MessageRouteId",
		fields: MESSAGE_ROUTE,
		example: "MRID-... RouteName=Spare",
	},
	{
		name: "routes delete-message",
		summary: "Delete a message route that no number has",
		does: "deleteMessageRoute",
		names: "MessageRouteId",
		example: "MRID-...",
	},
	{
		name: "filters create",
		summary: "Add a call filter to a subscriber",
		does: "createCallFilter",
		fields: FILTER,
		example: "SubscriberId=TSUID-... Phone=+11234567890 FilterMode=BLACKLIST BlockedNumbers='[\"+18015551234\"]'",
	},
	{
		name: "filters update",
		summary: "Change a call filter",
		does: "updateCallFilter",
		names: "FilterId",
		fields: FILTER,
		example: "CFID-... BlockUnknownNumbers=true",
	},
	{
		name: "filters delete",
		summary: "Delete a call filter",
		does: "deleteCallFilter",
		names: "CallFilterId",
		example: "CFID-...",
	},
	{
		name: "guardian-features show",
		summary: "Show whether a subscriber's call filters are on",
		does: "getGuardianFeatures",
		names: "SubscriberId",
		example: "TSUID-...",
	},
	{
		name: "guardian-features set",
		summary: "Switch a subscriber's call filters on or off",
		does: "setGuardianFeatures",
		names: "SubscriberId",
		fields: "EnableIntelligentGuardianCalls, EnableIntelligentGuardianMessages",
		example: "TSUID-... EnableIntelligentGuardianCalls=true",
	},
	{
		name: "workgroups create",
		summary: "Add a workgroup",
		does: "createWorkgroup",
		fields: GROUP,
		example: "Name=Desk Type=simultaneous TelegentPhone=+11234567890 OffHoursType=voicemail",
	},
	{
		name: "workgroups update",
		summary: "Change a workgroup",
		does: "updateWorkgroup",
		names: "WorkgroupId",
		fields: GROUP,
		example: "WID-... TimeZone=America/Denver",
	},
	{
		name: "workgroups delete",
		summary: "Delete a workgroup",
		does: "deleteWorkgroup",
		names: "WorkgroupId",
		example: "WID-...",
	},
	{
		name: "schedules create",
		summary: "Add a schedule of office hours",
		does: "createSchedule",
		fields: "Name, MondayStartTime, MondayEndTime, ... SundayEndTime, AccountId",
		example: 'Name=Office MondayStartTime="8:00 AM" MondayEndTime="5:00 PM"',
	},
];

export const thingCommands: readonly Command[] = THINGS.map((thing) => ({
	name: thing.name,
	summary: thing.summary,
	positionals: thing.names === undefined ? [] : [{ name: thing.names.toUpperCase(), required: true }],
	...(thing.fields !== undefined && { more: "FIELD=VALUE..." }),
	options: DISTRIBUTOR_OPTION,
	...(thing.fields !== undefined && {
		details: `
Fields are those of the API:
${thing.fields}.
The page /docs of the running platform describes each. Lists are JSON; a value of - is read from standard input, so that a
secret stands in no list of processes.`,
	}),
	examples: [`afterbeep ${thing.name} ${thing.example}`],
	run: (invocation) => run(invocation, thing),
}));

async function run(invocation: Invocation, thing: Thing): Promise<number> {
	const [first = "", ...others] = invocation.positionals;
	const words = thing.names === undefined ? invocation.positionals : others;
	const isNumber = thing.names === "Number" || thing.names === "PhoneNumber";
	const named = isNumber ? phoneNumberArgument(first) : first;
	const raw = { ...(thing.names !== undefined && { [thing.names]: named }), ...(await fieldsOf(words)) };
	return withPlatform(invocation, async (platform) => {
		const { runOperation } = await import("../../http/index.ts");
		const who = isNumber
			? await ownerOf(platform, named, thing.name)
			: await cliPrincipal(platform.operators, thing.name, invocation.value("distributor"));
		printOne(invocation, (await runOperation(platform, thing.does, raw, who)) as Readonly<Record<string, unknown>>);
		return 0;
	});
}

/** Whoever has the number: the command line acts for every operator. */
async function ownerOf({ numbers }: Opened, number: string, operation: string): Promise<Principal> {
	return { ...(await numbers.ownerOf(number)), ...cliActor(operation), accountId: undefined } as Principal;
}
