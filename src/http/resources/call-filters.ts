import { z } from "zod";
import { FILTER_MODES, type KeptFilter, type NumberList, ROUTING_LIMITS } from "../../routing/index.ts";
import { optionalId, phoneNumber, requiredId } from "../conventions/fields.ts";
import { type Operation, operation, refuse } from "../conventions/operation.ts";
import { optionalFlag, optionalLongText, phoneNumbers } from "../conventions/texts.ts";
import type { HttpDeps } from "../deps.ts";
import { documentOf, membersOf } from "./documents.ts";

const TAG = "Call Filter";
const FILTER = "CFID-3f0d2c52-7d0c-4f1e-9c26-0d5d5f3b8a11";
const UNUSED_FILTER = "CFID-84a7a2f6-1d54-4b0b-8f0e-1b2f1f9a6c52";
const SUBSCRIBER = "TSUID-1234567999";
const PHONE = "+11234567890";
const CALLERS = ["+18015551234", "+18015555678"];

const subscriberId = requiredId("The subscriber.", SUBSCRIBER);
const callFilterId = requiredId("The call filter.", FILTER);
const accountId = optionalId("Account of the subscriber.", "AID-ab12345-2725-45a1-bd5e-526ed19799xx");

/** A list as a whole may be as long as a filter may hold. */
const list = (description: string) => phoneNumbers(description).max(ROUTING_LIMITS.filterNumbersMax).optional();

const Fields = z.object({
	AllowedNumbers: list("Callers who are always let through; with WHITELIST nobody else is."),
	BlockedNumbers: list("Callers who are refused, whatever else the filter says."),
	EnableTranscription: optionalFlag("Kept; Afterbeep does not listen to running calls."),
	KeywordFilter: optionalLongText("JSON in a text; kept, read back by `keywords`.", '{"CustomKeywords":["prize"]}'),
	TranscriptionAction: z
		.enum(["WARNING", "TERMINATE", "NOTIFY"])
		.optional()
		.meta({ description: "Kept; Afterbeep does not listen to running calls." }),
	WarningMessage: optionalLongText("Kept; Afterbeep does not speak into running calls.", "This call is monitored."),
	NotificationPhones: list("Kept; Afterbeep sends no text messages about calls."),
	ApplyToOutbound: optionalFlag("Kept; calls of the subscriber do not pass here."),
	ApplyToInbound: optionalFlag("False: the filter does not act on calls that come in. It does where this is absent."),
	BlockUnknownNumbers: optionalFlag("Keeps out callers who show no number."),
	BlockInternational: optionalFlag("Keeps out callers of another country code."),
	RecordFlaggedCalls: optionalFlag("Kept; Afterbeep records voicemail only."),
	TimeRestrictions: z.record(z.string(), z.unknown()).optional().meta({ description: "Kept; without effect." }),
});

const text = z.string().nullable();
const Filter = z.object({
	FilterId: z.string(),
	SubscriberId: z.string(),
	AccountId: z.string(),
	Phone: z.string(),
	FilterMode: z.enum(FILTER_MODES),
	AllowedNumbers: z.array(z.string()),
	BlockedNumbers: z.array(z.string()),
	EnableTranscription: z.boolean(),
	KeywordFilter: text,
	TranscriptionAction: text,
	WarningMessage: text,
	NotificationPhones: z.array(z.string()),
	ApplyToOutbound: z.boolean(),
	ApplyToInbound: z.boolean(),
	BlockUnknownNumbers: z.boolean(),
	BlockInternational: z.boolean(),
	RecordFlaggedCalls: z.boolean(),
	TimeRestrictions: z.record(z.string(), z.unknown()).nullable(),
});

const FLAGS = {
	EnableTranscription: false,
	ApplyToOutbound: false,
	ApplyToInbound: false,
	BlockUnknownNumbers: false,
	BlockInternational: false,
	RecordFlaggedCalls: false,
} as const;

