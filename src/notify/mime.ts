/** A mail as nodemailer takes it. nodemailer encodes headers (RFC 2047, 2231) and folds lines. */
import type { SendMailOptions } from "nodemailer";
import type { Mail } from "./types.ts";

export function mimeOptions(mail: Mail): SendMailOptions {
	return {
		messageId: `<${mail.messageId}@${mail.messageIdHost}>`,
		from: mail.from,
		to: mail.to,
		// given apart from the headers, so that nothing in a name can add a recipient
		envelope: { from: mail.from.address, to: [mail.to.address] },
		subject: mail.subject,
		date: mail.date,
		text: mail.text,
		html: mail.html,
		headers: {
			// RFC 3834 §5, and what Exchange reads in its place: no out-of-office answers
			"Auto-Submitted": "auto-generated",
			"X-Auto-Response-Suppress": "All",
			// RFC 3458 and RFC 3803: mail programs that know voice messages show them so
			...(mail.durationSeconds === undefined
				? {}
				: { "Message-Context": "voice-message", "Content-Duration": String(mail.durationSeconds) }),
		},
		attachments:
			mail.attachment === undefined
				? []
				: [
						{
							filename: mail.attachment.fileName,
							content: Buffer.from(
								mail.attachment.wav.buffer,
								mail.attachment.wav.byteOffset,
								mail.attachment.wav.byteLength,
							),
							contentType: "audio/wav",
							contentTransferEncoding: "base64",
						},
					],
		// from the id, not random: the same mail made twice is the same octets
		baseBoundary: mail.messageId,
		disableFileAccess: true,
		disableUrlAccess: true,
	};
}
