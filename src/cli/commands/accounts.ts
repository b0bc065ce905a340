/** `afterbeep accounts`: list. */
import type { Command } from "../command.ts";
import { limitOption } from "../input.ts";
import { table } from "../terminal.ts";
import { withPlatform } from "../with-platform.ts";

export const accountsList: Command = {
	name: "accounts list",
	summary: "List operators' accounts with their numbers and mailboxes",
	options: { limit: { value: "N", meaning: "at most so many (100)" } },
	examples: ["afterbeep accounts list", "afterbeep accounts list --json"],
	async run(invocation) {
		const limit = limitOption(invocation, 100);
		return withPlatform(invocation, async ({ store }) => {
			const rows = await store.db
				.selectFrom("accounts")
				.select((query) => [
					"accounts.id",
					"accounts.distributorId",
					"accounts.name",
					"accounts.createdOn",
					query
						.selectFrom("numbers")
						.whereRef("numbers.accountId", "=", "accounts.id")
						.select((count) => count.fn.countAll<string>().as("count"))
						.as("numberCount"),
					query
						.selectFrom("mailboxes")
						.whereRef("mailboxes.accountId", "=", "accounts.id")
						.select((count) => count.fn.countAll<string>().as("count"))
						.as("mailboxCount"),
				])
				.orderBy("accounts.createdOn")
				.limit(limit)
				.execute();
			const views = rows.map((row) => ({
				AccountId: row.id,
				DistributorId: row.distributorId,
				Name: row.name,
				Numbers: Number(row.numberCount),
				Mailboxes: Number(row.mailboxCount),
				CreatedOn: row.createdOn.toISOString(),
			}));
			const { terminal } = invocation;
			if (invocation.json) terminal.json(views);
			else {
				const titles = ["AccountId", "DistributorId", "Name", "Numbers", "Mailboxes", "CreatedOn"] as const;
				const cells = views.map((view) => titles.map((title) => String(view[title])));
				for (const line of table(titles, cells)) terminal.line(line);
			}
			return 0;
		});
	},
};
