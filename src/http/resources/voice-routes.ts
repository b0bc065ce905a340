import { z } from "zod";
import type { Document, Kept } from "../../routing/index.ts";
import { ROUTING_LIMITS } from "../../routing/index.ts";
import { digits, optionalId, requiredId } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import { optionalFlag, optionalHttpUrl, optionalText, optionalUri, requiredText } from "../conventions/texts.ts";
import type { HttpDeps } from "../deps.ts";
import { documentOf, membersOf } from "./documents.ts";

const EXAMPLE_ID = "CRID-4dec6beb-3985-444b-8c06-8baa5jjvawe";
const UNUSED_ID = "CRID-4dec6beb-3985-444b-8c06-8baa70dc145";
const EXAMPLE_ACCOUNT = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";

const ROUTE_TYPES = ["Trunk", "URL", "Forward", "Webhook"] as const;
const METHODS = ["GET", "POST"] as const;
const TRANSPORTS = ["UDP", "TCP", "TLS"] as const;

const accountId = optionalId("Account that the route is for. May be left out where the key has one.", EXAMPLE_ACCOUNT);
const routeId = requiredId("The voice route.", EXAMPLE_ID);
const port = (n: number) =>
	digits(
		z
			.string()
			.regex(/^([0-9]{1,5})?$/, "must be a port number as a text, such as 5061")
			.optional(),
	).meta({ description: `Port of trunk ${n}, as a text.`, examples: ["5061"] });
const rank = (description: string) =>
	z
		.int("must be a whole number")
		.min(0, "must be 0 or more")
		.max(65_535, "must be at most 65535")
		.optional()
		.meta({ description });
const choice = <const T extends readonly [string, ...string[]]>(options: T, description: string) =>
	z.enum(options).optional().meta({ description });

/** What a client may say of a route; only RouteName and RouteType are ever required. */
const Fields = z.object({
	RouteName: requiredText("Name of the route.", "Main SIP Trunk").optional(),
	RouteType: choice(ROUTE_TYPES, "Where calls go: to a SIP trunk, a web address, or another number."),
	VoiceUrl: optionalHttpUrl("Web address asked what to do with a call.", "https://example.com/voice"),
	VoiceUrlMethod: choice(METHODS, "How VoiceUrl is asked."),
	VoiceAuthenticationType: choice(["None", "Basic", "Bearer"], "How VoiceUrl knows us."),
	VoiceUsername: optionalText("User at VoiceUrl; never shown.", "voice"),
	VoicePasswordToken: optionalText("Password or token at VoiceUrl. Not kept: nothing here calls VoiceUrl.", "secret"),
	CallbackVoiceUrl: optionalHttpUrl("Web address told of a call's progress; never shown.", "https://example.com/cb"),
	CallbackVoiceUrlMethod: choice(METHODS, "How CallbackVoiceUrl is told."),
	TrunkIp1: optionalText("Address of trunk 1.", "20.87.87.87"),
	TrunkIp2: optionalText("Address of trunk 2.", "20.87.87.88"),
	TrunkPort1: port(1),
	TrunkPort2: port(2),
	TrunkTransport1: choice(TRANSPORTS, "Transport of trunk 1."),
	TrunkTransport2: choice(TRANSPORTS, "Transport of trunk 2."),
	TrunkUri1: optionalUri("Address of trunk 1 as a URI.", "https://trunk1.example.com"),
	TrunkUri2: optionalUri("Address of trunk 2 as a URI.", "https://trunk2.example.com"),
	TrunkEnabled1: optionalFlag("Trunk 1 is used."),
	TrunkEnabled2: optionalFlag("Trunk 2 is used."),
	Trunk1Priortiy: rank("Priority of trunk 1, the lower the earlier; spelt as the contract has it."),
	Trunk1Weight: rank("Share of trunk 1 among those of one priority."),
	Trunk2Priortiy: rank("Priority of trunk 2, the lower the earlier; spelt as the contract has it."),
	Trunk2Weight: rank("Share of trunk 2 among those of one priority."),
	Trunk1Priority: rank("Trunk1Priortiy, rightly spelt."),
	Trunk2Priority: rank("Trunk2Priortiy, rightly spelt."),
	HeaderManipulation: optionalText("Rules for SIP headers.", ""),
	TransferCallerId: optionalText("Whose number a transferred call shows.", "Transferee"),
	TerminationUriSubdomain: optionalText("Name under which the trunk is reached.", "main"),
	WssUri: optionalText("SIP over WebSocket.", "wss://example.com"),
	EnableSipRefer: optionalFlag("Transfers by REFER."),
	SymmetricRtp: optionalFlag("Media go back to where they come from."),
	EnableTrpSecureTrunk: optionalFlag("Encrypted trunk."),
	EnablePstnTransfer: optionalFlag("Transfers into the telephone network."),
	CnamLookup: optionalFlag("Caller names are looked up."),
	EnableCallStreaming: optionalFlag("Media are streamed elsewhere."),
	IntelligentRouteEnabled: optionalFlag("Routing by content."),
	RouteEnabled: optionalFlag("The route is on; true when absent."),
	IpWhitelist: z
		.array(z.object({ IpAddress: requiredText("Address or range.", "20.87.87.87") }))
		.max(ROUTING_LIMITS.ipAddressesMax, `must be at most ${ROUTING_LIMITS.ipAddressesMax} addresses`)
		.optional()
		.meta({ description: "Who may send calls. In answers `IpWhiteList`, in the list of an account `IpWhitelist`." }),
});

