import { z } from "zod";
import { accountId, email, personName, phoneNumber, pin } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";

const Mailbox = z.object({ PhoneNumber: phoneNumber, AccountId: accountId });

const MailboxSettings = Mailbox.extend({
	PIN: pin
		.optional()
		.meta({ description: "What the subscriber keys to hear messages; 4 to 10 digits.", examples: ["1234"] }),
	FirstName: personName
		.optional()
		.meta({ description: "Subscriber's first name; empty clears it.", examples: ["John"] }),
	LastName: personName.optional().meta({ description: "Subscriber's last name; empty clears it.", examples: ["Doe"] }),
	Email: email.optional().meta({
		description: "Where new messages are announced; empty clears it.",
		examples: ["john@example.com"],
	}),
});

const Activated = z.object({
	PhoneNumber: z.string(),
	VoicemailActivated: z.boolean(),
	Successful: z.boolean(),
});
const Done = z.object({ PhoneNumber: z.string(), Successful: z.boolean(), Message: z.string() });
const Info = z.object({
	PhoneNumber: z.string(),
	VoicemailEnabled: z.boolean(),
	Email: z.string().nullable(),
	FirstName: z.string().nullable(),
	LastName: z.string().nullable(),
});

const NUMBER = { PhoneNumber: "+11234567890", AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx" };

/** Only what was sent, under the names of the mailbox room. */
function settingsOf(input: z.output<typeof MailboxSettings>) {
	return { pin: input.PIN, firstName: input.FirstName, lastName: input.LastName, email: input.Email };
}

export function voicemailOperations({ mailboxes }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "activateVoicemail",
			method: "POST",
			path: "/v1.0/numbers/voicemail/activate",
			tag: "Numbers",
			summary: "Activate voicemail",
			description:
				"Gives a provisioned number a mailbox: calls nobody answers are recorded and announced by e-mail. Safe to repeat: fields that are sent replace, others stay. Without a PIN messages are taken, but can not be heard until one is set; without an Email they are kept, but not announced.\n\nNext: `POST /v1.0/numbers/voicemail/info`.",
			request: MailboxSettings,
			response: Activated,
			example: {
				request: { ...NUMBER, PIN: "1234", FirstName: "John", LastName: "Doe", Email: "john@example.com" },
				response: { PhoneNumber: "+11234567890", VoicemailActivated: true, Successful: true },
			},
			async handle(input, who) {
				await mailboxes.activate(who, input.PhoneNumber, input.AccountId, settingsOf(input));
				return { PhoneNumber: input.PhoneNumber, VoicemailActivated: true, Successful: true };
			},
		}),
		operation({
			id: "getVoicemailInfo",
			method: "POST",
			path: "/v1.0/numbers/voicemail/info",
			tag: "Numbers",
			summary: "Read a mailbox's settings",
			description:
				"Whether voicemail is on for a number, and for whom. A number without voicemail answers `VoicemailEnabled: false` and nulls; a number you do not have is 404. The PIN is never shown.",
			request: Mailbox,
			response: Info,
			example: {
				request: NUMBER,
				response: {
					PhoneNumber: "+11234567890",
					VoicemailEnabled: true,
					Email: "user@example.com",
					FirstName: "John",
					LastName: "Doe",
				},
			},
			async handle(input, who) {
				const info = await mailboxes.info(who, input.PhoneNumber, input.AccountId);
				return {
					PhoneNumber: info.phoneNumber,
					VoicemailEnabled: info.voicemailEnabled,
					Email: info.email,
					FirstName: info.firstName,
					LastName: info.lastName,
				};
			},
		}),
		operation({
			id: "updateVoicemail",
			method: "POST",
			path: "/v1.0/numbers/voicemail/update",
			tag: "Numbers",
			summary: "Change a mailbox's settings",
			description:
				"Changes the fields that are sent and no others. A new PIN ends running retrievals and lifts a lock. 404 when voicemail is not active on the number.\n\nNext: `POST /v1.0/numbers/voicemail/info`.",
			request: MailboxSettings,
			response: Done,
			example: {
				request: { ...NUMBER, PIN: "5678", Email: "newemail@example.com" },
				response: { PhoneNumber: "+11234567890", Successful: true, Message: "Voicemail settings updated" },
			},
			async handle(input, who) {
				await mailboxes.update(who, input.PhoneNumber, input.AccountId, settingsOf(input));
				return { PhoneNumber: input.PhoneNumber, Successful: true, Message: "Voicemail settings updated" };
			},
		}),
		operation({
			id: "deleteVoicemail",
			method: "POST",
			path: "/v1.0/numbers/voicemail/delete",
			tag: "Numbers",
			summary: "Remove a mailbox",
			description:
				"Turns voicemail off and deletes the mailbox with its PIN, greetings and **all its messages**. Harmless where there is none. A later activation starts empty.",
			request: Mailbox,
			response: Done,
			example: {
				request: NUMBER,
				response: { PhoneNumber: "+11234567890", Successful: true, Message: "Voicemail removed" },
			},
			async handle(input, who) {
				await mailboxes.remove(who, input.PhoneNumber, input.AccountId);
				return { PhoneNumber: input.PhoneNumber, Successful: true, Message: "Voicemail removed" };
			},
		}),
	];
}
