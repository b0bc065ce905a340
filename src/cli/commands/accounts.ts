/** `afterbeep accounts`: list, create, show, update. */
import { cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { limitOption } from "../input.ts";
import { printOne } from "../output.ts";
import { listing } from "../terminal.ts";
import { accountView } from "../views.ts";
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
				for (const line of listing(terminal, titles, cells)) terminal.line(line);
			}
			return 0;
		});
	},
};

const FIELDS = {
	"admin-email": { value: "EMAIL", meaning: "manager's e-mail address" },
	"billing-address": { value: "JSON", meaning: "Street1, Street2, City, State, Zip, Country as JSON" },
	"mailing-address": { value: "JSON", meaning: "the same for letters" },
};

export const accountsCreate: Command = {
	name: "accounts create",
	summary: "Add an account to an operator",
	positionals: [{ name: "NAME", required: true }],
	options: { ...DISTRIBUTOR_OPTION, ...FIELDS },
	examples: [
		'afterbeep accounts create "Bob\'s Shake Shack" --json',
		'afterbeep accounts create Depot --billing-address \'{"City":"Provo","State":"UT"}\'',
	],
	async run(invocation) {
		const fields = { ...fieldsOf(invocation), name: invocation.positionals[0]! };
		return withPlatform(invocation, async ({ accounts, operators }) => {
			const who = await cliPrincipal(operators, "accounts create", invocation.value("distributor"));
			printOne(invocation, accountView(await accounts.create(who, fields)));
			return 0;
		});
	},
};

export const accountsShow: Command = {
	name: "accounts show",
	summary: "Show an account",
	positionals: [{ name: "ACCOUNTID", required: true }],
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep accounts show AID-..."],
	async run(invocation) {
		return withPlatform(invocation, async ({ accounts, operators }) => {
			const who = await cliPrincipal(operators, "accounts show", invocation.value("distributor"));
			printOne(invocation, accountView(await accounts.get(who, invocation.positionals[0]!)));
			return 0;
		});
	},
};

export const accountsUpdate: Command = {
	name: "accounts update",
	summary: "Change an account's name or addresses",
	positionals: [{ name: "ACCOUNTID", required: true }],
	options: { ...DISTRIBUTOR_OPTION, name: { value: "NAME", meaning: "new name" }, ...FIELDS },
	examples: ['afterbeep accounts update AID-... --name "Bob & Sons"'],
	async run(invocation) {
		const fields = { ...fieldsOf(invocation), name: invocation.value("name") };
		return withPlatform(invocation, async ({ accounts, operators }) => {
			const who = await cliPrincipal(operators, "accounts update", invocation.value("distributor"));
			printOne(invocation, accountView(await accounts.update(who, invocation.positionals[0]!, fields)));
			return 0;
		});
	},
};

function fieldsOf(invocation: Invocation) {
	return {
		adminEmail: invocation.value("admin-email"),
		billingAddress: addressOf(invocation, "billing-address"),
		mailingAddress: addressOf(invocation, "mailing-address"),
	};
}

const PARTS = ["Street1", "Street2", "City", "State", "Zip", "Country"];

function addressOf(invocation: Invocation, option: string): Record<string, string> | undefined {
	const text = invocation.value(option);
	if (text === undefined) return undefined;
	const refusal = new UsageError(`--${option} must be JSON with texts for ${PARTS.join(", ")}, as in the examples.`);
	let address: unknown;
	try {
		address = JSON.parse(text);
	} catch {
		throw refusal;
	}
	if (typeof address !== "object" || address === null || Array.isArray(address)) throw refusal;
	for (const [name, part] of Object.entries(address)) {
		if (!PARTS.includes(name) || typeof part !== "string" || part.includes("\0")) throw refusal;
	}
	return address as Record<string, string>;
}