function filterAnswer({ id, subscriberId, accountId, phone, document }: KeptFilter): z.output<typeof Filter> {
	const numbers = (name: string) => (document[name] ?? []) as string[];
	return Filter.parse({
		FilterId: id,
		SubscriberId: subscriberId,
		AccountId: accountId,
		Phone: phone,
		AllowedNumbers: numbers("AllowedNumbers"),
		BlockedNumbers: numbers("BlockedNumbers"),
		NotificationPhones: numbers("NotificationPhones"),
		...membersOf(
			document,
			["FilterMode", "KeywordFilter", "TranscriptionAction", "WarningMessage", "TimeRestrictions"],
			FLAGS,
		),
	});
}

const SENT_EXAMPLE = {
	AllowedNumbers: CALLERS.slice(0, 1),
	BlockedNumbers: CALLERS.slice(1),
	BlockUnknownNumbers: true,
	ApplyToInbound: true,
};
const FILTER_EXAMPLE = filterAnswer({
	id: FILTER,
	subscriberId: SUBSCRIBER,
	accountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx",
	phone: PHONE,
	document: { FilterMode: "BLACKLIST", ...SENT_EXAMPLE },
});

/** What a text of JSON says of keywords; whatever else it holds says nothing. */
function keywordsOf(json: unknown) {
	const none = { CustomKeywords: [], SystemKeywords: {}, SeverityMap: {} };
	let parsed: unknown;
	try {
		parsed = JSON.parse(typeof json === "string" ? json : "null");
	} catch {
		return none;
	}
	const texts = z.array(z.string());
	const maps = z.record(z.string(), z.unknown());
	const listed = texts.safeParse(parsed);
	if (listed.success) return { ...none, CustomKeywords: listed.data };
	const record = maps.safeParse(parsed).data ?? {};
	return {
		CustomKeywords: texts.safeParse(record.CustomKeywords).data ?? [],
		SystemKeywords: maps.safeParse(record.SystemKeywords).data ?? {},
		SeverityMap: maps.safeParse(record.SeverityMap).data ?? {},
	};
}

export function callFilterOperations(deps: HttpDeps): readonly Operation[] {
	return [...filterOperations(deps), ...listOperations(deps), ...guardianOperations(deps)];
}

function filterOperations({ routing: { callFilters } }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "createCallFilter",
			method: "POST",
			path: "/v1.0/subscribers/call-filter",
			tag: TAG,
			summary: "Create a call filter",
			description:
				"Says who may reach a subscriber on a number, and with that who may leave a message. A blocked caller is refused (603). Callers kept out by WHITELIST, BlockUnknownNumbers or BlockInternational may leave a message, which is marked as filtered and alerts nobody; the operator may choose to refuse them too. A filter acts once guardian features for calls are on. CHILD, TEENAGER and ADOLESCENT are kept, but add nothing: nobody listens to running calls.\n\nNext: `POST /v1.0/subscribers/guardian-features`.",
			request: Fields.extend({
				SubscriberId: subscriberId,
				Phone: phoneNumber.meta({ description: "Number of the subscriber that is called.", examples: [PHONE] }),
				FilterMode: z.enum(FILTER_MODES).optional().meta({ description: "BLACKLIST when absent." }),
				AccountId: accountId,
			}),
			response: Filter,
			example: {
				request: { SubscriberId: SUBSCRIBER, Phone: PHONE, FilterMode: "BLACKLIST", ...SENT_EXAMPLE },
				response: FILTER_EXAMPLE,
			},
			async handle(input, who) {
				const { SubscriberId, AccountId } = input;
				const document = { FilterMode: "BLACKLIST", ...documentOf(input, "AccountId", "SubscriberId") };
				return filterAnswer(await callFilters.add(who, SubscriberId, AccountId, document));
			},
		}),
		operation({
			id: "findCallFilters",
			method: "GET",
			path: "/v1.0/subscribers/call-filter",
			tag: TAG,
			summary: "Find call filters",
			description: "Your call filters, of one subscriber, number or account where they are named. A bare array.",
			request: z.object({
				SubscriberId: optionalId("The subscriber.", SUBSCRIBER),
				Phone: phoneNumber.optional().meta({ description: "The number called.", examples: [PHONE] }),
				AccountId: accountId,
			}),
			response: z.array(Filter),
			example: { request: { SubscriberId: SUBSCRIBER }, response: [FILTER_EXAMPLE] },
			async handle(input, who) {
				const { SubscriberId, Phone, AccountId } = input;
				const found = await callFilters.find(who, {
					subscriberId: SubscriberId,
					phone: Phone,
					accountId: AccountId,
				});
				return found.map(filterAnswer);
			},
		}),
		operation({
			id: "updateCallFilter",
			method: "POST",
			path: "/v1.0/subscribers/call-filter/update",
			tag: TAG,
			summary: "Change a call filter",
			description: "Changes the members that are sent and no others; a list replaces the list that was there.",
			request: Fields.extend({
				FilterId: callFilterId,
				SubscriberId: optionalId("The filter's subscriber.", SUBSCRIBER),
				Phone: phoneNumber.optional().meta({ description: "Another number of the subscriber.", examples: [PHONE] }),
				FilterMode: z.enum(["WHITELIST", "BLACKLIST"]).optional().meta({ description: "Who is let through." }),
				AccountId: accountId,
			}),
			response: Filter,
			example: { request: { FilterId: FILTER, ...SENT_EXAMPLE }, response: FILTER_EXAMPLE },
			async handle(input, who) {
				return filterAnswer(await callFilters.change(who, input.FilterId, documentOf(input, "FilterId", "AccountId")));
			},
		}),
		operation({
			id: "deleteCallFilter",
			method: "POST",
			path: "/v1.0/subscribers/call-filter/delete",
			tag: TAG,
			summary: "Delete a call filter",
			description: "From the next call on everybody is let through again.",
			request: z.object({ CallFilterId: callFilterId }),
			response: z.object({ Status: z.literal("Deleted"), FilterId: z.string(), DateDeleted: z.string() }),
			example: {
				request: { CallFilterId: UNUSED_FILTER },
				response: { Status: "Deleted", FilterId: UNUSED_FILTER, DateDeleted: "2026-05-28T17:03:11.482Z" },
			},
			async handle(input, who) {
				const { id, at } = await callFilters.remove(who, input.CallFilterId);
				return { Status: "Deleted" as const, FilterId: id, DateDeleted: at.toISOString() };
			},
		}),
	];
}

