/** The operator itself: what a key sees of it. */
import { z } from "zod";
import { accountId, pageFields, pageOf } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";
import { ACCOUNT_EXAMPLE, AccountResult, accountResult } from "./accounts.ts";
import { SUBSCRIBER_EXAMPLE, SubscriberResult, subscriberResult } from "./subscribers.ts";

const DISTRIBUTOR = "DID-1234567ab-1a2b-3cd4-...-...........";
/** Accounts are few: all of them on one page is what clients of the contract expect. */
const ACCOUNTS_PER_PAGE = { byDefault: 1_000, max: 10_000 };
const SUBSCRIBERS_PER_PAGE = { byDefault: 10, max: 1_000 };

export function distributorOperations(deps: HttpDeps): readonly Operation[] {
	return [distributor(deps), distributorAccounts(deps), distributorSubscribers(deps)];
}

function distributor({ operators, accounts }: HttpDeps): Operation {
	return operation({
		id: "getDistributor",
		method: "GET",
		path: "/v1.0/distributor",
		tag: "Distributors",
		summary: "Read the operator of this key",
		description: "Who the bearer belongs to, and how many accounts the key sees.",
		request: z.object({}),
		response: z.object({ DistributorId: z.string(), DistributorName: z.string(), TotalAccounts: z.int() }),
		example: {
			request: {},
			response: { DistributorId: DISTRIBUTOR, DistributorName: "First operator", TotalAccounts: 1 },
		},
		async handle(_input, who) {
			const found = await operators.find(who.distributorId);
			const { total } = await accounts.list(who, { offset: 0, limit: 0 });
			return { DistributorId: who.distributorId, DistributorName: found?.name ?? "", TotalAccounts: total };
		},
	});
}

function distributorAccounts({ accounts }: HttpDeps): Operation {
	return operation({
		id: "listDistributorAccounts",
		method: "GET",
		path: "/v1.0/distributor/accounts",
		tag: "Distributors",
		summary: "List accounts",
		description: "The accounts that the key sees, oldest first. An account is always active: `Inactive` lists none.",
		request: z.object({
			Filter: z.enum(["Active", "Inactive", "All"]).optional().meta({ description: "`Active` when absent." }),
			...pageFields(ACCOUNTS_PER_PAGE),
		}),
		response: z.object({
			DistributorId: z.string(),
			TotalAccounts: z.int(),
			Filter: z.string(),
			PageNumber: z.int(),
			Results: z.array(AccountResult),
		}),
		example: {
			request: { Filter: "Active" },
			response: {
				DistributorId: DISTRIBUTOR,
				TotalAccounts: 1,
				Filter: "Active",
				PageNumber: 1,
				Results: [ACCOUNT_EXAMPLE],
			},
		},
		async handle(input, who) {
			const wanted = input.Filter ?? "Active";
			const page = pageOf(input, ACCOUNTS_PER_PAGE.byDefault);
			const found = wanted === "Inactive" ? { total: 0, accounts: [] } : await accounts.list(who, page);
			return {
				DistributorId: who.distributorId,
				TotalAccounts: found.total,
				Filter: wanted,
				PageNumber: input.PageNumber ?? 1,
				Results: found.accounts.map(accountResult),
			};
		},
	});
}

function distributorSubscribers({ operators, subscribers }: HttpDeps): Operation {
	return operation({
		id: "listDistributorSubscribers",
		method: "GET",
		path: "/v1.0/distributor/subscribers",
		tag: "Distributors",
		summary: "List subscribers",
		description:
			"The subscribers of all accounts that the key sees, or of one of them, oldest first, ten on a page unless TotalPerPage says otherwise.",
		request: z.object({ ...pageFields(SUBSCRIBERS_PER_PAGE), AccountId: accountId }),
		response: z.object({
			PageNumber: z.int(),
			TotalSubscribers: z.int(),
			Subscribers: z.array(
				SubscriberResult.extend({
					Subscriptions: z.array(z.object({})).meta({ description: "Always empty: Afterbeep sells no plans." }),
				}),
			),
		}),
		example: {
			request: { PageNumber: 1, TotalPerPage: 10 },
			response: {
				PageNumber: 1,
				TotalSubscribers: 1,
				Subscribers: [{ ...SUBSCRIBER_EXAMPLE, Subscriptions: [] }],
			},
		},
		async handle(input, who) {
			const account = input.AccountId === undefined ? undefined : await operators.accountFor(who, input.AccountId);
			const page = pageOf(input, SUBSCRIBERS_PER_PAGE.byDefault);
			const found = await subscribers.list(who, { ...page, accountId: account });
			return {
				PageNumber: input.PageNumber ?? 1,
				TotalSubscribers: found.total,
				Subscribers: found.subscribers.map((each) => ({ ...subscriberResult(each), Subscriptions: [] })),
			};
		},
	});
}
