import fc from "fast-check";
import { simpleParser } from "mailparser";
import MailComposer from "nodemailer/lib/mail-composer";
import { describe, expect, test } from "vitest";
import { decodeWav, encodeWav } from "../../src/audio/index.ts";
import { LIMITS } from "../../src/domain/index.ts";
import type { MessageNotice } from "../../src/mailbox/index.ts";
import { composeEmail, parseSender } from "../../src/notify/compose.ts";
import { mimeOptions } from "../../src/notify/mime.ts";
import type { Mail } from "../../src/notify/types.ts";
import { attachmentName, writtenCaller, writtenDuration, writtenTime } from "../../src/notify/wording.ts";
import { MESSAGE_ID, sampleNotice, toneAudio } from "./samples.ts";

const OPTIONS = { mailFrom: "voicemail@op.example", accessNumber: "*86" };

const compose = (notice: MessageNotice): Mail => composeEmail(notice, OPTIONS);
const octetsOf = (mail: Mail): Promise<Buffer> => new MailComposer(mimeOptions(mail)).compile().build();
const parse = async (notice: MessageNotice) => simpleParser(await octetsOf(compose(notice)));

describe("the mail of a message", () => {
	test("tells caller and length in its subject, and everything else in both bodies", async () => {
		const mail = await parse(sampleNotice());
		expect(mail.subject).toBe("Voicemail from +1 801 555 1234 (0:23)");
		expect(mail.from?.text).toBe('"Voicemail" <voicemail@op.example>');
		expect(mail.to).toMatchObject({ value: [{ name: "Jane Doe", address: "jane@example.com" }] });
		for (const body of [mail.text!, (mail.html as string).replaceAll("&nbsp;", " ")]) {
			expect(body).toContain("Hello Jane,");
			expect(body).toContain("+1 801 555 1234");
			expect(body).toContain("+1 123 456 7890");
			expect(body).toContain("Thursday, May 28, 2026 at 11:03 AM, Mountain Daylight Time");
			expect(body).toContain("0:23");
			expect(body).toContain("The recording is attached.");
			expect(body).toContain("call *86 and enter your PIN");
			expect(body).toContain("You have 3 new messages.");
		}
	});

	test("is known by the message's id, dated by its end, and marked as made by a machine", async () => {
		const mail = await parse(sampleNotice());
		expect(mail.messageId).toBe(`<${MESSAGE_ID}@op.example>`);
		expect(mail.date).toEqual(new Date("2026-05-28T17:03:43Z"));
		expect(mail.headers.get("auto-submitted")).toBe("auto-generated");
		expect(mail.headers.get("message-context")).toBe("voice-message");
		expect(mail.headers.get("content-duration")).toBe("23");
	});

	test("is the same octets when made again", async () => {
		expect(await octetsOf(compose(sampleNotice()))).toEqual(await octetsOf(compose(sampleNotice())));
	});

	test("loads nothing from elsewhere", () => {
		const { html } = compose(sampleNotice());
		expect(html).not.toMatch(/https?:|src=|url\(|<link|<script|@import/i);
		expect(html).toContain("prefers-color-scheme: dark");
		expect(html).toContain('name="viewport"');
	});

	test("says less where less is known", async () => {
		const notice = sampleNotice(
			{ firstName: null, lastName: null, newMessages: 0, attachAudio: false },
			{ from: null, fromName: "Hidden Name" },
		);
		const mail = await simpleParser(await octetsOf(composeEmail(notice, { ...OPTIONS, accessNumber: undefined })));
		expect(mail.subject).toBe("Voicemail from withheld number (0:23)");
		expect(mail.to).toMatchObject({ value: [{ name: "", address: "jane@example.com" }] });
		for (const body of [mail.text!, mail.html as string]) {
			expect(body).toContain("Hello,");
			expect(body).not.toMatch(/Hidden|attached|by phone|new message|undefined|null/);
		}
		expect(mail.attachments).toEqual([]);
	});
});

describe("the attached recording", () => {
	test("is 16-bit PCM, and every sample is the one that was recorded", async () => {
		const [attachment, ...others] = (await parse(sampleNotice())).attachments;
		expect(others).toEqual([]);
		expect(attachment).toMatchObject({
			contentType: "audio/wav",
			contentDisposition: "attachment",
			filename: "voicemail-2026-05-28-1103-from-18015551234.wav",
		});
		const wav = attachment!.content;
		expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([
			1, 1, 8000, 16,
		]);
		expect(wav.length).toBe(44 + 16_000);
		expect(decodeWav(wav)).toEqual(decodeWav(encodeWav(toneAudio(1), "pcm16")));
	});

	test("is µ-law from the first sample that would make it larger than 5 MB", () => {
		const formOf = (samples: number): number => {
			const notice = sampleNotice({ audio: { encoding: "PCMU", samples: new Uint8Array(samples) } });
			return Buffer.from(compose(notice).attachment!.wav).readUInt16LE(20);
		};
		const most = (LIMITS.attachmentPcmBytesMax - 44) / 2;
		expect(formOf(most)).toBe(1);
		expect(formOf(most + 1)).toBe(7);
	});

	test.each([
		["+18015551234", "America/Denver", "voicemail-2026-05-28-1103-from-18015551234.wav"],
		["+18015551234", "Asia/Tokyo", "voicemail-2026-05-29-0203-from-18015551234.wav"],
		[null, "UTC", "voicemail-2026-05-28-1703-from-withheld.wav"],
		["anonymous", "UTC", "voicemail-2026-05-28-1703-from-unknown.wav"],
		['../../etc/passwd"\r\nX: 1', "UTC", "voicemail-2026-05-28-1703-from-1.wav"],
	])("from %s in %s is called %s", (from, timeZone, name) => {
		expect(attachmentName({ from, receivedOn: new Date("2026-05-28T17:03:20Z") }, timeZone)).toBe(name);
	});

	test("has a plain name whatever the caller sends", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 200 }), (from) => {
				const name = attachmentName({ from, receivedOn: new Date(0) }, "UTC");
				expect(name).toMatch(/^voicemail-1970-01-01-0000-from-[a-z0-9]{1,20}\.wav$/);
			}),
		);
	});
});

