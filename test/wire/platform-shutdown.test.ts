/** SIGTERM, second starts and taken ports: what ends well, and what is said where something can not begin. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";

let platform: Platform;
let phones: Phones;

async function start(env: Record<string, string> = {}): Promise<void> {
	platform = await startPlatform({ env });
	phones = await startPhones(platform.sipPort);
}
afterEach(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

/** Status of the answer to an OPTIONS. */
async function options(port: number): Promise<number> {
	const socket = createSocket("udp4").bind(0, "127.0.0.1");
	await once(socket, "listening");
	const own = `127.0.0.1:${socket.address().port}`;
	const lines = [
		`OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
		`Via: SIP/2.0/UDP ${own};branch=z9hG4bK-${own}-${performance.now()};rport`,
		`From: <sip:probe@${own}>;tag=1`,
		`To: <sip:127.0.0.1:${port}>`,
		`Call-ID: ${performance.now()}@${own}`,
		"CSeq: 1 OPTIONS",
		"Max-Forwards: 70",
		"Content-Length: 0",
		"",
		"",
	];
	socket.send(lines.join("\r\n"), port, "127.0.0.1");
	const [answer] = (await once(socket, "message", { signal: AbortSignal.timeout(5_000) })) as [Buffer];
	socket.close();
	return Number(answer.toString().split(" ")[1]);
}

/** Processes that have the data folder on their command line or in their environment, without us. */
function processesOf(data: string): string[] {
	return readdirSync("/proc").filter((pid) => {
		if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
		try {
			return (
				readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(data) ||
				readFileSync(`/proc/${pid}/environ`, "utf8").includes(data)
			);
		} catch {
			return false; // ended meanwhile
		}
	});
}

test("SIGTERM lets a call end well, refuses new ones, ends with 0 and leaves no process behind", async () => {
	await start();
	const number = await platform.activate();
	expect(await options(platform.sipPort)).toBe(200);
	const speech = speechSignal(4, 91);
	const call = await phones.forwarded(number);
	await call.hearBeep();
	const spoken = call.speak(speech);
	platform.signal("SIGTERM");
	await until("OPTIONS gets 503", 5_000, async () => (await options(platform.sipPort)) === 503);
	await expect(phones.forwarded(number)).rejects.toThrow("503");
	const ready = await fetch(`http://127.0.0.1:${platform.httpPort}/readyz`).then(
		(answer) => answer.status,
		() => 503,
	);
	expect(ready).toBe(503);
	await spoken;
	call.hangUp();
	expect(await platform.ended).toBe(0);
	if (process.platform === "linux") expect(processesOf(platform.data)).toEqual([]);
	// The CLI starts the database for its own time.
	const [message] = await platform.messages(number, 1);
	const found = match(pcmOf(speech), await platform.audio(message!.MessageId));
	expect(found.correlation).toBeGreaterThan(0.99);
	expect(found.missingEndMs).toBeLessThanOrEqual(100);
	if (process.platform === "linux") expect(processesOf(platform.data)).toEqual([]);
});

test("a call that outlasts the drain time hears a goodbye, and its message is kept", async () => {
	await start({ AFTERBEEP_DRAIN_SECONDS: "1" });
	const number = await platform.activate();
	const call = await phones.forwarded(number);
	await call.hearBeep();
	void call.speak(speechSignal(30, 92));
	await until("two seconds are spoken", 5_000, async () => call.rtp.packetsSent > 120);
	platform.signal("SIGTERM");
	await call.hear("going-down");
	expect(await call.over).toBe("bye");
	expect(await platform.ended).toBe(0);
	expect(await platform.messages(number, 1)).toHaveLength(1);
});

test("a second start on the same data folder, and one on taken ports, are refused with what to do", async () => {
	await start();
	const second = await platform.cli("start");
	expect(second.code).not.toBe(0);
	expect(second.stdout.toString() + second.stderr).toMatch(/data folder|AFTERBEEP_DATA/);
	expect(second.stderr).not.toMatch(/^\s+at /m);
	const { httpPort, sipPort } = platform;
	const taken = [
		["AFTERBEEP_HTTP", `127.0.0.1:${httpPort}`],
		["AFTERBEEP_SIP", `udp:127.0.0.1:${sipPort}`],
	] as const;
	for (const [variable, address] of taken) {
		const failure = await startPlatform({ env: { [variable]: address } }).then(
			async (other) => {
				await other.stop();
				return "it started";
			},
			(error: Error) => error.message,
		);
		expect(failure).toMatch(/ended with [1-9]/);
		expect(failure).toContain(variable);
		expect(failure).toContain(address.split(":").at(-1));
		expect(failure.replace(/^.*?:\n/, "")).not.toMatch(/^\s+at /m);
	}
	// What runs is none the worse for it.
	expect(await options(sipPort)).toBe(200);
});
