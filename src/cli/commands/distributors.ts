/** `afterbeep distributors`: the operators of this platform. */
import { cliActor } from "../acting.ts";
import type { Command } from "../command.ts";
import { printOne, printRows } from "../output.ts";
import { withPlatform } from "../with-platform.ts";

export const distributorsList: Command = {
	name: "distributors list",
	summary: "List the operators on this platform",
	examples: ["afterbeep distributors list", "afterbeep distributors list --json"],
	async run(invocation) {
		return withPlatform(invocation, async ({ operators }) => {
			const views = (await operators.list()).map((each) => ({
				DistributorId: each.distributorId,
				Name: each.name,
				Accounts: each.accounts,
				Keys: each.keys,
				CreatedOn: each.createdOn.toISOString(),
			}));
			const titles = ["DistributorId", "Name", "Accounts", "Keys", "CreatedOn"];
			printRows(invocation, views, titles, "No operator yet: the first `afterbeep start` makes one.");
			return 0;
		});
	},
};

export const distributorsCreate: Command = {
	name: "distributors create",
	summary: "Add another operator; shows its credentials once",
	positionals: [{ name: "NAME", required: true }],
	details: `
The operator gets one account and one key for all its accounts. The secret is shown this once.
Its pool of numbers is empty. What one operator has, no other sees.`,
	examples: ['afterbeep distributors create "Second Mobile" --json'],
	async run(invocation) {
		const name = invocation.positionals[0]!;
		return withPlatform(invocation, async ({ operators }) => {
			const made = await operators.create(cliActor("distributors create"), name);
			printOne(invocation, {
				DistributorId: made.distributorId,
				AccountId: made.accountId,
				AccountKey: made.accountKey,
				AccountSecret: made.accountSecret,
			});
			if (!invocation.json) invocation.terminal.remark("Keep the secret now: it can not be shown again.");
			return 0;
		});
	},
};