describe("wording", () => {
	test.each([
		[0, "0:01"],
		[499, "0:01"],
		[1499, "0:01"],
		[23_400, "0:23"],
		[59_600, "1:00"],
		[725_000, "12:05"],
		[900_000, "15:00"],
	])("%d ms is written %s", (ms, text) => {
		expect(writtenDuration(ms)).toBe(text);
	});

	test.each([
		["+18015551234", null, "+1 801 555 1234"],
		["+18015551234", "Jane Doe", "Jane Doe, +1 801 555 1234"],
		["+18015551234", "+18015551234", "+1 801 555 1234"],
		["+18015551234", "  ", "+1 801 555 1234"],
		["+4915112345678", null, "+4915112345678"],
		["1001", "Desk", "Desk, 1001"],
		["", null, "unknown number"],
		[null, "Jane", "withheld number"],
	])("caller %s named %s is written %s", (from, name, text) => {
		expect(writtenCaller(from, name)).toBe(text);
	});

	test.each([
		["America/Denver", "Thursday, January 15, 2026 at 5:30 AM, Mountain Standard Time"],
		["Europe/Berlin", "Thursday, January 15, 2026 at 1:30 PM, Central European Standard Time"],
		["Asia/Kolkata", "Thursday, January 15, 2026 at 6:00 PM, India Standard Time"],
		["UTC", "Thursday, January 15, 2026 at 12:30 PM, Coordinated Universal Time"],
		["Mars/Olympus", "Thursday, January 15, 2026 at 12:30 PM, Coordinated Universal Time"],
	])("in %s the time is written %s", (zone, text) => {
		expect(writtenTime(new Date("2026-01-15T12:30:00Z"), zone)).toBe(text);
	});
});

