import { createTransport } from "nodemailer";
import { describe, expect, test } from "vitest";
import { parseMail } from "../../src/cli/demo/mail.ts";
import { printable, table } from "../../src/cli/terminal.ts";
import { openLog, readableLine } from "../../src/platform/open-log.ts";

describe("The log", () => {
	test("is JSON lines on a pipe", () => {
		const lines: string[] = [];
		const log = openLog({ level: "info", output: { write: (line) => lines.push(String(line)) }, env: {} });
		log.info({ callId: "CALL-1" }, "call ended");
		log.debug({}, "not shown");
		expect(lines).toHaveLength(1);
		expect(JSON.parse(lines[0]!)).toMatchObject({ level: "info", callId: "CALL-1", msg: "call ended" });
	});

	test("is readable on a terminal, with the stack of an error below its line", () => {
		const lines: string[] = [];
		const output = { write: (line: string | Uint8Array) => lines.push(String(line)), isTTY: true };
		const log = openLog({ level: "info", output, env: { NO_COLOR: "1" } });
		log.error({ error: new Error("no such luck"), tries: 3 }, "it failed");
		expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ERROR it failed tries=3\n {4}Error: no such luck\n/);
	});

	test("hides what is named like a secret", () => {
		const lines: string[] = [];
		const log = openLog({ level: "info", output: { write: (line) => lines.push(String(line)) }, env: {} });
		log.info({ pin: "4821", body: { AccountSecret: "s3cret" }, token: "abc" }, "careless");
		expect(lines[0]).not.toMatch(/4821|s3cret|abc/);
	});

	test("shows a line that is no JSON as it is", () => {
		expect(readableLine("plain", false)).toBe("plain");
	});
});

describe("Tables", () => {
	test("control characters of a caller's name do not reach the terminal", () => {
		expect(printable("\u001b[31mred\u0007")).toBe("?[31mred?");
		expect(table(["Name", "N"], [["a\nb", null]])).toEqual(["Name  N", "a?b   -"]);
	});
});

describe("The mail shown by the demo", () => {
	test("headers are decoded and attachments found in what nodemailer writes", async () => {
		const transport = createTransport({ streamTransport: true, buffer: true });
		const { message } = await transport.sendMail({
			from: "Voicemail <voicemail@localhost>",
			to: "Jürgen Größe <j@example.com>",
			subject: "Voicemail from Žofie (0:05) with a subject that is long enough to be folded over lines",
			text: "text",
			html: "<p>html</p>",
			attachments: [{ filename: "voicemail.wav", content: Buffer.from([0, 1, 2, 255]), contentType: "audio/wav" }],
		});
		const mail = parseMail("file", (message as Buffer).toString("latin1"));
		expect(mail.from).toBe("Voicemail <voicemail@localhost>");
		expect(mail.to).toContain("Jürgen Größe");
		expect(mail.subject).toBe("Voicemail from Žofie (0:05) with a subject that is long enough to be folded over lines");
		expect(mail.attachments).toEqual([
			{ name: "voicemail.wav", type: "audio/wav", content: Buffer.from([0, 1, 2, 255]) },
		]);
	});
});
