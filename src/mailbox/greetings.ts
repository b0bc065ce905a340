import { AUDIO_FORMS, durationMsOf, type TelephoneAudio } from "../audio/index.ts";
import { audit } from "../directory/index.ts";
import { Failure, LIMITS, uuidv7 } from "../domain/index.ts";
import { toBlob } from "./blob-audio.ts";
import type { GreetingKind, Greetings } from "./call-types.ts";
import { mailboxGone } from "./check-pin.ts";
import { eraseBlobs } from "./erase-blobs.ts";
import { lockMailbox } from "./mailbox-row.ts";
import { readAudio } from "./messages.ts";
import type { Needs } from "./needs.ts";

const TYPES: Record<GreetingKind, { readonly greetingType: string; readonly secondsMax: number }> = {
	unavailable: { greetingType: "Unavailable", secondsMax: LIMITS.greetingSecondsMax },
	name: { greetingType: "Name", secondsMax: LIMITS.recordedNameSecondsMax },
};

export async function greetings(needs: Needs, mailboxId: string): Promise<Greetings> {
	const rows = await needs.store.db
		.selectFrom("greetings")
		.select(["greetingType", "blobKey"])
		.where("mailboxId", "=", mailboxId)
		.execute();
	const read = async (kind: GreetingKind) => {
		const row = rows.find((each) => each.greetingType === TYPES[kind].greetingType);
		return row && readAudio(needs, row.blobKey, { mailboxId });
	};
	const [unavailable, name] = await Promise.all([read("unavailable"), read("name")]);
	return { unavailable, name };
}

/** Each recording has a blob of its own: a call that is just reading the old one is not disturbed. */
export async function setGreeting(
	needs: Needs,
	mailboxId: string,
	kind: GreetingKind,
	audio: TelephoneAudio,
): Promise<void> {
	if (audio.samples.length === 0) {
		throw new Failure("badInput", "The greeting holds no audio", "Record it again.");
	}
	const { greetingType, secondsMax } = TYPES[kind];
	const { encoding } = audio;
	const kept = { encoding, samples: audio.samples.subarray(0, secondsMax * 1000 * AUDIO_FORMS[encoding].octetsPerMs) };
	const blobKey = `greetings/${mailboxId.slice(-2)}/${mailboxId}/${kind}-${uuidv7()}.wav`;
	await needs.store.blobs.put(blobKey, toBlob(kept));
	const stored = await needs.store.transaction(async (tx) => {
		const mailbox = await lockMailbox(tx, mailboxId);
		if (!mailbox) return false;
		const old = await tx
			.selectFrom("greetings")
			.select(["blobKey", "durationMs"])
			.where("mailboxId", "=", mailboxId)
			.where("greetingType", "=", greetingType)
			.executeTakeFirst();
		const columns = {
			blobKey,
			durationMs: Math.round(durationMsOf(kept)),
			encoding,
			updatedOn: needs.clock.now(),
		};
		await tx
			.insertInto("greetings")
			.values({ mailboxId, greetingType, ...columns })
			.onConflict((conflict) => conflict.columns(["mailboxId", "greetingType"]).doUpdateSet(columns))
			.execute();
		if (old) await eraseBlobs(needs, tx, [old.blobKey]);
		await audit(tx, {
			who: { accountKey: "phone" },
			at: needs.clock.now(),
			accountId: mailbox.accountId,
			number: mailbox.phoneNumber,
			operation: "setGreeting",
			...(old && { before: { GreetingType: greetingType, DurationMs: old.durationMs } }),
			after: { GreetingType: greetingType, DurationMs: columns.durationMs },
		});
		return true;
	});
	if (stored) return;
	await needs.store.blobs.delete(blobKey);
	throw mailboxGone();
}
