/** Delivery into a Maildir: the outbox where no mail server is set. One file a mail, named by its MessageId. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import MailComposer from "nodemailer/lib/mail-composer";
import { Failure } from "../domain/index.ts";
import { NOTIFY_LIMITS } from "./limits.ts";
import { mimeOptions } from "./mime.ts";
import type { Mail, Outbox } from "./types.ts";

/** A name that can leave the folder, or that a mail reader would take for flags, is a bug of ours. */
const FILE_NAME = /^[A-Za-z0-9-]{1,100}$/;

/**
 * @param folder made with mode 700 where it is missing, with `tmp`, `new` and `cur` in it.
 * @throws Failure `configInvalid` where it cannot be made or written.
 */
export async function openMaildir(folder: string): Promise<Outbox> {
	try {
		await mkdir(folder, { recursive: true, mode: 0o700 });
		for (const part of ["tmp", "new", "cur"]) await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
		await removeLeftovers(join(folder, "tmp"));
	} catch (error) {
		throw new Failure(
			"configInvalid",
			`The mail folder ${folder} cannot be used (${reason(error)}).`,
			"Make it writable for the platform, or set AFTERBEEP_SMTP_URL.",
			{ cause: error },
		);
	}
	return {
		description: `Maildir ${folder}`,
		send: (mail) => guarded(folder, () => deliver(folder, mail)),
		check: () => guarded(folder, () => check(folder)),
		[Symbol.asyncDispose]: async () => {},
	};
}

/** Written whole and synced under `tmp`, then moved: a reader never sees half a mail. */
async function deliver(folder: string, mail: Mail): Promise<void> {
	const name = mail.messageId;
	if (!FILE_NAME.test(name)) throw new Error("a MessageId that cannot be a file name");
	if (await delivered(folder, name)) return;
	const octets = await new MailComposer({ ...mimeOptions(mail), newline: "unix" }).compile().build();
	const draft = join(folder, "tmp", `${name}.${randomUUID()}`);
	try {
		await writeSynced(draft, octets);
		// two at once rename onto the same name: one mail, with the same contents
		await rename(draft, join(folder, "new", name));
	} catch (error) {
		await rm(draft, { force: true }).catch(() => {});
		throw error;
	}
	await syncFolder(join(folder, "new"));
}

/** A mail program moves what it has seen to `cur` and adds flags behind a colon. */
async function delivered(folder: string, name: string): Promise<boolean> {
	if ((await stat(join(folder, "new", name)).catch(() => undefined)) !== undefined) return true;
	const seen = await readdir(join(folder, "cur"));
	return seen.some((file) => file === name || file.startsWith(`${name}:`));
}

async function writeSynced(file: string, octets: Uint8Array): Promise<void> {
	await using handle = await open(file, "wx", 0o600);
	await handle.writeFile(octets);
	await handle.sync();
}

async function syncFolder(folder: string): Promise<void> {
	await using handle = await open(folder, "r");
	await handle.sync();
}

async function check(folder: string): Promise<void> {
	const probe = join(folder, "tmp", `probe.${randomUUID()}`);
	await writeSynced(probe, new Uint8Array(1));
	await rm(probe);
}

async function removeLeftovers(tmp: string): Promise<void> {
	const oldestMs = Date.now() - NOTIFY_LIMITS.maildirTmpHours * 3_600_000;
	for (const file of await readdir(tmp)) {
		const found = await stat(join(tmp, file)).catch(() => undefined);
		if (found !== undefined && found.mtimeMs < oldestMs) await rm(join(tmp, file), { force: true });
	}
}

async function guarded(folder: string, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === undefined) throw error;
		throw new Failure(
			"mailServerUnavailable",
			`The mail folder ${folder} cannot be written (${reason(error)}).`,
			"Make room, or make the folder writable for the platform; waiting mails are tried again by themselves.",
			{ cause: error },
		);
	}
}

function reason(error: unknown): string {
	return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
}
