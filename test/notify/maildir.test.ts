import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { composeEmail } from "../../src/notify/compose.ts";
import { openMaildir } from "../../src/notify/maildir.ts";
import { MESSAGE_ID, sampleNotice } from "./samples.ts";

describe("the Maildir", () => {
	let base: string;
	let folder: string;
	beforeEach(async () => {
		base = await mkdtemp(join(tmpdir(), "maildir-test-"));
		folder = join(base, "data", "mail");
	});
	afterEach(() => rm(base, { recursive: true, force: true }));

	const options = { mailFrom: "voicemail@localhost", accessNumber: "*86" };
	const mail = (messageId = MESSAGE_ID, newMessages = 1) =>
		composeEmail(sampleNotice({ newMessages }, { messageId }), options);
	const filesIn = (part: string): Promise<string[]> => readdir(join(folder, part));
	const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

	test("holds each mail as one file named by its message, for its owner alone", async () => {
		const maildir = await openMaildir(folder);
		await maildir.send(mail());
		expect(await filesIn("new")).toEqual([MESSAGE_ID]);
		expect(await filesIn("tmp")).toEqual([]);
		expect(await modeOf(folder)).toBe(0o700);
		expect(await modeOf(join(folder, "new", MESSAGE_ID))).toBe(0o600);
		const octets = await readFile(join(folder, "new", MESSAGE_ID));
		expect(octets.includes("\r\n")).toBe(false);
		const parsed = await simpleParser(octets);
		expect(parsed.messageId).toBe(`<${MESSAGE_ID}@localhost>`);
		expect(parsed.attachments[0]!.content).toEqual(Buffer.from(mail().attachment!.wav));
	});

	test("keeps one mail of a message that is delivered twice, read or not", async () => {
		const maildir = await openMaildir(folder);
		await maildir.send(mail());
		const first = await readFile(join(folder, "new", MESSAGE_ID));
		await maildir.send(mail(MESSAGE_ID, 9));
		expect(await readFile(join(folder, "new", MESSAGE_ID))).toEqual(first);
		await rename(join(folder, "new", MESSAGE_ID), join(folder, "cur", `${MESSAGE_ID}:2,S`));
		await maildir.send(mail());
		expect(await filesIn("new")).toEqual([]);
		expect(await filesIn("cur")).toEqual([`${MESSAGE_ID}:2,S`]);
	});

	test("keeps one mail of a message that is delivered ten times at once, and each of ten messages", async () => {
		const maildir = await openMaildir(folder);
		const ids = Array.from({ length: 10 }, () => `VMID-${randomUUID()}`);
		await Promise.all(ids.flatMap((id) => [maildir.send(mail(id)), maildir.send(mail(id))]));
		expect((await filesIn("new")).toSorted()).toEqual(ids.toSorted());
		expect(await filesIn("tmp")).toEqual([]);
		for (const id of ids) {
			const { attachments } = await simpleParser(await readFile(join(folder, "new", id)));
			expect(attachments[0]!.content.length).toBe(mail().attachment!.wav.length);
		}
	});

	test("clears what a crash left under tmp, after 36 hours and not before", async () => {
		await openMaildir(folder);
		await writeFile(join(folder, "tmp", "old"), "half");
		await writeFile(join(folder, "tmp", "young"), "half");
		const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
		await utimes(join(folder, "tmp", "old"), hoursAgo(37), hoursAgo(37));
		await utimes(join(folder, "tmp", "young"), hoursAgo(35), hoursAgo(35));
		await openMaildir(folder);
		expect(await filesIn("tmp")).toEqual(["young"]);
	});

	test("a folder that is gone is a failure that passes, and no mail is lost over it", async () => {
		const maildir = await openMaildir(folder);
		await rm(join(folder, "tmp"), { recursive: true });
		const failure = { code: "mailServerUnavailable", message: expect.stringContaining("ENOENT") };
		await expect(maildir.send(mail())).rejects.toMatchObject(failure);
		await expect(maildir.check()).rejects.toMatchObject(failure);
		await openMaildir(folder);
		await maildir.send(mail());
		await maildir.check();
		expect(await filesIn("new")).toEqual([MESSAGE_ID]);
	});

	test("a place that is no folder is refused at start", async () => {
		await writeFile(join(base, "file"), "");
		await expect(openMaildir(join(base, "file", "mail"))).rejects.toMatchObject({ code: "configInvalid" });
	});

	test("a message id can not leave the folder", async () => {
		const maildir = await openMaildir(folder);
		for (const id of ["../escaped", "a/b", "", "x:2,S"]) {
			await expect(maildir.send({ ...mail(), messageId: id })).rejects.toThrow("file name");
		}
		expect(await readdir(join(base, "data"))).toEqual(["mail"]);
	});
});