const TEXTS = [
	"RouteName",
	"RouteType",
	"VoiceUrl",
	"VoiceUrlMethod",
	"VoiceAuthenticationType",
	"TrunkIp1",
	"TrunkIp2",
	"TrunkPort1",
	"TrunkPort2",
	"TrunkTransport1",
	"TrunkTransport2",
	"TrunkUri1",
	"TrunkUri2",
	"HeaderManipulation",
	"TransferCallerId",
	"TerminationUriSubdomain",
	"WssUri",
] as const;
const RANKS = ["Trunk1Priortiy", "Trunk1Weight", "Trunk2Priortiy", "Trunk2Weight"] as const;
const FLAGS = {
	TrunkEnabled1: false,
	TrunkEnabled2: false,
	EnableSipRefer: false,
	SymmetricRtp: false,
	EnableTrpSecureTrunk: false,
	EnablePstnTransfer: false,
	CnamLookup: false,
	EnableCallStreaming: false,
	IntelligentRouteEnabled: false,
	RouteEnabled: true,
} as const;

const shapeOf = <N extends string, T extends z.ZodType>(names: readonly N[], type: T) =>
	Object.fromEntries(names.map((name) => [name, type])) as Record<N, T>;

const Shown = z.object({
	CallRouteId: z.string(),
	...shapeOf(TEXTS, z.string().nullable()),
	...shapeOf(RANKS, z.number().nullable()),
	...shapeOf(Object.keys(FLAGS) as (keyof typeof FLAGS)[], z.boolean()),
});
const IpAddresses = z.array(z.object({ IpAddress: z.string() }));
const Route = Shown.extend({ IpWhiteList: IpAddresses, AccountId: z.string() });
const RouteList = z.object({
	AccountID: z.string().nullable(),
	TotalRoutes: z.int(),
	Results: z.array(
		Shown.extend({ IpWhitelist: IpAddresses, CallRouteStatus: z.enum(["Active", "Inactive"]), AccountID: z.string() }),
	),
});

/** Only what is kept: the rightly spelt priorities under the contract's name, no secret. */
function toKeep(input: z.output<typeof Fields>): Document {
	const { Trunk1Priority, Trunk2Priority, ...sent } = input;
	return {
		...documentOf(sent, "CallRouteId", "AccountId", "VoicePasswordToken"),
		Trunk1Priortiy: sent.Trunk1Priortiy ?? Trunk1Priority,
		Trunk2Priortiy: sent.Trunk2Priortiy ?? Trunk2Priority,
	};
}

const shown = ({ id, document }: Kept) => ({
	CallRouteId: id,
	...membersOf(document, [...TEXTS, ...RANKS], FLAGS),
});
const addressesOf = ({ document }: Kept) => (document.IpWhitelist ?? []) as z.output<typeof IpAddresses>;

const routeAnswer = (kept: Kept): z.input<typeof Route> => ({
	...shown(kept),
	IpWhiteList: addressesOf(kept),
	AccountId: kept.accountId,
});

const REQUEST_EXAMPLE: z.input<typeof Fields> & { RouteName: string; RouteType: "Trunk" } = {
	RouteName: "Main SIP Trunk",
	RouteType: "Trunk",
	TrunkIp1: "20.87.87.87",
	TrunkPort1: "5061",
	TrunkTransport1: "UDP",
	TrunkEnabled1: true,
	Trunk1Priortiy: 1,
	Trunk1Weight: 10,
	SymmetricRtp: true,
	IpWhitelist: [{ IpAddress: "20.87.87.87" }],
};
const SHOWN_EXAMPLE = shown({
	id: EXAMPLE_ID,
	accountId: EXAMPLE_ACCOUNT,
	document: REQUEST_EXAMPLE,
}) as z.input<typeof Shown>;
const ANSWER_EXAMPLE = {
	...SHOWN_EXAMPLE,
	IpWhiteList: [{ IpAddress: "20.87.87.87" }],
	AccountId: EXAMPLE_ACCOUNT,
};

