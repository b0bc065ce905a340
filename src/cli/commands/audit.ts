/** `afterbeep audit`: who changed what, from where. */
import { type Command, UsageError } from "../command.ts";
import { limitOption, phoneNumberArgument } from "../input.ts";
import { listing } from "../terminal.ts";
import { auditView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

export const audit: Command = {
	name: "audit",
	summary: "Show who changed what: the append-only audit log, newest first",
	options: {
		number: { value: "NUMBER", meaning: "only changes of this number and its mailbox" },
		account: { value: "ACCOUNTID", meaning: "only changes of this account" },
		key: { value: "ACCOUNTKEY", meaning: "only changes made with this key" },
		limit: { value: "N", meaning: "at most so many (100)" },
	},
	details: `
Each change has its time, the AccountKey and address it came from, and the fields before and after it.
Of PINs, passwords and tokens it is written that they were set or changed, never what they are.
Changes from this machine's command line stand as cli:USER, those of a subscriber's own call as phone.`,
	examples: ["afterbeep audit --number +11234567890", "afterbeep audit --limit 1000 --json | jq -r '.[].Operation'"],
	async run(invocation) {
		const number = invocation.value("number");
		const filter = {
			number: number === undefined ? undefined : phoneNumberArgument(number),
			accountId: plain(invocation.value("account"), "--account"),
			accountKey: plain(invocation.value("key"), "--key"),
			limit: limitOption(invocation, 100),
		};
		return withPlatform(invocation, async ({ store }) => {
			const { readAudit } = await import("../../directory/index.ts");
			const entries = (await readAudit(store.db, filter)).map(auditView);
			const { terminal } = invocation;
			if (invocation.json) terminal.json(entries);
			else if (entries.length === 0) terminal.remark("No such changes.");
			else {
				const rows = entries.map((entry) => [
					entry.At,
					entry.Operation,
					entry.PhoneNumber ?? entry.Thing,
					entry.AccountKey,
					entry.Address,
					changesOf(entry.Before, entry.After),
				]);
				for (const line of listing(terminal, ["At", "Operation", "What", "AccountKey", "Address", "Change"], rows)) {
					terminal.line(line);
				}
			}
			return 0;
		});
	},
};

function plain(text: string | undefined, option: string): string | undefined {
	if (text?.includes("\0")) throw new UsageError(`${option} is no id.`);
	return text;
}

/** `Email: a@b.cd -> c@d.ef, PIN: changed`: what stayed the same is left out. */
function changesOf(before: unknown, after: unknown): string {
	const [was, is] = [fieldsOf(before), fieldsOf(after)];
	const names = after === null ? Object.keys(was) : Object.keys(is);
	return names
		.filter((name) => JSON.stringify(was[name] ?? null) !== JSON.stringify(is[name] ?? null))
		.map((name) => {
			if (is[name] === "set" || is[name] === "changed") return `${name}: ${is[name]}`;
			return `${name}: ${text(was[name])} -> ${text(is[name])}`;
		})
		.join(", ");
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
	typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function text(value: unknown): string {
	if (value === null || value === undefined) return "-";
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}
