import { z } from "zod";
import { type AccountView, ADDRESS_PARTS } from "../../directory/index.ts";
import { accountId, email, requiredId, requiredName, shortText } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";
import { HTTP_LIMITS } from "../limits.ts";

const addressPart = shortText(HTTP_LIMITS.addressPartCharsMax).optional();
const address = z
	.object({
		Street1: addressPart,
		Street2: addressPart,
		City: addressPart,
		State: addressPart,
		Zip: addressPart,
		Country: addressPart,
	})
	.meta({ description: "Postal address; an empty part clears it." });

const accountName = requiredName("Name of the company or group.", "Bob's Shake Shack");
const AccountFields = {
	AccountAdmin: email.optional().meta({
		description: "E-mail address of the account's manager; kept, not shown.",
		examples: ["manager@example.com"],
	}),
	BillingAddress: address.optional(),
	MailingAddress: address.optional(),
};

const AddressResult = z.object({
	Street1: z.string().nullable(),
	Street2: z.string().nullable(),
	City: z.string().nullable(),
	State: z.string().nullable(),
	Zip: z.string().nullable(),
	Country: z.string().nullable(),
});
export const AccountResult = z.object({
	AccountId: z.string(),
	AccountName: z.string(),
	TotalSubscribers: z.int(),
	BillingAddress: AddressResult,
	MailingAddress: AddressResult,
});

export function accountResult(account: AccountView): z.input<typeof AccountResult> {
	return {
		AccountId: account.accountId,
		AccountName: account.name,
		TotalSubscribers: account.totalSubscribers,
		BillingAddress: account.billingAddress,
		MailingAddress: account.mailingAddress,
	};
}

const EXAMPLE_ID = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";
const NOWHERE = Object.fromEntries(ADDRESS_PARTS.map((part) => [part, null])) as AccountView["billingAddress"];
const BILLING = { Street1: "1 Main Street", City: "Provo", State: "UT", Zip: "84603", Country: "US" };
export const ACCOUNT_EXAMPLE = {
	AccountId: EXAMPLE_ID,
	AccountName: "Bob's Shake Shack",
	TotalSubscribers: 0,
	BillingAddress: { ...NOWHERE, ...BILLING },
	MailingAddress: NOWHERE,
};

export function accountOperations({ accounts }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "createAccount",
			method: "POST",
			path: "/v1.0/account/create",
			tag: "Accounts",
			summary: "Create an account",
			description:
				"Adds an account to the operator: numbers, subscribers and mailboxes of one account are nothing to another. From the second account on, requests that create something must name theirs. A key of one account gets 403.\n\nNext: `POST /v1.0/subscribers/create`, `POST /v1.0/numbers/provision`.",
			request: z.object({ AccountName: accountName, ...AccountFields }),
			response: AccountResult,
			example: {
				request: { AccountName: "Bob's Shake Shack", AccountAdmin: "manager@example.com", BillingAddress: BILLING },
				response: ACCOUNT_EXAMPLE,
			},
			handle: async (input, who) =>
				accountResult(await accounts.create(who, { ...fieldsOf(input), name: input.AccountName })),
		}),
		operation({
			id: "getAccount",
			method: "GET",
			path: "/v1.0/account",
			tag: "Accounts",
			summary: "Read an account",
			description: "One account of yours with the number of its subscribers.",
			request: z.object({ AccountId: requiredId("Account to read.", EXAMPLE_ID) }),
			response: AccountResult,
			example: { request: { AccountId: EXAMPLE_ID }, response: ACCOUNT_EXAMPLE },
			handle: async (input, who) => accountResult(await accounts.get(who, input.AccountId)),
		}),
		operation({
			id: "updateAccount",
			method: "POST",
			path: "/v1.0/account/update",
			tag: "Accounts",
			summary: "Change an account",
			description:
				"Changes the fields that are sent and no others; of an address, the parts that are sent. AccountId may be left out where the key has one account.",
			request: z.object({ AccountId: accountId, AccountName: accountName.optional(), ...AccountFields }),
			response: AccountResult,
			example: {
				request: { AccountId: EXAMPLE_ID, AccountName: "Bob's Shake Shack", BillingAddress: BILLING },
				response: ACCOUNT_EXAMPLE,
			},
			handle: async (input, who) =>
				accountResult(await accounts.update(who, input.AccountId, { ...fieldsOf(input), name: input.AccountName })),
		}),
	];
}

type Fields = z.output<z.ZodObject<typeof AccountFields>>;
const fieldsOf = (input: Fields) => ({
	adminEmail: input.AccountAdmin,
	billingAddress: input.BillingAddress,
	mailingAddress: input.MailingAddress,
});
