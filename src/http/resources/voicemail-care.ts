import { z } from "zod";
import { accountId, phoneNumber } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";

const Mailbox = z.object({ PhoneNumber: phoneNumber, AccountId: accountId });
const Done = z.object({ PhoneNumber: z.string(), Successful: z.boolean(), Message: z.string() });

const Status = z.object({
	PhoneNumber: z.string(),
	VoicemailEnabled: z.boolean(),
	PinSet: z.boolean(),
	PinChangeRequired: z.boolean(),
	Locked: z.boolean(),
	LockedUntil: z.string().nullable(),
	FailedAttempts: z.int(),
	NewMessages: z.int(),
	TotalMessages: z.int(),
	MailboxFull: z.boolean(),
});

const NUMBER = { PhoneNumber: "+18018018011", AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx" };

/** What a help desk does for a subscriber: with the bearer alone, and without ever seeing a PIN (contract 6.6). */
export function voicemailCareOperations({ mailboxes }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "getVoicemailStatus",
			method: "POST",
			path: "/v1.0/numbers/voicemail/status",
			tag: "Numbers",
			summary: "See a mailbox's PIN, lock and fill level",
			description:
				"Whether a PIN is set, whether wrong ones have locked retrieval and until when, and how many messages there are. A number without voicemail answers `VoicemailEnabled: false`.",
			ours: true,
			request: Mailbox,
			response: Status,
			example: {
				request: NUMBER,
				response: {
					PhoneNumber: "+18018018011",
					VoicemailEnabled: true,
					PinSet: true,
					PinChangeRequired: false,
					Locked: true,
					LockedUntil: "2026-05-28T17:08:11.482Z",
					FailedAttempts: 5,
					NewMessages: 2,
					TotalMessages: 7,
					MailboxFull: false,
				},
			},
			async handle(input, who) {
				const found = await mailboxes.status(who, input.PhoneNumber, input.AccountId);
				return {
					PhoneNumber: input.PhoneNumber,
					VoicemailEnabled: found !== undefined,
					PinSet: found?.pinSet ?? false,
					PinChangeRequired: found?.pinChangeRequired ?? false,
					Locked: found !== undefined && found.lockedUntil !== null,
					LockedUntil: found?.lockedUntil?.toISOString() ?? null,
					FailedAttempts: found?.failedAttempts ?? 0,
					NewMessages: found?.newMessages ?? 0,
					TotalMessages: found?.totalMessages ?? 0,
					MailboxFull: found?.mailboxFull ?? false,
				};
			},
		}),
		operation({
			id: "unlockVoicemail",
			method: "POST",
			path: "/v1.0/numbers/voicemail/unlock",
			tag: "Numbers",
			summary: "Lift a mailbox's lock",
			description:
				"Forgets the wrong PINs that were tried, on all channels; the PIN stays. Harmless where nothing is locked. 404 when voicemail is not active on the number.",
			ours: true,
			request: Mailbox,
			response: Done,
			example: {
				request: NUMBER,
				response: { PhoneNumber: "+18018018011", Successful: true, Message: "Voicemail unlocked" },
			},
			async handle(input, who) {
				await mailboxes.unlock(who, input.PhoneNumber, input.AccountId);
				return { PhoneNumber: input.PhoneNumber, Successful: true, Message: "Voicemail unlocked" };
			},
		}),
		operation({
			id: "resetVoicemailPin",
			method: "POST",
			path: "/v1.0/numbers/voicemail/pin/reset",
			tag: "Numbers",
			summary: "Send a new random PIN to the subscriber",
			description:
				"Sets a random PIN, sends it to the mailbox's Email and lifts a lock; open retrievals end, and the next login must choose another PIN. The PIN is in no answer. 400 where the mailbox has no Email, 404 when voicemail is not active on the number.",
			ours: true,
			request: Mailbox,
			response: Done,
			example: {
				request: NUMBER,
				response: { PhoneNumber: "+18018018011", Successful: true, Message: "New PIN sent by e-mail" },
			},
			async handle(input, who) {
				await mailboxes.resetPin(who, input.PhoneNumber, input.AccountId);
				return { PhoneNumber: input.PhoneNumber, Successful: true, Message: "New PIN sent by e-mail" };
			},
		}),
	];
}
