/** `afterbeep subscribers`: list, create, show, update, transfer. */
import type { Role } from "../../directory/index.ts";
import { cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { limitOption, phoneNumberArgument } from "../input.ts";
import { printOne, printRows } from "../output.ts";
import { subscriberView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

export const subscribersList: Command = {
	name: "subscribers list",
	summary: "List an operator's subscribers with their numbers",
	options: {
		...DISTRIBUTOR_OPTION,
		account: { value: "ACCOUNTID", meaning: "only those of this account" },
		limit: { value: "N", meaning: "at most so many (100)" },
	},
	examples: ["afterbeep subscribers list", "afterbeep subscribers list --account AID-... --json"],
	async run(invocation) {
		const limit = limitOption(invocation, 100);
		return withPlatform(invocation, async ({ subscribers, operators }) => {
			const who = await cliPrincipal(operators, "subscribers list", invocation.value("distributor"));
			const account = invocation.value("account");
			const accountId = account === undefined ? undefined : await operators.accountFor(who, account);
			const found = await subscribers.list(who, { offset: 0, limit, accountId });
			const titles = ["SubscriberId", "Name", "Email", "PhoneNumbers", "Role", "Account"];
			printRows(invocation, found.subscribers.map(subscriberView), titles, "No subscribers.");
			if (!invocation.json && found.total > limit) {
				invocation.terminal.remark(`The first ${limit} of ${found.total}; more with --limit.`);
			}
			return 0;
		});
	},
};

const FIELDS = {
	numbers: { value: "LIST", meaning: "numbers of the account, with commas between" },
	role: { value: "ROLE", meaning: "Subscriber, Manager or Account Admin" },
};

export const subscribersCreate: Command = {
	name: "subscribers create",
	summary: "Add a subscriber to an account",
	positionals: [
		{ name: "NAME", required: true },
		{ name: "EMAIL", required: true },
	],
	options: {
		...DISTRIBUTOR_OPTION,
		account: { value: "ACCOUNTID", meaning: "account; needed where there are several" },
		...FIELDS,
	},
	examples: ['afterbeep subscribers create "Jane Roe" jane@example.com --numbers +11234567890 --json'],
	async run(invocation) {
		const [name, email] = invocation.positionals as [string, string];
		const request = {
			name,
			email,
			accountId: invocation.value("account"),
			role: roleOption(invocation) ?? "Subscriber",
			phoneNumbers: numbersOption(invocation) ?? [],
		};
		return withPlatform(invocation, async ({ subscribers, operators }) => {
			const who = await cliPrincipal(operators, "subscribers create", invocation.value("distributor"));
			printOne(invocation, subscriberView(await subscribers.create(who, request)));
			return 0;
		});
	},
};

export const subscribersShow: Command = {
	name: "subscribers show",
	summary: "Show a subscriber",
	positionals: [{ name: "SUBSCRIBERID", required: true }],
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep subscribers show TSUID-..."],
	async run(invocation) {
		return withPlatform(invocation, async ({ subscribers, operators }) => {
			const who = await cliPrincipal(operators, "subscribers show", invocation.value("distributor"));
			printOne(invocation, subscriberView(await subscribers.get(who, invocation.positionals[0]!)));
			return 0;
		});
	},
};

export const subscribersUpdate: Command = {
	name: "subscribers update",
	summary: "Change a subscriber's name, role or numbers",
	positionals: [{ name: "SUBSCRIBERID", required: true }],
	options: { ...DISTRIBUTOR_OPTION, name: { value: "NAME", meaning: "new name" }, ...FIELDS },
	details: "--numbers replaces the whole list; an empty one takes all numbers away.",
	examples: ["afterbeep subscribers update TSUID-... --numbers +11234567890,+11234567891"],
	async run(invocation) {
		const fields = {
			name: invocation.value("name"),
			role: roleOption(invocation),
			phoneNumbers: numbersOption(invocation),
		};
		return withPlatform(invocation, async ({ subscribers, operators }) => {
			const who = await cliPrincipal(operators, "subscribers update", invocation.value("distributor"));
			printOne(invocation, subscriberView(await subscribers.update(who, invocation.positionals[0]!, fields)));
			return 0;
		});
	},
};

export const subscribersTransfer: Command = {
	name: "subscribers transfer",
	summary: "Move a subscriber with numbers, mailboxes and messages to another account",
	positionals: [
		{ name: "SUBSCRIBERID", required: true },
		{ name: "FROM", required: true },
		{ name: "TO", required: true },
	],
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep subscribers transfer TSUID-... AID-... AID-..."],
	async run(invocation) {
		const [subscriberId, from, to] = invocation.positionals as [string, string, string];
		return withPlatform(invocation, async ({ subscribers, operators }) => {
			const who = await cliPrincipal(operators, "subscribers transfer", invocation.value("distributor"));
			printOne(invocation, subscriberView(await subscribers.transfer(who, subscriberId, from, to)));
			return 0;
		});
	},
};

const ROLE_NAMES: readonly Role[] = ["Subscriber", "Manager", "Account Admin"];

function roleOption(invocation: Invocation): Role | undefined {
	const text = invocation.value("role");
	if (text === undefined) return undefined;
	const role = ROLE_NAMES.find((name) => name.toLowerCase() === text.toLowerCase());
	if (role === undefined) throw new UsageError(`--role is none of ${ROLE_NAMES.join(", ")}.`);
	return role;
}

function numbersOption(invocation: Invocation): readonly string[] | undefined {
	const text = invocation.value("numbers");
	if (text === undefined) return undefined;
	return text
		.split(",")
		.filter((number) => number.trim() !== "")
		.map(phoneNumberArgument);
}
