/** From a message to its mail. Pure. */

import { AUDIO_FORMS, encodeWav } from "../audio/index.ts";
import { LIMITS } from "../domain/index.ts";
import type { MessageNotice } from "../mailbox/index.ts";
import { type EmailFacts, htmlBody, textBody } from "./email-bodies.ts";
import { PermanentFailure } from "./failures.ts";
import { NOTIFY_LIMITS } from "./limits.ts";
import type { Mail } from "./types.ts";
import {
	attachmentName,
	oneLine,
	wholeSeconds,
	writtenCaller,
	writtenDuration,
	writtenNumber,
	writtenTime,
} from "./wording.ts";

export interface ComposeOptions {
	/** `voicemail@example.com` or `Voicemail <voicemail@example.com>`. */
	readonly mailFrom: string;
	/** What a subscriber dials to listen, such as `*86`. */
	readonly accessNumber: string | undefined;
}

const WAV_HEADER_BYTES = 44;
/** One plain address: no list, group, route or quoted part, so that a mail goes to nobody else (RFC 5321 §4.1.2). */
const ADDRESS = /^[^\s<>()[\]\\,;:@"\p{Cc}]+@[^\s<>()\\,;:@"\p{Cc}]+$/u;

/**
 * @param notice with an address.
 * @throws PermanentFailure `badInput` where an address is none.
 */
export function composeEmail(notice: MessageNotice, options: ComposeOptions): Mail {
	const { message, timeZone } = notice;
	const from = parseSender(options.mailFrom);
	const caller = writtenCaller(message.from, message.fromName);
	const duration = writtenDuration(message.durationMs);
	const subject = `Voicemail from ${caller} (${duration})`;
	const firstName = oneLine(notice.firstName ?? "", LIMITS.nameCharsMax);
	const facts: EmailFacts = {
		firstName,
		caller,
		duration,
		received: writtenTime(message.receivedOn, timeZone),
		mailbox: writtenNumber(message.phoneNumber),
		newMessages: notice.newMessages,
		attached: notice.attachAudio,
		accessNumber: options.accessNumber,
	};
	return {
		messageId: message.messageId,
		messageIdHost: from.address.slice(from.address.lastIndexOf("@") + 1),
		from,
		to: {
			name: oneLine(`${firstName} ${notice.lastName ?? ""}`, 2 * LIMITS.nameCharsMax),
			address: checkedAddress(notice.email ?? "", "The mailbox's e-mail address"),
		},
		subject,
		// the end of the message, not the time of sending: a mail that was deferred for a day sorts where it belongs
		date: new Date(message.receivedOn.getTime() + message.durationMs),
		text: textBody(facts),
		html: htmlBody(facts, subject),
		durationSeconds: wholeSeconds(message.durationMs),
		attachment: notice.attachAudio
			? { fileName: attachmentName(message, timeZone), wav: encodeAttachment(notice) }
			: undefined,
	};
}

function encodeAttachment({ audio }: MessageNotice): Uint8Array {
	const linearBytes = WAV_HEADER_BYTES + (2 * audio.samples.length) / AUDIO_FORMS[audio.encoding].octetsPerSample;
	return encodeWav(audio, linearBytes <= LIMITS.attachmentPcmBytesMax ? "pcm16" : "g711");
}

/** @throws PermanentFailure `badInput` where it is no address. */
export function parseSender(mailFrom: string): { name: string; address: string } {
	const named = /^\s*"?([^"<>]*?)"?\s*<([^<>]+)>\s*$/.exec(mailFrom);
	const [name, address] = named === null ? ["", mailFrom] : [named[1]!, named[2]!];
	return {
		name: oneLine(name, NOTIFY_LIMITS.callerNameCharsMax) || "Voicemail",
		address: checkedAddress(address.trim(), "AFTERBEEP_MAIL_FROM"),
	};
}

/** @throws PermanentFailure `badInput` where it is none. */
export function checkedAddress(address: string, what: string): string {
	if (address.length <= LIMITS.emailCharsMax && ADDRESS.test(address)) return address;
	throw new PermanentFailure(
		"badInput",
		`${what} is not one plain e-mail address.`,
		"Set an address such as jane@example.com and run the job again.",
	);
}