export function voiceRouteOperations({ routing: { voiceRoutes } }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "createVoiceRoute",
			method: "POST",
			path: "/v1.0/voice/routes",
			tag: "Voice",
			summary: "Create a voice route",
			description:
				"A way that calls of numbers take. Afterbeep keeps it for `numbers/provision` to refer to; calls reach it over the trusted peers of its own settings, and voicemail works without any route. Credentials are never shown.\n\nNext: `POST /v1.0/numbers/provision` with `VoiceRouteId`.",
			request: Fields.required({ RouteName: true, RouteType: true }).extend({ AccountId: accountId }),
			response: Route,
			example: { request: { ...REQUEST_EXAMPLE, AccountId: EXAMPLE_ACCOUNT }, response: ANSWER_EXAMPLE },
			async handle(input, who) {
				return routeAnswer(await voiceRoutes.add(who, input.AccountId, toKeep(input)));
			},
		}),
		operation({
			id: "updateVoiceRoute",
			method: "POST",
			path: "/v1.0/voice/routes/update",
			tag: "Voice",
			summary: "Change a voice route",
			description: "Changes the members that are sent and no others; an empty text clears one.",
			request: Fields.extend({ CallRouteId: routeId, AccountId: accountId }),
			response: Route,
			example: {
				request: { CallRouteId: EXAMPLE_ID, ...REQUEST_EXAMPLE, AccountId: EXAMPLE_ACCOUNT },
				response: ANSWER_EXAMPLE,
			},
			async handle(input, who) {
				return routeAnswer(await voiceRoutes.change(who, input.CallRouteId, toKeep(input)));
			},
		}),
		operation({
			id: "getVoiceRoute",
			method: "GET",
			path: "/v1.0/voice/routes",
			tag: "Voice",
			summary: "Read a voice route",
			description: "One route of yours, with all that may be shown of it.",
			request: z.object({ CallRouteID: routeId }),
			response: Route,
			example: { request: { CallRouteID: EXAMPLE_ID }, response: ANSWER_EXAMPLE },
			async handle(input, who) {
				return routeAnswer(await voiceRoutes.get(who, input.CallRouteID));
			},
		}),
		operation({
			id: "listVoiceRoutes",
			method: "GET",
			path: "/v1.0/account/voice/routes",
			tag: "Voice",
			summary: "List an account's voice routes",
			description: "The routes of the account, oldest first; of all your accounts where none is named.",
			request: z.object({ AccountId: accountId }),
			response: RouteList,
			example: {
				request: { AccountId: EXAMPLE_ACCOUNT },
				response: {
					AccountID: EXAMPLE_ACCOUNT,
					TotalRoutes: 1,
					Results: [
						{
							...SHOWN_EXAMPLE,
							IpWhitelist: [{ IpAddress: "20.87.87.87" }],
							CallRouteStatus: "Active",
							AccountID: EXAMPLE_ACCOUNT,
						},
					],
				},
			},
			async handle(input, who) {
				const routes = await voiceRoutes.list(who, input.AccountId);
				return {
					AccountID: await voiceRoutes.accountOf(who, input.AccountId),
					TotalRoutes: routes.length,
					Results: routes.map((kept) => ({
						...shown(kept),
						IpWhitelist: addressesOf(kept),
						CallRouteStatus: kept.document.RouteEnabled === false ? ("Inactive" as const) : ("Active" as const),
						AccountID: kept.accountId,
					})),
				};
			},
		}),
		operation({
			id: "deleteVoiceRoute",
			method: "POST",
			path: "/v1.0/voice/routes/delete",
			tag: "Voice",
			summary: "Delete a voice route",
			description: "Deletes a route that no number refers to. While some do, 400 tells how many.",
			request: z.object({ CallRouteId: routeId }),
			response: z.object({ CallRouteStatus: z.literal("Deleted"), CallRouteId: z.string() }),
			example: {
				request: { CallRouteId: UNUSED_ID },
				response: { CallRouteStatus: "Deleted", CallRouteId: UNUSED_ID },
			},
			async handle(input, who) {
				return { CallRouteStatus: "Deleted" as const, CallRouteId: await voiceRoutes.remove(who, input.CallRouteId) };
			},
		}),
	];
}
