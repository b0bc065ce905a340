import { expect, test } from "vitest";
import { readMailboxFile } from "../../src/cli/mailbox-file.ts";
import { readAudit } from "../../src/directory/index.ts";
import { codeOf } from "../directory/support.ts";
import { addWebhook } from "../support/webhooks.ts";
import { openMailboxes } from "./support.ts";

const CSV = `Number,PIN,FirstName,LastName,Email,TimeZone,Language
+12015550001,4821,Jane,Roe,jane@example.com,America/Denver,en
+12015550002,,,,,,
"+1 (201) 555-0003",1234,"O'Neil, Jr",,,,
`;

test("each bad line of the file is named, never its PIN; the good ones are read", () => {
	const { lines, problems } = readMailboxFile(
		`${CSV}+12015550001,,,,,,\nnobody,,,,,,\n+12015550005,99,,,,,\n+12015550006,,,,x@,,\n+12015550007,,,,,Mars/Base,\n`,
	);
	expect(lines.map((line) => line.phoneNumber)).toEqual(["+12015550001", "+12015550002", "+12015550003"]);
	expect(problems.map((problem) => problem.line)).toEqual([5, 6, 7, 8, 9]);
	expect(problems.map((problem) => problem.reason).join("; ")).toMatch(
		/stands in line 2 already.*E\.164.*PIN must be 4 to 10.*Email is not.*TimeZone is no IANA/,
	);
	expect(readMailboxFile("Numbr\n+12015550001").problems).toHaveLength(1);
});

test("an import makes numbers and mailboxes, goes on where it stopped, and may be done again", async () => {
	await using m = await openMailboxes();
	const { lines } = readMailboxFile(CSV);
	const reports: { done: number; problems: readonly object[] }[] = [];
	const run = (more: object = {}) =>
		m.mailboxes.importMailboxes(m.who, { importId: "one", accountId: undefined, lines, ...more }, (progress) => {
			reports.push(progress);
		});
	await run();
	expect(reports).toEqual([
		{ done: 0, total: 3, resumedAt: 0, problems: [] },
		{ done: 3, total: 3, resumedAt: 0, problems: [] },
	]);
	expect(await m.mailboxes.details("+12015550001")).toMatchObject({
		firstName: "Jane",
		email: "jane@example.com",
		timeZone: "America/Denver",
		pinSet: true,
		pinChangeRequired: false,
	});
	expect(await m.mailboxes.details("+12015550002")).toMatchObject({ pinSet: false, timeZone: "Europe/Berlin" });
	expect(await m.mailboxes.details("+12015550003")).toMatchObject({ firstName: "O'Neil, Jr", pinChangeRequired: true });
	expect((await m.mailboxes.checkPin("+12015550001", "4821", "own")).result).toBe("right");

	reports.length = 0;
	await m.mailboxes.remove(m.who, "+12015550002", undefined);
	await run();
	expect(reports).toEqual([{ done: 3, total: 3, resumedAt: 3, problems: [] }]);
	expect(await m.mailboxes.details("+12015550002")).toBeUndefined();
	await run({ again: true });
	expect(await m.mailboxes.details("+12015550002")).toBeDefined();
});

test("an import is told and written down as activations are, filled from subscribers, and never with a PIN", async () => {
	await using m = await openMailboxes();
	const { id: accountId } = await m.store.db.selectFrom("accounts").select("id").executeTakeFirstOrThrow();
	await addWebhook(m.store.db, m.masterKey, "WID-one", accountId, ["Voicemail_*"]);
	const subscriber = { id: "TSUID-maria", accountId, name: "Maria de Souza", role: "Subscriber" };
	await m.store.db
		.insertInto("subscribers")
		.values({ ...subscriber, email: "maria@example.com" })
		.execute();
	await m.store.db
		.updateTable("numbers")
		.set({ assignedSubscriberId: subscriber.id })
		.where("number", "=", m.number)
		.execute();
	const run = (importId: string, csv: string) => {
		const { lines } = readMailboxFile(csv);
		return m.mailboxes.importMailboxes(m.who, { importId, accountId: undefined, lines }, () => {});
	};
	const told = async (phoneNumber: string) =>
		(
			await m.store.db
				.selectFrom("webhookEvents")
				.select(["event", "data"])
				.where("phoneNumber", "=", phoneNumber)
				.orderBy("id")
				.execute()
		).map(({ event, data }) => [event, data]);
	const written = async (number: string) =>
		(await readAudit(m.store.db, { number, limit: 10 }))
			.filter((entry) => entry.operation === "importMailboxes")
			.map(({ before, after }) => ({ before, after }))
			.reverse();

	await run("first", `Number,PIN,FirstName,Email\n+12015550001,4821,Jane,jane@example.com\n${m.number},,,\n`);
	await run("second", "Number,FirstName\n+12015550001,Joan\n");
	expect(await told("+12015550001")).toEqual([
		["Voicemail_Activated", { FirstName: "Jane", Email: "jane@example.com", PinChanged: true }],
		["Voicemail_Updated", { FirstName: "Joan" }],
	]);
	expect(await told(m.number)).toEqual([
		["Voicemail_Activated", { FirstName: "Maria", LastName: "de Souza", Email: "maria@example.com" }],
	]);
	expect(await written("+12015550001")).toMatchObject([
		{ before: null, after: { Import: "first", Status: "Active", FirstName: "Jane", PIN: "set" } },
		{ before: { FirstName: "Jane", PIN: "set" }, after: { Import: "second", FirstName: "Joan" } },
	]);
	expect(await written(m.number)).toMatchObject([{ before: null, after: { Email: "maria@example.com" } }]);
	expect(JSON.stringify(await readAudit(m.store.db, { limit: 100 }))).not.toContain("4821");
});

