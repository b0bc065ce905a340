/** The lines for Kamailio that README.md gives to owners of one, in a Kamailio that knows nothing else of Afterbeep. */
import { spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFAULT_SOURCE_ORDER, readInvite } from "../../src/calls/resolver.ts";
import { invite } from "../support/calls/invite.ts";
import { freeUdpPort, projectRoot, until } from "../support/platform.ts";
import { hasTool } from "../support/tools.ts";

const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
const lines = /```\n(failure_route\[MISSED\] \{\n[\s\S]*?\n\})\n```/.exec(readme)![1]!;
const told = readme.includes('`t_on_failure("MISSED")`') && /`(t_set_fr\(\d+, \d+\))`/.exec(readme)![1]!;

/** Rings one phone for everybody, under a name of the phone's own as a registrar would. */
const configuration = (port: number, phone: number, voicemail: number): string => `#!KAMAILIO
listen=udp:127.0.0.1:${port}
children=1
log_stderror=yes
auto_aliases=no
${["tm", "sl", "rr", "pv", "textops", "maxfwd"].map((name) => `loadmodule "${name}.so"`).join("\n")}
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("ACK|CANCEL")) { t_relay(); exit; }
	record_route();
	t_on_failure("MISSED");
	${told || ""};
	$ru = "sip:line7@127.0.0.1:${phone}";
	t_relay();
}
${lines.replace("198.51.100.7:5060", `127.0.0.1:${voicemail}`)}
`;

async function listen(onText: (text: string, answer: (text: string) => void) => void): Promise<Socket> {
	const socket = createSocket("udp4");
	socket.on("message", (data, { port, address }) =>
		onText(data.toString(), (text) => socket.send(text, port, address)),
	);
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	return socket;
}

/** A response with what every response copies (RFC 3261 §8.2.6.2). */
function respond(request: string, status: string): string {
	const copied = request.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq|Record-Route):/i.test(line));
	const tagged = copied.map((line) => (/^To:/i.test(line) ? `${line};tag=there` : line));
	return `SIP/2.0 ${status}\r\n${tagged.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
}

describe.skipIf(!hasTool("kamailio"))("README's lines for Kamailio", () => {
	test.each([
		["486 Busy Here", "Busy"],
		["480 Temporarily Unavailable", "NoAnswer"],
	])("a phone that says %s: the call goes on to the number's mailbox, with the reason", async (answered, reason) => {
		const folder = mkdtempSync(join(tmpdir(), "afterbeep-readme-"));
		let arrived: string | undefined;
		const phone = await listen((text, answer) => text.startsWith("INVITE") && answer(respond(text, answered)));
		const voicemail = await listen((text, answer) => {
			if (!text.startsWith("INVITE")) return;
			arrived = text;
			answer(respond(text, "404 Not Found"));
		});
		const port = await freeUdpPort();
		writeFileSync(join(folder, "kamailio.cfg"), configuration(port, phone.address().port, voicemail.address().port));
		const words = ["-DD", "-E", "-f", join(folder, "kamailio.cfg"), "-Y", folder, "-P", join(folder, "pid")];
		const child = spawn("kamailio", [...words, "-m", "32", "-M", "8"], { stdio: ["ignore", "pipe", "pipe"] });
		let said = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
		let final: string | undefined;
		const caller = await listen((text) => {
			if (/^SIP\/2\.0 [2-6]/.test(text)) final = text;
		});
		const request = [
			"INVITE sip:+15550001001@pbx.example SIP/2.0",
			`Via: SIP/2.0/UDP 127.0.0.1:${caller.address().port};branch=z9hG4bK-readme;rport`,
			"Max-Forwards: 70",
			`From: "Jane Roe" <sip:+18015550123@pbx.example>;tag=a`,
			"To: <sip:+15550001001@pbx.example>",
			"Call-ID: readme",
			"CSeq: 1 INVITE",
			`Contact: <sip:127.0.0.1:${caller.address().port}>`,
			"Content-Length: 0",
			"",
			"",
		].join("\r\n");
		try {
			// Sent again as a caller does while nobody answers: Kamailio needs a moment to come up.
			await until("the caller has an answer", 20_000, async () => {
				if (child.exitCode !== null) throw new Error(`kamailio ended: ${said}`);
				if (final === undefined) caller.send(request, port, "127.0.0.1");
				return final !== undefined;
			});
		} finally {
			const ended = once(child, "exit");
			if (child.exitCode === null) child.kill("SIGTERM");
			await ended;
			for (const socket of [phone, voicemail, caller]) socket.close();
			rmSync(folder, { recursive: true, force: true });
		}
		// The voicemail's own answer reaches the caller.
		expect(final).toMatch(/^SIP\/2\.0 404/);
		expect(arrived!.split(" ")[1]).toBe(`sip:+15550001001@127.0.0.1:${voicemailPort(arrived!)}`);
		const reading = readInvite(invite(arrived!.split(" ")[1]!, headersOf(arrived!)), {
			order: DEFAULT_SOURCE_ORDER,
			diverter: "original",
			plan: { country: "US", extensions: {} },
			accessNumbers: ["*86"],
			assertsIdentity: true,
		});
		expect(reading.candidates[0]).toMatchObject({ phoneNumber: "+15550001001", source: "Diversion", reason });
		expect(reading.caller.number).toBe("+18015550123");
	});
});

const voicemailPort = (request: string): string => /^INVITE [^ ]*:(\d+) /.exec(request)![1]!;

const headersOf = (request: string): string[] =>
	request
		.split("\r\n\r\n")[0]!
		.split("\r\n")
		.slice(1)
		.filter((line) => /^(From|To|Diversion):/i.test(line));
