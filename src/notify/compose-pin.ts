/** The mail with a new random PIN. Pure. */
import { LIMITS } from "../domain/index.ts";
import type { PinNotice } from "../mailbox/index.ts";
import { checkedAddress, parseSender } from "./compose.ts";
import { escapeHtml } from "./email-bodies.ts";
import type { Mail } from "./types.ts";
import { oneLine, writtenNumber } from "./wording.ts";

/**
 * @param resetId names the mail, so that one that is sent twice is one.
 * @throws PermanentFailure `badInput` where an address is none.
 */
export function composePinEmail(
	notice: PinNotice,
	resetId: string,
	options: { readonly mailFrom: string; readonly accessNumber: string | undefined },
): Mail {
	const from = parseSender(options.mailFrom);
	const firstName = oneLine(notice.firstName ?? "", LIMITS.nameCharsMax);
	const mailbox = writtenNumber(notice.phoneNumber);
	const lines = [
		firstName === "" ? "Hello," : `Hello ${firstName},`,
		`your voicemail at ${mailbox} has a new PIN: ${notice.pin}`,
		options.accessNumber === undefined
			? "The next time you listen to your messages you will be asked to choose your own."
			: `Call ${options.accessNumber} and enter it; you will then be asked to choose your own.`,
		"The PIN you had before works no longer. If you did not ask for a new one, tell your operator.",
	];
	return {
		messageId: resetId,
		messageIdHost: from.address.slice(from.address.lastIndexOf("@") + 1),
		from,
		to: {
			name: oneLine(`${firstName} ${notice.lastName ?? ""}`, 2 * LIMITS.nameCharsMax),
			address: checkedAddress(notice.email, "The mailbox's e-mail address"),
		},
		// Not the PIN itself: subjects are shown on locked screens.
		subject: `New voicemail PIN for ${mailbox}`,
		date: notice.resetOn,
		text: `${lines.join("\n\n")}\n`,
		html: `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>New voicemail PIN</title></head>
<body style="font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:22px">
${lines.map((line) => `<p>${escapeHtml(line).replace(notice.pin, `<strong>${notice.pin}</strong>`)}</p>`).join("\n")}
</body>
</html>
`,
		durationSeconds: undefined,
		attachment: undefined,
	};
}
