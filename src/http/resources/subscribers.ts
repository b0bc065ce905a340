import { z } from "zod";
import { DIRECTORY_LIMITS, ROLES, type SubscriberView } from "../../directory/index.ts";
import { accountId, email, phoneNumber, requiredId, requiredName } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";
import { HTTP_LIMITS } from "../limits.ts";

const name = requiredName("Name of the person.", "Jerome User 4");
const role = z.enum(ROLES).meta({ description: "What the person may do; kept and shown, it changes nothing here." });
const phoneNumbers = z
	.array(phoneNumber)
	.max(
		DIRECTORY_LIMITS.numbersPerSubscriberMax,
		`must hold at most ${DIRECTORY_LIMITS.numbersPerSubscriberMax} numbers`,
	)
	.meta({ description: "Numbers of the account that are to be the subscriber's.", examples: [["+1234567890"]] });
const password = z
	.string()
	.max(HTTP_LIMITS.passwordCharsMax, `must be at most ${HTTP_LIMITS.passwordCharsMax} characters`)
	.meta({
		description: "Taken for the sake of existing clients and not kept: nothing of Afterbeep is opened with it.",
		examples: ["1234567890"],
		writeOnly: true,
	});
const subscriberId = requiredId("Subscriber meant.", "TSUID-1234567999");

export const SubscriberResult = z.object({
	SubscriberId: z.string(),
	Name: z.string(),
	Email: z.string(),
	PhoneNumbers: z.array(z.string()),
	Role: z.string(),
	Account: z.object({ AccountId: z.string(), CompanyName: z.string() }),
});

export function subscriberResult(subscriber: SubscriberView): z.input<typeof SubscriberResult> {
	return {
		SubscriberId: subscriber.subscriberId,
		Name: subscriber.name,
		Email: subscriber.email,
		PhoneNumbers: [...subscriber.phoneNumbers],
		Role: subscriber.role,
		Account: { AccountId: subscriber.accountId, CompanyName: subscriber.accountName },
	};
}

const ACCOUNT = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";
export const SUBSCRIBER_EXAMPLE = {
	SubscriberId: "TSUID-1234567999",
	Name: "Jerome User 4",
	Email: "jerome4@joonto.com",
	PhoneNumbers: ["+1234567890"],
	Role: "Subscriber",
	Account: { AccountId: ACCOUNT, CompanyName: "Bob's Shake Shack" },
};

export function subscriberOperations(deps: HttpDeps): readonly Operation[] {
	return [createSubscriber(deps), getSubscriber(deps), updateSubscriber(deps), transferSubscriber(deps)];
}

function createSubscriber({ subscribers, keptAnswers }: HttpDeps): Operation {
	return operation({
		id: "createSubscriber",
		method: "POST",
		path: "/v1.0/subscribers/create",
		tag: "Subscribers",
		summary: "Create a subscriber",
		description:
			"Adds a person to an account, with those of its numbers that are hers. The e-mail address is unique on the platform. A mailbox that is activated later on such a number takes names and e-mail from here where the request leaves them out. The password is not kept.\n\nNext: `POST /v1.0/numbers/voicemail/activate`.",
		idempotent: true,
		request: z.object({
			Name: name,
			Email: email.min(1, "must not be empty").meta({
				description: "Unique on the platform, whatever its case.",
				examples: ["jerome4@joonto.com"],
			}),
			PhoneNumbers: phoneNumbers.optional(),
			Role: role.optional(),
			Password: password.optional(),
			AccountId: accountId,
		}),
		response: SubscriberResult,
		example: {
			request: {
				Name: "Jerome User 4",
				Email: "jerome4@joonto.com",
				PhoneNumbers: ["+1234567890"],
				Role: "Subscriber",
				Password: "1234567890",
				AccountId: ACCOUNT,
			},
			response: SUBSCRIBER_EXAMPLE,
		},
		async handle({ Password: _, ...input }, who, { idempotencyKey }) {
			const once = { key: idempotencyKey, operation: "createSubscriber", request: input };
			const wanted = {
				accountId: input.AccountId,
				name: input.Name,
				email: input.Email,
				role: input.Role ?? "Subscriber",
				phoneNumbers: input.PhoneNumbers ?? [],
			};
			return keptAnswers.once(who, once, async (tx) => subscriberResult(await subscribers.create(who, wanted, tx)));
		},
	});
}

function getSubscriber({ subscribers }: HttpDeps): Operation {
	return operation({
		id: "getSubscriber",
		method: "GET",
		path: "/v1.0/subscribers/get",
		tag: "Subscribers",
		summary: "Read a subscriber",
		description: "A person with the numbers and the account she has.",
		request: z.object({ SubscriberId: subscriberId }),
		response: SubscriberResult,
		example: { request: { SubscriberId: "TSUID-1234567999" }, response: SUBSCRIBER_EXAMPLE },
		handle: async (input, who) => subscriberResult(await subscribers.get(who, input.SubscriberId)),
	});
}

function updateSubscriber({ subscribers }: HttpDeps): Operation {
	return operation({
		id: "updateSubscriber",
		method: "POST",
		path: "/v1.0/subscribers/update",
		tag: "Subscribers",
		summary: "Change a subscriber",
		description:
			"Changes the fields that are sent and no others; PhoneNumbers replace the whole list, an empty one takes all numbers away. The e-mail address stays. Mailboxes that exist already are not touched: `POST /v1.0/numbers/voicemail/update` changes them.",
		request: z.object({
			SubscriberId: subscriberId,
			Name: name.optional(),
			PhoneNumbers: phoneNumbers.optional(),
			Role: role.optional(),
			Password: password.optional(),
		}),
		response: SubscriberResult,
		example: {
			request: { SubscriberId: "TSUID-1234567999", Name: "Jerome User 4", Role: "Subscriber" },
			response: SUBSCRIBER_EXAMPLE,
		},
		handle: async (input, who) =>
			subscriberResult(
				await subscribers.update(who, input.SubscriberId, {
					name: input.Name,
					role: input.Role,
					phoneNumbers: input.PhoneNumbers,
				}),
			),
	});
}

function transferSubscriber({ subscribers }: HttpDeps): Operation {
	return operation({
		id: "transferSubscriber",
		method: "POST",
		path: "/v1.0/subscribers/transfer",
		tag: "Subscribers",
		summary: "Move a subscriber to another account",
		description:
			"Moves a person between two accounts of the operator, at once and as a whole: her numbers, their mailboxes and all messages go along, PINs and greetings stay as they are.",
		request: z.object({
			SubscriberId: subscriberId,
			FromAccountId: requiredId("The account that the subscriber has now.", ACCOUNT),
			ToAccountId: requiredId("The account to move to.", ACCOUNT),
		}),
		response: SubscriberResult,
		example: {
			request: { SubscriberId: "TSUID-1234567999", FromAccountId: ACCOUNT, ToAccountId: ACCOUNT },
			response: SUBSCRIBER_EXAMPLE,
		},
		handle: async (input, who) =>
			subscriberResult(await subscribers.transfer(who, input.SubscriberId, input.FromAccountId, input.ToAccountId)),
	});
}