describe("what a caller or a subscriber writes", () => {
	const HEADERS = [
		"auto-submitted",
		"content-duration",
		"content-type",
		"date",
		"from",
		"message-context",
		"message-id",
		"mime-version",
		"subject",
		"to",
		"x-auto-response-suppress",
	];

	test.each([
		"Eve\r\nBcc: thief@evil.example",
		"Eve\nBcc: thief@evil.example\n\nbody",
		"Eve\u2028Bcc: thief@evil.example",
		"Eve\0<b>\r\n.\r\nMAIL FROM:<x@y>",
		"=?utf-8?q?Eve=0D=0ABcc:_thief@evil.example?=",
		'" <thief@evil.example>, "',
		"Zoë 🎉 Ōtani, 大谷",
	])("adds no header and no recipient: %j", async (name) => {
		const mail = await parse(sampleNotice({ firstName: name, lastName: name }, { fromName: name, from: name }));
		expect([...mail.headers.keys()].toSorted()).toEqual(HEADERS);
		expect(mail.to).toMatchObject({ value: [{ address: "jane@example.com" }] });
		expect((mail.to as { value: unknown[] }).value).toHaveLength(1);
		expect(mail.subject).toMatch(/^Voicemail from .* \(0:23\)$/u);
		expect(mail.subject).not.toMatch(/[\r\n\u2028]/);
		expect(mail.attachments).toHaveLength(1);
	});

	test("keeps names of all scripts as they are written", async () => {
		const mail = await parse(sampleNotice({ firstName: "Zoë", lastName: "大谷" }, { fromName: "Ōtani 🎉" }));
		expect(mail.to).toMatchObject({ value: [{ name: "Zoë 大谷" }] });
		expect(mail.subject).toBe("Voicemail from Ōtani 🎉, +1 801 555 1234 (0:23)");
		expect(mail.text).toContain("Hello Zoë,");
	});

	test("is shown, not run", () => {
		const { html } = compose(
			sampleNotice({ firstName: "<img src=x>" }, { fromName: `"><script>alert('1')</script>&` }),
		);
		expect(html).not.toMatch(/<script|<img/);
		expect(html).toContain("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;");
	});

	test("can not turn the reading direction around or fill the subject", () => {
		const { subject } = compose(sampleNotice({}, { fromName: `a\u202eb\u2066c${"x".repeat(500)}` }));
		expect(subject).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
		expect(subject.length).toBeLessThan(100);
	});

	test("never breaks a mail, whatever it is", async () => {
		const text = fc.string({ unit: "binary", maxLength: 150 });
		await fc.assert(
			fc.asyncProperty(text, text, async (name, from) => {
				const mail = await parse(sampleNotice({ firstName: name }, { fromName: name, from }));
				expect([...mail.headers.keys()].toSorted()).toEqual(HEADERS);
				expect((mail.to as { value: unknown[] }).value).toHaveLength(1);
			}),
			{ numRuns: 60 },
		);
	});

	test.each([
		"",
		"jane",
		"a@b.example, c@d.example",
		"jane@example.com\r\nBcc: x@y",
		"<jane@example.com>",
		"a b@c.example",
	])("is refused for good as an address: %j", (email) => {
		expect(() => compose(sampleNotice({ email }))).toThrow(
			expect.objectContaining({ code: "badInput", permanent: true }),
		);
	});

	test.each([
		["voicemail@op.example", "Voicemail", "voicemail@op.example"],
		["Acme Mobile <vm@op.example>", "Acme Mobile", "vm@op.example"],
		['"Acme, Inc." <vm@op.example>', "Acme, Inc.", "vm@op.example"],
		["voicemail@localhost", "Voicemail", "voicemail@localhost"],
	])("sender %s is named %s", (mailFrom, name, address) => {
		expect(parseSender(mailFrom)).toEqual({ name, address });
	});

	test("a sender that is no address is refused", () => {
		expect(() => parseSender("not an address")).toThrow("AFTERBEEP_MAIL_FROM");
	});
});
