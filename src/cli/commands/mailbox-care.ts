/** `afterbeep mailboxes`: lift locks, send new PINs, bring in whole subscriber bases. Never a PIN. */
import { createHash } from "node:crypto";
import type { Numbers } from "../../directory/index.ts";
import type { Principal } from "../../domain/index.ts";
import type { ImportProgress } from "../../mailbox/index.ts";
import { cliActor, cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import type { Command, Invocation } from "../command.ts";
import { phoneNumberArgument } from "../input.ts";
import { readText } from "../text-file.ts";
import { withPlatform } from "../with-platform.ts";

const mailboxesUnlock: Command = {
	name: "mailboxes unlock",
	summary: "Lift the lock that wrong PINs have set",
	positionals: [{ name: "NUMBER", required: true }],
	examples: ["afterbeep mailboxes unlock +11234567890"],
	async run(invocation) {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		return withPlatform(invocation, async ({ mailboxes, numbers }) => {
			await mailboxes.unlock(await owner(numbers, number, "mailboxes unlock"), number, undefined);
			return done(invocation, number, "Voicemail unlocked");
		});
	},
};

const mailboxesResetPin: Command = {
	name: "mailboxes reset-pin",
	summary: "Send a new random PIN to the mailbox's e-mail address",
	positionals: [{ name: "NUMBER", required: true }],
	examples: ["afterbeep mailboxes reset-pin +11234567890"],
	async run(invocation) {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		return withPlatform(invocation, async ({ mailboxes, numbers }) => {
			await mailboxes.resetPin(await owner(numbers, number, "mailboxes reset-pin"), number, undefined);
			return done(invocation, number, "New PIN sent by e-mail");
		});
	},
};

const PROBLEMS_SHOWN_MAX = 20;
const REPORT_EVERY_MS = 2_000;

const mailboxesImport: Command = {
	name: "mailboxes import",
	summary: "Activate voicemail for a whole file of subscribers",
	positionals: [{ name: "FILE.csv", required: true }],
	options: {
		...DISTRIBUTOR_OPTION,
		account: { value: "ACCOUNTID", meaning: "account of numbers that have none (the only one)" },
		"skip-bad": { meaning: "import the good lines, leave out the bad ones" },
		"known-only": { meaning: "take no numbers that are not the operator's already" },
		again: { meaning: "from the first line, where an earlier run of the same file has done some" },
	},
	details: `
The file has a header with Number and, where wanted, PIN, FirstName, LastName, Email, TimeZone, Language, in any order.
Nothing is imported unless every line is good. Numbers of the pool, and unknown ones, become the account's.
What stands in a line replaces, what is empty stays; the same file can be imported again.
A run that was cut off goes on where it stopped when it is started again with the same file.
PINs are hashed slowly on purpose: some forty a second and core. Without PINs, thousands of lines a second.`,
	examples: [
		"afterbeep mailboxes import subscribers.csv",
		"afterbeep mailboxes import subscribers.csv --skip-bad --json",
	],
	async run(invocation) {
		const { terminal } = invocation;
		const path = invocation.positionals[0]!;
		const text = await readText(path);
		const { readMailboxFile } = await import("../mailbox-file.ts");
		const file = readMailboxFile(text);
		const bad = file.problems.map((problem) => ({ Line: problem.line, Reason: problem.reason }));
		if (!invocation.json) {
			for (const problem of bad.slice(0, PROBLEMS_SHOWN_MAX)) {
				terminal.remark(`${path}, line ${problem.Line}: ${problem.Reason}`);
			}
			if (bad.length > PROBLEMS_SHOWN_MAX) {
				terminal.remark(`... and ${bad.length - PROBLEMS_SHOWN_MAX} more (--json shows all)`);
			}
		}
		if (file.lines.length === 0 || (bad.length > 0 && !invocation.flag("skip-bad"))) {
			if (invocation.json) terminal.json({ Imported: 0, Resumed: 0, Bad: bad });
			else terminal.remark("Nothing imported. Mend these lines, or leave them out with --skip-bad.");
			return 1;
		}
		return withPlatform(invocation, async ({ mailboxes, operators }) => {
			const who = await cliPrincipal(operators, "mailboxes import", invocation.value("distributor"));
			const accountId = invocation.value("account");
			let resumed = 0;
			let failed = 0;
			const show = progressLine(invocation);
			const given = {
				importId: importIdOf(text, who.distributorId, accountId),
				accountId,
				lines: file.lines,
				knownOnly: invocation.flag("known-only"),
				again: invocation.flag("again"),
			};
			await mailboxes.importMailboxes(who, given, (progress) => {
				resumed = progress.resumedAt;
				failed += progress.problems.length;
				for (const { line, reason } of progress.problems) {
					bad.push({ Line: line, Reason: reason });
					if (!invocation.json) terminal.remark(`${path}, line ${line}: ${reason}`);
				}
				show(progress);
			});
			const imported = file.lines.length - resumed - failed;
			if (invocation.json) terminal.json({ Imported: imported, Resumed: resumed, Bad: bad });
			else {
				const before = resumed === 0 ? "" : `, ${resumed} done by an earlier run`;
				const left = bad.length === 0 ? "" : `, ${bad.length} bad lines left out`;
				terminal.line(`${imported} mailboxes imported${before}${left}.`);
			}
			return failed > 0 ? 1 : 0;
		});
	},
};

export const mailboxCareCommands: readonly Command[] = [mailboxesUnlock, mailboxesResetPin, mailboxesImport];

function done(invocation: Invocation, number: string, message: string): number {
	if (invocation.json) invocation.terminal.json({ PhoneNumber: number, Successful: true, Message: message });
	else invocation.terminal.line(`${number}: ${message}.`);
	return 0;
}

async function owner(numbers: Numbers, number: string, operation: string): Promise<Principal> {
	return { ...(await numbers.ownerOf(number)), ...cliActor(operation), accountId: undefined } as Principal;
}

/** The same octets for the same account: a file that was mended is another import, and starts at its first line. */
function importIdOf(text: string, distributorId: string, accountId: string | undefined): string {
	const hash = createHash("sha256");
	for (const part of [distributorId, accountId ?? "", text]) hash.update(part).update("\0");
	return hash.digest("hex");
}

/** "12,000 of 200,000 (6 %), 48 a second, 65 min left", every two seconds on standard error. */
function progressLine(invocation: Invocation): (progress: ImportProgress) => void {
	const started = performance.now();
	let last = started;
	return ({ done: at, total, resumedAt }) => {
		const now = performance.now();
		if (invocation.json || now - last < REPORT_EVERY_MS) return;
		last = now;
		const perSecond = (at - resumedAt) / ((now - started) / 1000);
		const count = (value: number) => Math.round(value).toLocaleString("en-US");
		const left = perSecond > 0 ? `, ${duration((total - at) / perSecond)} left` : "";
		const percent = Math.floor((100 * at) / total);
		invocation.terminal.remark(`${count(at)} of ${count(total)} (${percent} %), ${count(perSecond)} a second${left}`);
	};
}

function duration(seconds: number): string {
	return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