const OfFilter = z.object({ SubscriberId: subscriberId, CallFilterId: callFilterId, AccountId: accountId });
const OF_FILTER = { SubscriberId: SUBSCRIBER, CallFilterId: FILTER };

const LISTS = [
	{ list: "AllowedNumbers", path: "allowed-numbers", name: "Allowed", meaning: "let through", of: CALLERS.slice(0, 1) },
	{ list: "BlockedNumbers", path: "blocked-numbers", name: "Blocked", meaning: "refused", of: CALLERS.slice(1) },
] as const satisfies { list: NumberList; path: string; name: string; meaning: string; of: string[] }[];

function listOperations({ routing: { callFilters } }: HttpDeps): readonly Operation[] {
	const lists = LISTS.flatMap(({ list, path, name, meaning, of }) => {
		const at = `/v1.0/subscribers/call-filter/${path}` as const;
		const changed = z.object({ FilterId: z.string(), SubscriberId: z.string(), [list]: z.array(z.string()) });
		const answer = ({ id, subscriberId, document }: KeptFilter) => ({
			FilterId: id,
			SubscriberId: subscriberId,
			[list]: (document[list] ?? []) as string[],
		});
		const change = (verb: "add" | "remove", summary: string) =>
			operation({
				id: `${verb}${name}Numbers`,
				method: "POST",
				path: `${at}/${verb}`,
				tag: TAG,
				summary,
				description: `${summary}: callers who are ${meaning}. Harmless to repeat. Answers the list as it is then.`,
				request: z.object({
					SubscriberId: subscriberId,
					CallFilterId: callFilterId,
					Numbers: phoneNumbers("The callers."),
					AccountId: accountId,
				}),
				response: changed,
				example: {
					request: { ...OF_FILTER, Numbers: [...of] },
					response: { FilterId: FILTER, SubscriberId: SUBSCRIBER, [list]: verb === "add" ? [...of] : [] } as never,
				},
				async handle(input, who) {
					if (input.Numbers.length === 0) refuse("Numbers is empty", "Send at least one number.");
					const verbs = { add: callFilters.addNumbers, remove: callFilters.removeNumbers };
					return answer(await verbs[verb](who, input.SubscriberId, input.CallFilterId, list, input.Numbers)) as never;
				},
			});
		return [
			operation({
				id: `list${name}Numbers`,
				method: "GET",
				path: at,
				tag: TAG,
				summary: `List a filter's ${name.toLowerCase()} numbers`,
				description: `The callers who are ${meaning}. A bare array of numbers.`,
				request: OfFilter,
				response: z.array(z.string()),
				example: { request: OF_FILTER, response: [...of] },
				async handle(input, who) {
					const { document } = await callFilters.get(who, input.SubscriberId, input.CallFilterId);
					return (document[list] ?? []) as string[];
				},
			}),
			change("add", `Add ${name.toLowerCase()} numbers`),
			change("remove", `Remove ${name.toLowerCase()} numbers`),
		];
	});
	return [
		...lists,
		operation({
			id: "listFilterKeywords",
			method: "GET",
			path: "/v1.0/subscribers/call-filter/keywords",
			tag: TAG,
			summary: "List a filter's keywords",
			description:
				"What the filter's KeywordFilter says. Afterbeep has no keywords of its own and does not listen to calls.",
			request: OfFilter,
			response: z.object({
				CustomKeywords: z.array(z.string()),
				SystemKeywords: z.record(z.string(), z.unknown()),
				SeverityMap: z.record(z.string(), z.unknown()),
			}),
			example: {
				request: OF_FILTER,
				response: { CustomKeywords: ["prize"], SystemKeywords: {}, SeverityMap: { prize: "high" } },
			},
			async handle(input, who) {
				const { document } = await callFilters.get(who, input.SubscriberId, input.CallFilterId);
				return keywordsOf(document.KeywordFilter);
			},
		}),
	];
}

