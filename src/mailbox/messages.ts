import { sql } from "kysely";
import type { TelephoneAudio } from "../audio/index.ts";
import type { EventName, Message, MessageStatus } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { announce, messageData } from "./announce.ts";
import { fromBlob } from "./blob-audio.ts";
import type { MailboxMessages } from "./call-types.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import { bumpLamp, lockMailbox } from "./mailbox-row.ts";
import { MESSAGE_COLUMNS, messageOf, retentionOf } from "./message-row.ts";
import type { Needs } from "./needs.ts";

const columns = MESSAGE_COLUMNS.map((column) => `messages.${column}` as const);

/** One mailbox for the ear: new ones first, then the others, each group oldest first. */
export async function messages(needs: Needs, mailboxId: string): Promise<MailboxMessages> {
	const mailbox = await numberOf(needs, mailboxId);
	if (!mailbox) return { messages: [], newCount: 0, savedCount: 0 };
	const rows = await needs.store.db
		.selectFrom("messages")
		.select(MESSAGE_COLUMNS)
		.where("phoneNumber", "=", mailbox.phoneNumber)
		.where("mailboxId", "=", mailboxId)
		.where("deletedOn", "is", null)
		.orderBy(sql`status <> 'New'`)
		.orderBy("receivedOn")
		.orderBy("id")
		.execute();
	const newCount = rows.filter((row) => row.status === "New").length;
	return {
		messages: rows.map((row) => messageOf({ ...row, ...mailbox })),
		newCount,
		savedCount: rows.length - newCount,
	};
}

/** Read apart: with the number at hand, the query for its messages is planned for one partition instead of all. */
async function numberOf(needs: Needs, mailboxId: string) {
	return needs.store.db
		.selectFrom("mailboxes")
		.select(["phoneNumber", "retentionDays", "deletedRetentionDays"])
		.where("id", "=", mailboxId)
		.executeTakeFirst();
}

/** For the CLI: newest first, deleted ones among them. MessageIds sort by time, so their index gives the order. */
export async function listMessages(
	needs: Needs,
	phoneNumber: string | undefined,
	limit: number,
): Promise<readonly Message[]> {
	const rows = await needs.store.db
		.selectFrom("messages")
		.innerJoin("mailboxes", "mailboxes.id", "messages.mailboxId")
		.select([...columns, "mailboxes.retentionDays", "mailboxes.deletedRetentionDays"])
		.$if(phoneNumber !== undefined, (query) => query.where("messages.phoneNumber", "=", phoneNumber!))
		.orderBy("messages.id", "desc")
		.limit(Math.max(0, Math.min(limit, MAILBOX_LIMITS.listMax)))
		.execute();
	return rows.map(messageOf);
}

export async function audio(needs: Needs, messageId: string, mailboxId: string): Promise<TelephoneAudio | undefined> {
	const mailbox = await numberOf(needs, mailboxId);
	if (!mailbox) return undefined;
	const row = await needs.store.db
		.selectFrom("messages")
		.select("blobKey")
		.where("phoneNumber", "=", mailbox.phoneNumber)
		.where("id", "=", messageId)
		.where("mailboxId", "=", mailboxId)
		.executeTakeFirst();
	return row && readAudio(needs, row.blobKey, { messageId });
}

/** Whatever mailbox it is in: for the CLI. */
export async function messageAudio(needs: Needs, messageId: string): Promise<TelephoneAudio | undefined> {
	const row = await needs.store.db
		.selectFrom("messages")
		.select("blobKey")
		.where("id", "=", messageId)
		.executeTakeFirst();
	return row && readAudio(needs, row.blobKey, { messageId });
}

/** A blob that is missing or damaged is logged for the operator; who asked for it hears that it can not be had. */
export async function readAudio(needs: Needs, blobKey: string, whose: object): Promise<TelephoneAudio | undefined> {
	const blob = await needs.store.blobs.get(blobKey);
	const found = blob && fromBlob(blob);
	if (!found) needs.log.error({ ...whose, blobKey }, blob ? "a blob is damaged" : "a blob is missing");
	return found;
}

/**
 * Heard, saved, deleted or restored. Deletion is soft: any other status takes it back. The lamp is told only when the
 * number of new or of other messages changes.
 */
export async function setStatus(
	needs: Needs,
	mailboxId: string,
	messageId: string,
	status: MessageStatus,
): Promise<void> {
	await needs.store.transaction(async (tx) => {
		const mailbox = await lockMailbox(tx, mailboxId);
		if (!mailbox) return;
		const before = await tx
			.selectFrom("messages")
			.select(["status", "heardOn", "deletedOn"])
			.where("phoneNumber", "=", mailbox.phoneNumber)
			.where("id", "=", messageId)
			.where("mailboxId", "=", mailboxId)
			.executeTakeFirst();
		if (!before) return;
		const after = withStatus(before, status, needs.clock.now());
		if (after.status === before.status && after.deletedOn === before.deletedOn) return;
		await write(tx, mailbox.phoneNumber, messageId, after);
		if (countedAs(after) !== countedAs(before)) await bumpLamp(tx, mailboxId);
		const event = eventOf(before, after);
		if (event === undefined) return;
		await announce(needs, tx, mailbox, async () => {
			const row = await tx
				.selectFrom("messages")
				.select(MESSAGE_COLUMNS)
				.where("phoneNumber", "=", mailbox.phoneNumber)
				.where("id", "=", messageId)
				.executeTakeFirstOrThrow();
			return [{ event, data: messageData(messageOf({ ...row, ...retentionOf(mailbox) })) }];
		});
	});
}

interface StatusColumns {
	readonly status: string;
	readonly heardOn: Date | null;
	readonly deletedOn: Date | null;
}

function withStatus(before: StatusColumns, status: MessageStatus, now: Date): StatusColumns {
	// The status beneath stays for the restoring; the first deletion sets the clock of the erasure.
	if (status === "Deleted") return { ...before, deletedOn: before.deletedOn ?? now };
	return { status, heardOn: status === "New" ? null : (before.heardOn ?? now), deletedOn: null };
}

/** What webhooks call the change; undefined for "new again", which the contract does not name. */
function eventOf(before: StatusColumns, after: StatusColumns): EventName | undefined {
	if (after.deletedOn !== null) return "Voicemail_Deleted";
	if (before.deletedOn !== null) return "Voicemail_Restored";
	if (after.status === "Saved") return "Voicemail_Saved";
	return after.status === "Heard" ? "Voicemail_Heard" : undefined;
}

function countedAs(row: StatusColumns): "new" | "old" | "deleted" {
	if (row.deletedOn !== null) return "deleted";
	return row.status === "New" ? "new" : "old";
}

async function write(tx: Tx, phoneNumber: string, messageId: string, after: StatusColumns): Promise<void> {
	const { status, heardOn, deletedOn } = after;
	await tx
		.updateTable("messages")
		.set({ status, heardOn, deletedOn })
		.where("phoneNumber", "=", phoneNumber)
		.where("id", "=", messageId)
		.execute();
}
