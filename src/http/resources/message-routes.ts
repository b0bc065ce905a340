import { z } from "zod";
import type { Document, Kept } from "../../routing/index.ts";
import { optionalId, requiredId } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import { optionalFlag, optionalHttpUrl, optionalText, requiredHttpUrl, requiredText } from "../conventions/texts.ts";
import type { HttpDeps } from "../deps.ts";
import { documentOf, membersOf } from "./documents.ts";

const EXAMPLE_ID = "MRID-73af1e73-d7b3-4696-bdd9-5b407c96fc8a";
const UNUSED_ID = "MRID-2a9d1f04-51c7-4c0e-9f0b-6a1de2b7c3d5";
const EXAMPLE_ACCOUNT = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";

const accountId = optionalId("Account that the route is for. May be left out where the key has one.", EXAMPLE_ACCOUNT);
const routeId = requiredId("The message route.", EXAMPLE_ID);
const method = z.enum(["GET", "POST"]);
const authentication = z.enum(["None", "Basic", "Bearer"]);
const NOT_KEPT = "Not kept: Afterbeep carries no text messages.";

const Fields = z.object({
	RouteName: requiredText("Name of the route.", "Main messages").optional(),
	MessageUrl: requiredHttpUrl("Web address that takes inbound text messages.", "https://example.com/sms").optional(),
	MessageUrlMethod: method.optional().meta({ description: "How MessageUrl is called." }),
	MessageRouteEnabled: optionalFlag("The route is on; true when absent."),
	MessageAuthenticationType: authentication.optional().meta({ description: "How MessageUrl knows the caller." }),
	MessageUsername: optionalText("User at MessageUrl.", "sms"),
	MessagePasswordToken: optionalText(`Password or token at MessageUrl. ${NOT_KEPT}`, "secret"),
	CallbackMessageUrl: optionalHttpUrl("Web address told what became of messages.", "https://example.com/sms-status"),
	CallbackMessageUrlMethod: method.optional().meta({ description: "How CallbackMessageUrl is called." }),
	CallbackMessageAuthenticationType: authentication
		.optional()
		.meta({ description: "How CallbackMessageUrl knows the caller." }),
	CallbackMessageUsername: optionalText("User at CallbackMessageUrl.", "sms"),
	CallbackMessagePasswordToken: optionalText(`Password or token at CallbackMessageUrl. ${NOT_KEPT}`, "secret"),
	InboundBypass: optionalFlag("Inbound messages skip content filters."),
	OutboundBypass: optionalFlag("Outbound messages skip content filters."),
	IntelligentRouteEnabled: optionalFlag("Routing by content."),
});

const text = z.string().nullable();
const Shown = z.object({
	MessageRouteId: z.string(),
	RouteName: text,
	MessageUrl: text,
	MessageUrlMethod: text,
	MessageRouteEnabled: z.boolean(),
	MessageAuthenticationType: text,
	MessageUsername: text,
	MessagePasswordToken: z.null(),
	CallbackMessageUrl: text,
	CallbackMessageUrlMethod: text,
	CallbackMessageAuthenticationType: text,
	CallbackMessageUsername: text,
	CallbackMessagePasswordToken: z.null(),
	InboundBypass: z.boolean(),
	OutboundBypass: z.boolean(),
	IntelligentRouteEnabled: z.boolean(),
});
const Route = Shown.extend({ AccountId: z.string() });
const RouteList = z.object({
	AccountID: z.string().nullable(),
	TotalRoutes: z.int(),
	Results: z.array(Shown.extend({ AccountID: z.string() })),
});

const TEXTS = [
	"RouteName",
	"MessageUrl",
	"MessageUrlMethod",
	"MessageAuthenticationType",
	"MessageUsername",
	"CallbackMessageUrl",
	"CallbackMessageUrlMethod",
	"CallbackMessageAuthenticationType",
	"CallbackMessageUsername",
] as const;
const FLAGS = {
	MessageRouteEnabled: true,
	InboundBypass: false,
	OutboundBypass: false,
	IntelligentRouteEnabled: false,
} as const;

const toKeep = (input: Document): Document =>
	documentOf(input, "MessageRouteId", "AccountId", "MessagePasswordToken", "CallbackMessagePasswordToken");

const shown = ({ id, document }: Kept): z.input<typeof Shown> => ({
	MessageRouteId: id,
	...membersOf(document, TEXTS, FLAGS),
	MessagePasswordToken: null,
	CallbackMessagePasswordToken: null,
});
const routeAnswer = (kept: Kept): z.input<typeof Route> => ({ ...shown(kept), AccountId: kept.accountId });

