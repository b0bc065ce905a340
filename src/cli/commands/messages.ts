/** `afterbeep messages`: list and audio. */
import { encodeWav } from "../../audio/index.ts";
import { type Command, UsageError } from "../command.ts";
import { limitOption, phoneNumberArgument } from "../input.ts";
import { whyNoVoicemail } from "../no-voicemail.ts";
import { listing } from "../terminal.ts";
import { messageView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

export const messagesList: Command = {
	name: "messages list",
	summary: "List the messages of a mailbox, or of all",
	positionals: [{ name: "NUMBER", required: false }],
	options: {
		all: { meaning: "messages of all mailboxes" },
		limit: { value: "N", meaning: "at most so many, newest first (100)" },
	},
	examples: ["afterbeep messages list +11234567890", "afterbeep messages list --all --json | jq -r '.[].MessageId'"],
	async run(invocation) {
		const [given] = invocation.positionals;
		if ((given === undefined) === !invocation.flag("all")) throw new UsageError("Give a NUMBER, or --all.");
		const number = given === undefined ? undefined : phoneNumberArgument(given);
		const limit = limitOption(invocation, 100);
		return withPlatform(invocation, async ({ mailboxes, numbers }) => {
			const { terminal } = invocation;
			if (number !== undefined && (await mailboxes.details(number)) === undefined) {
				terminal.remark(await whyNoVoicemail(number, { numbers }));
				return 1;
			}
			const messages = (await mailboxes.listMessages(number, limit)).map(messageView);
			if (invocation.json) terminal.json(messages);
			else if (messages.length === 0) terminal.remark("No messages.");
			else {
				const rows = messages.map((m) => [
					m.MessageId,
					m.PhoneNumber,
					m.From ?? "withheld",
					m.ReceivedOn,
					`${m.DurationSeconds.toFixed(1)} s`,
					m.Silent ? `${m.Status}, silent` : m.Status,
					m.RedirectReason,
					m.MailboxSource,
				]);
				const titles = ["MessageId", "PhoneNumber", "From", "ReceivedOn", "Duration", "Status", "RedirectReason"];
				for (const line of listing(terminal, [...titles, "MailboxSource"], rows)) terminal.line(line);
			}
			return 0;
		});
	},
};

export const messagesAudio: Command = {
	name: "messages audio",
	summary: "Write a message's audio as WAV to standard output",
	positionals: [{ name: "MESSAGEID", required: true }],
	examples: ["afterbeep messages audio VMID-0190... > message.wav", "afterbeep messages audio VMID-0190... | aplay -"],
	async run(invocation) {
		const { terminal } = invocation;
		if (terminal.interactive) {
			throw new UsageError(
				"WAV would garble this terminal; send it to a file: afterbeep messages audio ID > message.wav",
			);
		}
		const [messageId] = invocation.positionals as [string];
		return withPlatform(invocation, async ({ mailboxes }) => {
			const audio = await mailboxes.messageAudio(messageId);
			if (audio === undefined) {
				terminal.remark(`There is no message ${messageId}, or its audio is gone. See: afterbeep messages list --all`);
				return 1;
			}
			await terminal.bytes(encodeWav(audio));
			return 0;
		});
	},
};
