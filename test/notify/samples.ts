/** A message as the mailbox hands it over. */

import type { TelephoneAudio } from "../../src/audio/index.ts";
import type { Message } from "../../src/domain/index.ts";
import type { MessageNotice } from "../../src/mailbox/index.ts";

export const MESSAGE_ID = "VMID-019e6f5e-1111-7222-8333-444455556666";

/** A 440 Hz tone in µ-law, near enough: what matters is that each octet arrives. */
export function toneAudio(seconds: number): TelephoneAudio {
	return { encoding: "PCMU", samples: Uint8Array.from({ length: seconds * 8000 }, (_, i) => (i * 37) & 0xff) };
}

export function sampleNotice(
	notice: Partial<Omit<MessageNotice, "message">> = {},
	message: Partial<Message> = {},
): MessageNotice {
	return {
		message: {
			messageId: MESSAGE_ID,
			phoneNumber: "+11234567890",
			from: "+18015551234",
			fromName: null,
			receivedOn: new Date("2026-05-28T17:03:20Z"),
			durationMs: 23_400,
			sizeBytes: 187_200,
			status: "New",
			redirectReason: "NoAnswer",
			mailboxSource: "Diversion",
			silent: false,
			filtered: false,
			attestation: null,
			heardOn: null,
			deletedOn: null,
			expiresOn: null,
			...message,
		},
		audio: toneAudio(1),
		email: "jane@example.com",
		firstName: "Jane",
		lastName: "Doe",
		timeZone: "America/Denver",
		language: "en",
		attachAudio: true,
		newMessages: 3,
		...notice,
	};
}
