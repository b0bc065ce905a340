/** `afterbeep keys` and `afterbeep signing-keys`: credentials of operators, and the keys that sign tokens. */
import { cliActor, cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { printOne, printRows } from "../output.ts";
import { keyView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

const TITLES = ["AccountKey", "Name", "AccountId", "Rights", "CreatedOn", "PreviousSecretExpiry"];

export const keysList: Command = {
	name: "keys list",
	alsoUnder: "accounts",
	summary: "List an operator's account keys; never a secret",
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep keys list", "afterbeep keys list --distributor DID-... --json"],
	async run(invocation) {
		return withPlatform(invocation, async ({ keys, operators }) => {
			const who = await cliPrincipal(operators, "keys list", invocation.value("distributor"));
			printRows(invocation, (await keys.list(who)).map(keyView), TITLES, "No keys.");
			return 0;
		});
	},
};

export const keysCreate: Command = {
	name: "keys create",
	alsoUnder: "accounts",
	summary: "Make another account key; shows its secret once",
	positionals: [{ name: "NAME", required: true }],
	options: {
		...DISTRIBUTOR_OPTION,
		account: { value: "ACCOUNTID", meaning: "the key sees this account alone" },
		rights: { value: "LIST", meaning: "KeyAdmin, VoicemailAdmin, with commas between" },
	},
	examples: ['afterbeep keys create "Billing system" --account AID-...', "afterbeep keys create ops --rights KeyAdmin"],
	async run(invocation) {
		const name = invocation.positionals[0]!;
		const rights = (invocation.value("rights") ?? "").split(",").map((right) => right.trim());
		return withPlatform(invocation, async ({ keys, operators }) => {
			const who = await cliPrincipal(operators, "keys create", invocation.value("distributor"));
			const made = await keys.create(who, {
				name,
				accountId: invocation.value("account"),
				rights: rights.filter((right) => right !== ""),
			});
			showSecret(invocation, { ...keyView(made), AccountSecret: made.accountSecret });
			return 0;
		});
	},
};

export const keysRotate: Command = {
	name: "keys rotate",
	alsoUnder: "accounts",
	summary: "Give an account key a new secret; the old one stays good for a while",
	positionals: [{ name: "ACCOUNTKEY", required: true }],
	options: {
		...DISTRIBUTOR_OPTION,
		"overlap-minutes": { value: "N", meaning: "how long the old secret stays good, 0 to void it at once (1440)" },
	},
	examples: ["afterbeep keys rotate DID-...", "afterbeep keys rotate DID-... --overlap-minutes 0 --json"],
	async run(invocation) {
		const text = invocation.value("overlap-minutes");
		if (text !== undefined && !/^\d{1,6}$/.test(text)) {
			throw new UsageError(`--overlap-minutes is "${text}", not a whole number.`);
		}
		const overlap = text === undefined ? undefined : Number(text);
		return withPlatform(invocation, async ({ keys, operators }) => {
			const who = await cliPrincipal(operators, "keys rotate", invocation.value("distributor"));
			const made = await keys.rotate(who, invocation.positionals[0]!, overlap);
			showSecret(invocation, { ...keyView(made), AccountSecret: made.accountSecret });
			return 0;
		});
	},
};

export const keysRevoke: Command = {
	name: "keys revoke",
	alsoUnder: "accounts",
	summary: "Revoke an account key: its tokens are void within seconds, for good",
	positionals: [{ name: "ACCOUNTKEY", required: true }],
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep keys revoke DID-..."],
	async run(invocation) {
		const accountKey = invocation.positionals[0]!;
		return withPlatform(invocation, async ({ keys, operators }) => {
			const who = await cliPrincipal(operators, "keys revoke", invocation.value("distributor"));
			await keys.revoke(who, accountKey);
			if (invocation.json) invocation.terminal.json({ AccountKey: accountKey, Successful: true });
			else invocation.terminal.line(`${accountKey} is revoked.`);
			return 0;
		});
	},
};

export const keysLimit: Command = {
	name: "keys limit",
	alsoUnder: "accounts",
	summary: "Give an account key a rate limit of its own",
	positionals: [
		{ name: "ACCOUNTKEY", required: true },
		{ name: "N|default", required: true },
	],
	options: DISTRIBUTOR_OPTION,
	details: `
N requests a minute instead of AFTERBEEP_RATE_LIMIT, on all nodes within seconds; default takes it back. Where
AFTERBEEP_RATE_LIMIT is off, no key has a limit.`,
	examples: ["afterbeep keys limit DID-... 600", "afterbeep keys limit DID-... default"],
	async run(invocation) {
		const [accountKey = "", wanted = ""] = invocation.positionals;
		if (!/^(default|\d{1,9})$/i.test(wanted))
			throw new UsageError(`"${wanted}" is neither a whole number nor default.`);
		const perMinute = /^default$/i.test(wanted) ? undefined : Number(wanted);
		return withPlatform(invocation, async ({ keys, operators }) => {
			const who = await cliPrincipal(operators, "keys limit", invocation.value("distributor"));
			printOne(invocation, keyView(await keys.limit(who, accountKey, perMinute)));
			return 0;
		});
	},
};

export const signingKeysList: Command = {
	name: "signing-keys list",
	summary: "List the keys that sign tokens, or still check them",
	examples: ["afterbeep signing-keys list --json"],
	async run(invocation) {
		return withPlatform(invocation, async ({ signingKeys }) => {
			const views = (await signingKeys.list()).map((key) => ({
				Kid: key.kid,
				Use: key.use,
				CreatedOn: key.createdOn.toISOString(),
				RetiredOn: key.retiredOn?.toISOString() ?? null,
			}));
			printRows(invocation, views, ["Kid", "Use", "CreatedOn", "RetiredOn"], "None yet: the first token makes one.");
			return 0;
		});
	},
};

export const signingKeysRotate: Command = {
	name: "signing-keys rotate",
	summary: "Sign tokens with a new key from now on",
	options: { "void-tokens": { meaning: "all tokens out are void within seconds: for a leaked key" } },
	details: `
All nodes sign with the new key within seconds. Tokens signed with the old one stay good until they expire,
unless --void-tokens is given: then every client must ask for a new token.`,
	examples: ["afterbeep signing-keys rotate", "afterbeep signing-keys rotate --void-tokens"],
	async run(invocation) {
		return withPlatform(invocation, async ({ signingKeys }) => {
			const voidTokens = invocation.flag("void-tokens");
			const kid = await signingKeys.rotate(cliActor("signing-keys rotate"), { voidTokens });
			if (invocation.json) invocation.terminal.json({ Kid: kid, TokensVoid: voidTokens });
			else invocation.terminal.line(`${kid} signs from now on.${voidTokens ? " All earlier tokens are void." : ""}`);
			return 0;
		});
	},
};

function showSecret(invocation: Invocation, view: Readonly<Record<string, unknown>>): void {
	printOne(invocation, view);
	if (!invocation.json) invocation.terminal.remark("Keep the secret now: it can not be shown again.");
}
