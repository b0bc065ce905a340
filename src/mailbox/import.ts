/** Mailboxes in bulk: lines of a file, some hundred in one transaction with the mark of how far it came. */
import {
	type AdoptedNumber,
	accountFor,
	adoptNumbers,
	audit,
	subscribersOfNumbers,
	subscriptionsOfAccount,
} from "../directory/index.ts";
import { Failure, newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { announceActivation, filledFromSubscriber } from "./activate.ts";
import { auditedChange, auditedSettingsOf } from "./audited.ts";
import { type CheckedFields, checkedFields } from "./fields.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import type { Needs } from "./needs.ts";
import type { ImportProgress, MailboxImport, MailboxImportLine } from "./types.ts";
import { columnsOf } from "./upsert.ts";

/**
 * Goes through the lines in their order. What was done before under the same `importId` is passed over, so that an
 * import that was cut off goes on where it stopped; done again from the start, it changes nothing but what it says.
 *
 * @throws Failure `badInput` for an account that is not the principal's.
 */
export async function importMailboxes(
	needs: Needs,
	who: Principal,
	given: MailboxImport,
	report: (progress: ImportProgress) => void,
): Promise<void> {
	const accountId = await accountFor(needs.store.db, who, given.accountId);
	if (accountId === undefined) {
		throw new Failure("badInput", "AccountId is required, since there are several accounts", "Name the account.");
	}
	const total = given.lines.length;
	let done = await begin(needs, given, total);
	report({ done, total, resumedAt: done, problems: [] });
	const resumedAt = done;
	while (done < total) {
		const batch = given.lines.slice(done, done + MAILBOX_LIMITS.importBatchLines);
		const hashes = await Promise.all(
			batch.map((line) => (line.fields.pin === undefined ? undefined : needs.pins.hash(line.fields.pin))),
		);
		const next = done + batch.length;
		const problems = await needs.store.transaction(async (tx) => {
			const found = await storeBatch(needs, tx, who, accountId, { ...given, lines: batch }, hashes);
			await tx
				.updateTable("mailboxImports")
				.set({ linesDone: next, updatedOn: needs.clock.now() })
				.where("id", "=", given.importId)
				.execute();
			return found;
		});
		done = next;
		report({ done, total, resumedAt, problems });
	}
}

/** @returns how many lines were done before. */
async function begin(needs: Needs, { importId, again }: MailboxImport, linesTotal: number): Promise<number> {
	const now = needs.clock.now();
	const row = await needs.store.db
		.insertInto("mailboxImports")
		.values({ id: importId, linesDone: 0, linesTotal, startedOn: now, updatedOn: now })
		.onConflict((conflict) =>
			conflict
				.column("id")
				.doUpdateSet({ updatedOn: now, ...(again === true ? { linesDone: 0, startedOn: now } : {}) }),
		)
		.returning("linesDone")
		.executeTakeFirstOrThrow();
	return row.linesDone;
}

async function storeBatch(
	needs: Needs,
	tx: Tx,
	who: Principal,
	accountId: string,
	given: MailboxImport,
	hashes: readonly (string | undefined)[],
): Promise<ImportProgress["problems"]> {
	const now = needs.clock.now();
	const { lines } = given;
	const numbers = await adoptNumbers(tx, { clock: needs.clock, jobs: needs.store.jobs }, who, {
		accountId,
		at: now,
		numbers: lines.map((line) => line.phoneNumber),
		knownOnly: given.knownOnly === true,
	});
	const held = lines.map((line) => line.phoneNumber);
	const before = await auditedSettingsOf(tx, held);
	const subscribers = await subscribersOfNumbers(tx, held);
	const problems: { line: number; reason: string }[] = [];
	const entries = [];
	const subscribed = new Map<string, ReadonlySet<string>>();
	for (const [i, line] of lines.entries()) {
		const adopted: AdoptedNumber = numbers.get(line.phoneNumber)!;
		if (adopted.accountId === undefined) {
			problems.push({ line: line.line, reason: `${line.phoneNumber} ${adopted.reason}` });
			continue;
		}
		const { accountId: owner } = adopted;
		const earlier = before.get(line.phoneNumber);
		const sent = checkedFields(line.fields);
		const fields = earlier === undefined ? filledFromSubscriber(sent, subscribers.get(line.phoneNumber)) : sent;
		await storeLine(tx, line, fields, owner, hashes[i], now);
		entries.push({
			who,
			at: now,
			accountId: owner,
			number: line.phoneNumber,
			operation: who.operation ?? "importMailboxes",
			before: earlier,
			after: {
				Import: given.importId,
				...(adopted.orderId !== undefined && { OrderId: adopted.orderId, Status: "Active" }),
				...auditedChange(fields),
				...(line.timeZone !== undefined && { TimeZone: line.timeZone }),
				...(line.language !== undefined && { Language: line.language }),
			},
		});
		if (!subscribed.has(owner)) subscribed.set(owner, await subscriptionsOfAccount(tx, owner));
		const mailbox = { accountId: owner, phoneNumber: line.phoneNumber, subscriptions: subscribed.get(owner)! };
		await announceActivation(needs, tx, mailbox, earlier === undefined, fields);
	}
	await audit(tx, ...entries);
	return problems;
}

async function storeLine(
	tx: Tx,
	line: MailboxImportLine,
	fields: CheckedFields,
	accountId: string,
	pinHash: string | undefined,
	now: Date,
): Promise<void> {
	const columns = {
		...columnsOf(fields, pinHash, line.phoneNumber, now),
		...(line.timeZone !== undefined && { timeZone: line.timeZone }),
		...(line.language !== undefined && { language: line.language }),
	};
	const { id } = await tx
		.insertInto("mailboxes")
		.values({ id: newId("mailbox"), phoneNumber: line.phoneNumber, accountId, activatedOn: now, ...columns })
		.onConflict((conflict) => conflict.column("phoneNumber").doUpdateSet({ accountId, ...columns }))
		.returning("id")
		.executeTakeFirstOrThrow();
	if (pinHash !== undefined) await tx.deleteFrom("pinAttempts").where("mailboxId", "=", id).execute();
}

/** What is wrong with a line by itself; undefined for nothing. Never repeats a value. */
export function lineProblem(line: Omit<MailboxImportLine, "line">): string | undefined {
	try {
		checkedFields(line.fields);
	} catch (error) {
		if (error instanceof Failure) return error.message;
		throw error;
	}
	if (line.timeZone !== undefined && !isTimeZone(line.timeZone))
		return "TimeZone is no IANA name, such as Europe/Berlin";
	if (line.language !== undefined && !/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(line.language)) {
		return "Language is no BCP 47 tag, such as en";
	}
	return undefined;
}

function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat("en", { timeZone: name });
		return /^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name);
	} catch {
		return false;
	}
}