test("a stranger's number, a cancelled one, and with known-only an unknown one are named and left out", async () => {
	await using m = await openMailboxes();
	const other = await m.addOperator("other");
	await m.numbers.importPool(other.distributorId, [{ number: "+12015550001" }]);
	await m.numbers.changeStatus(m.who, {
		change: "cancel",
		effectiveOn: undefined,
		areaCode: undefined,
		zipCode: undefined,
		numbers: [{ number: m.number }],
	});
	const { lines } = readMailboxFile(`Number\n+12015550001\n${m.number}\n+12015550009\n+11234567899\n`);
	const problems: object[] = [];
	await m.mailboxes.importMailboxes(
		m.who,
		{ importId: "two", accountId: undefined, lines, knownOnly: true },
		(report) => {
			problems.push(...report.problems);
		},
	);
	expect(problems.map((problem) => (problem as { line: number }).line)).toEqual([2, 3, 4]);
	expect(
		(await m.mailboxes.find(["+12015550001", "+12015550009", "+11234567899"])).map((each) => each.phoneNumber),
	).toEqual(["+11234567899"]);
	const foreign = { importId: "three", accountId: "AID-nobody", lines };
	expect(await codeOf(m.mailboxes.importMailboxes(m.who, foreign, () => {}))).toBe("badInput");
});

test("a swap, an update and a cancellation at once leave one mailbox, at a number that has it", async () => {
	await using m = await openMailboxes();
	await m.activate({ pin: "4821" });
	const id = await m.leaveMessage();
	const mailboxId = await m.mailboxIdOf();
	const change = (kind: "replace" | "cancel") =>
		m.numbers.changeStatus(m.who, {
			change: kind,
			effectiveOn: undefined,
			areaCode: undefined,
			zipCode: undefined,
			numbers: [{ number: m.number }],
		});
	const results = await Promise.all([
		codeOf(change("replace")),
		codeOf(m.mailboxes.update(m.who, m.number, undefined, { email: "new@example.com" })),
		codeOf(change("cancel")),
		codeOf(m.mailboxes.setStatus(mailboxId, id, "Heard")),
		codeOf(m.mailboxes.purge()),
	]);
	expect(results.every((result) => ["fine", "notFound"].includes(result))).toBe(true);
	const rows = await m.store.db.selectFrom("mailboxes").select(["id", "phoneNumber"]).execute();
	expect(rows.map((row) => row.id)).toEqual([mailboxId]);
	const messages = await m.store.db.selectFrom("messages").select("phoneNumber").execute();
	expect(messages).toEqual([{ phoneNumber: rows[0]!.phoneNumber }]);
});

test("update against delete at once: the mailbox is gone, and each caller is told the truth", async () => {
	await using m = await openMailboxes();
	for (let round = 0; round < 5; round++) {
		await m.activate({ firstName: "Jane" });
		const [updated, removed] = await Promise.all([
			codeOf(m.mailboxes.update(m.who, m.number, undefined, { firstName: "Joan" })),
			codeOf(m.mailboxes.remove(m.who, m.number, undefined)),
		]);
		expect(removed).toBe("fine");
		expect(["fine", "notFound"]).toContain(updated);
		expect(await m.mailboxes.details(m.number)).toBeUndefined();
	}
});