const Guardian = z.object({
	SubscriberId: z.string(),
	EnableIntelligentGuardianCalls: z.boolean(),
	EnableIntelligentGuardianMessages: z.boolean(),
});
const GUARDIAN_EXAMPLE = {
	SubscriberId: SUBSCRIBER,
	EnableIntelligentGuardianCalls: true,
	EnableIntelligentGuardianMessages: false,
};

function guardianOperations({ routing: { guardians } }: HttpDeps): readonly Operation[] {
	const path = "/v1.0/subscribers/guardian-features";
	const answer = (of: Awaited<ReturnType<typeof guardians.get>>): z.input<typeof Guardian> => ({
		SubscriberId: of.subscriberId,
		EnableIntelligentGuardianCalls: of.calls,
		EnableIntelligentGuardianMessages: of.messages,
	});
	return [
		operation({
			id: "setGuardianFeatures",
			method: "POST",
			path,
			tag: TAG,
			summary: "Turn guardian features on or off",
			description:
				"While they are off for calls, no call filter of the subscriber acts; they are off until turned on here. For messages the switch is kept, but Afterbeep carries no text messages.",
			request: z.object({
				SubscriberId: subscriberId,
				EnableIntelligentGuardianCalls: optionalFlag("Call filters act; stays as it is when absent."),
				EnableIntelligentGuardianMessages: optionalFlag("Kept; stays as it is when absent."),
			}),
			response: Guardian,
			example: { request: GUARDIAN_EXAMPLE, response: GUARDIAN_EXAMPLE },
			async handle(input, who) {
				return answer(
					await guardians.set(who, input.SubscriberId, {
						calls: input.EnableIntelligentGuardianCalls,
						messages: input.EnableIntelligentGuardianMessages,
					}),
				);
			},
		}),
		operation({
			id: "getGuardianFeatures",
			method: "GET",
			path,
			tag: TAG,
			summary: "Read guardian features",
			description: "Whether call filters of the subscriber act; both are off until somebody turned them on.",
			request: z.object({ SubscriberId: subscriberId }),
			response: Guardian,
			example: { request: { SubscriberId: SUBSCRIBER }, response: GUARDIAN_EXAMPLE },
			async handle(input, who) {
				return answer(await guardians.get(who, input.SubscriberId));
			},
		}),
	];
}
