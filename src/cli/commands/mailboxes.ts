/** `afterbeep mailboxes`: show. Never a PIN. */
import type { Command } from "../command.ts";
import { phoneNumberArgument } from "../input.ts";
import { whyNoVoicemail } from "../no-voicemail.ts";
import { printable } from "../terminal.ts";
import { mailboxView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

export const mailboxesShow: Command = {
	name: "mailboxes show",
	summary: "Show a mailbox: owner, PIN status, locks, counts",
	positionals: [{ name: "NUMBER", required: true }],
	examples: ["afterbeep mailboxes show +11234567890"],
	async run(invocation) {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		return withPlatform(invocation, async ({ mailboxes, numbers }) => {
			const { terminal } = invocation;
			const details = await mailboxes.details(number);
			if (details === undefined) {
				terminal.remark(await whyNoVoicemail(number, { numbers }));
				return 1;
			}
			const view = mailboxView(details);
			if (invocation.json) terminal.json(view);
			else {
				for (const [name, value] of Object.entries(view)) {
					terminal.line(`${terminal.style("dim", name.padEnd(18))} ${value === null ? "-" : printable(String(value))}`);
				}
			}
			return 0;
		});
	},
};
