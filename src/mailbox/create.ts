import type { Clock, Log } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import { activate, update } from "./activate.ts";
import type { CallMailboxes } from "./call-types.ts";
import { changePin, checkPin } from "./check-pin.ts";
import { deposit } from "./deposit.ts";
import { eraseBlobsNow } from "./erase-blobs.ts";
import { find, heldReading, stillOpen } from "./find.ts";
import { greetings, setGreeting } from "./greetings.ts";
import { importMailboxes } from "./import.ts";
import { details, info, settingsReading } from "./info.ts";
import { lampReading } from "./lamp-reading.ts";
import { audio, listMessages, messageAudio, messages, setStatus } from "./messages.ts";
import type { Needs } from "./needs.ts";
import { notice } from "./notice.ts";
import { notifyFailed } from "./notify-failed.ts";
import { numberHooks } from "./number-hooks.ts";
import { createPinHasher } from "./pin-hasher.ts";
import { pinNotice, resetPin, status, unlock } from "./pin-reset.ts";
import { purge } from "./purge.ts";
import { createRandomPin } from "./random-pin.ts";
import { remove } from "./remove.ts";
import type { Mailboxes } from "./types.ts";

export interface MailboxesOptions {
	readonly store: Store;
	/** Its derived pepper is part of every PIN hash. */
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
	readonly log: Log;
	/** IANA name and BCP 47 tag of mailboxes that have none. */
	readonly defaults: { readonly timeZone: string; readonly language: string };
	/** PIN hashes at once; all cores but one where absent. */
	readonly pinHashesAtOnce?: number;
}

/** The one door to mailboxes and messages: for the API, the CLI, the jobs and the calls. */
export function createMailboxes(options: MailboxesOptions): Mailboxes & CallMailboxes {
	const { store, clock, log, defaults } = options;
	const needs: Needs = {
		store,
		clock,
		log,
		defaults,
		pins: createPinHasher(options.masterKey, options.pinHashesAtOnce),
		randomPin: createRandomPin(options.masterKey),
		heldOf: heldReading(store.db, defaults),
		settingsOf: settingsReading(store.db),
	};
	return {
		activate: (who, number, accountId, fields) => activate(needs, who, number, accountId, fields),
		info: (who, number, accountId) => info(needs, who, number, accountId),
		update: (who, number, accountId, fields) => update(needs, who, number, accountId, fields),
		remove: (who, number, accountId) => remove(needs, who, number, accountId),
		status: (who, number, accountId) => status(needs, who, number, accountId),
		unlock: (who, number, accountId) => unlock(needs, who, number, accountId),
		resetPin: (who, number, accountId) => resetPin(needs, who, number, accountId),
		pinNotice: (mailboxId, resetId) => pinNotice(needs, mailboxId, resetId),
		eraseBlobs: (blobKeys) => eraseBlobsNow(needs, blobKeys),
		importMailboxes: (who, given, report) => importMailboxes(needs, who, given, report),
		numberHooks: numberHooks(needs),
		details: (number) => details(needs, number),
		listMessages: (number, limit) => listMessages(needs, number, limit),
		messageAudio: (messageId) => messageAudio(needs, messageId),
		notice: (messageId, number) => notice(needs, messageId, number),
		notifyFailed: (messageId, number, reason) => notifyFailed(needs, messageId, number, reason),
		lampReading: (mailboxId) => lampReading(needs, mailboxId),
		purge: () => purge(needs),

		find: (numbers) => find(needs, numbers),
		greetings: (mailboxId) => greetings(needs, mailboxId),
		deposit: (recording) => deposit(needs, recording),
		checkPin: (number, pin, channel) => checkPin(needs, number, pin, channel),
		changePin: (mailboxId, pin) => changePin(needs, mailboxId, pin),
		messages: (mailboxId) => messages(needs, mailboxId),
		audio: (messageId, mailboxId) => audio(needs, messageId, mailboxId),
		setStatus: (mailboxId, messageId, status) => setStatus(needs, mailboxId, messageId, status),
		setGreeting: (mailboxId, kind, recorded) => setGreeting(needs, mailboxId, kind, recorded),
		stillOpen: (mailboxId, since) => stillOpen(needs, mailboxId, since),
	};
}