const REQUEST_EXAMPLE = {
	RouteName: "Main messages",
	MessageUrl: "https://example.com/sms",
	MessageUrlMethod: "POST",
	MessageRouteEnabled: true,
	MessageAuthenticationType: "Basic",
	MessageUsername: "sms",
	MessagePasswordToken: "secret",
} as const;
const KEPT_EXAMPLE: Kept = { id: EXAMPLE_ID, accountId: EXAMPLE_ACCOUNT, document: REQUEST_EXAMPLE };
const ROUTE_EXAMPLE = Route.parse(routeAnswer(KEPT_EXAMPLE));

export function messageRouteOperations({ routing: { messageRoutes } }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "createMessageRoute",
			method: "POST",
			path: "/v1.0/message/routes",
			tag: "Message",
			summary: "Create a message route",
			description:
				"A way that text messages of numbers take. Afterbeep carries no text messages: it keeps the route for `numbers/provision` to refer to. Passwords and tokens are never shown.\n\nNext: `POST /v1.0/numbers/provision` with `MessageRouteId`.",
			request: Fields.required({ RouteName: true, MessageUrl: true, MessageUrlMethod: true }).extend({
				AccountId: accountId,
			}),
			response: Route,
			example: {
				request: { ...REQUEST_EXAMPLE, AccountId: EXAMPLE_ACCOUNT },
				response: ROUTE_EXAMPLE,
			},
			async handle(input, who) {
				return routeAnswer(await messageRoutes.add(who, input.AccountId, toKeep(input)));
			},
		}),
		operation({
			id: "updateMessageRoute",
			method: "POST",
			path: "/v1.0/message/routes/update",
			tag: "Message",
			summary: "Change a message route",
			description: "Changes the members that are sent and no others; an empty text clears one.",
			request: Fields.extend({ MessageRouteId: routeId, AccountId: accountId }),
			response: Route,
			example: {
				request: { MessageRouteId: EXAMPLE_ID, ...REQUEST_EXAMPLE, AccountId: EXAMPLE_ACCOUNT },
				response: ROUTE_EXAMPLE,
			},
			async handle(input, who) {
				return routeAnswer(await messageRoutes.change(who, input.MessageRouteId, toKeep(input)));
			},
		}),
		operation({
			id: "getMessageRoute",
			method: "GET",
			path: "/v1.0/message/routes",
			tag: "Message",
			summary: "Read a message route",
			description: "One route of yours. Its passwords and tokens are null.",
			request: z.object({ MessageRouteId: routeId }),
			response: Route,
			example: { request: { MessageRouteId: EXAMPLE_ID }, response: ROUTE_EXAMPLE },
			async handle(input, who) {
				return routeAnswer(await messageRoutes.get(who, input.MessageRouteId));
			},
		}),
		operation({
			id: "listMessageRoutes",
			method: "GET",
			path: "/v1.0/account/message/routes",
			tag: "Message",
			summary: "List an account's message routes",
			description: "The routes of the account, oldest first; of all your accounts where none is named.",
			request: z.object({ AccountId: accountId }),
			response: RouteList,
			example: {
				request: { AccountId: EXAMPLE_ACCOUNT },
				response: {
					AccountID: EXAMPLE_ACCOUNT,
					TotalRoutes: 1,
					Results: [{ ...shown(KEPT_EXAMPLE), AccountID: EXAMPLE_ACCOUNT }],
				},
			},
			async handle(input, who) {
				const routes = await messageRoutes.list(who, input.AccountId);
				return {
					AccountID: await messageRoutes.accountOf(who, input.AccountId),
					TotalRoutes: routes.length,
					Results: routes.map((kept) => ({ ...shown(kept), AccountID: kept.accountId })),
				};
			},
		}),
		operation({
			id: "deleteMessageRoute",
			method: "POST",
			path: "/v1.0/message/routes/delete",
			tag: "Message",
			summary: "Delete a message route",
			description: "Deletes a route that no number refers to. While some do, 400 tells how many.",
			request: z.object({ MessageRouteId: routeId }),
			response: z.object({ MessageRouteStatus: z.literal("Deleted"), MRID: z.string() }),
			example: {
				request: { MessageRouteId: UNUSED_ID },
				response: { MessageRouteStatus: "Deleted", MRID: UNUSED_ID },
			},
			async handle(input, who) {
				return { MessageRouteStatus: "Deleted" as const, MRID: await messageRoutes.remove(who, input.MessageRouteId) };
			},
		}),
	];
}
