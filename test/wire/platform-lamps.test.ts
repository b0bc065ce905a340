/** The lamp on a phone: lit by a message, dark when it was heard, whatever becomes of the platform in between. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { freeTcpPort, freeUdpPort, type Platform, startPlatform, until } from "../support/platform.ts";
import { speechSignal } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";
import { runSipp } from "./sip/sipp.ts";

const PIN = "4821";
let platform: Platform;
let phones: Phones;

beforeAll(async () => {
	platform = await startPlatform({ sipPort: await freeUdpPort() });
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

async function leave(number: string): Promise<void> {
	const call = await phones.forwarded(number);
	await call.hearBeep();
	await call.speak(speechSignal(1.5, 7));
	call.hangUp();
}

async function hear(number: string): Promise<void> {
	const call = await phones.ownPhone(number);
	await call.hear("enter-pin");
	await call.press(`${PIN}#`);
	await call.hear("end-of-message");
	call.hangUp();
	await call.over;
}

const notified = (count: number) =>
	until(`${count} NOTIFY requests`, 20_000, async () => (await platform.counter("lamps", "lampNotifies")) >= count);

describe.skipIf(!hasTool("sipp"))("a phone that sipp plays", () => {
	test("is told at once, when a message comes, when it was heard, after a restart, on refresh and at the end", async () => {
		const number = await platform.activate({ PIN });
		const phone = runSipp({
			scenario: "lamp.xml",
			port: platform.sipPort,
			more: ["-s", number],
			timeoutSeconds: 100,
		});
		await notified(1);
		await leave(number);
		await notified(2);
		await hear(number);
		await notified(3);
		// Its acknowledgement is written down.
		await until("nothing is left to tell", 5_000, async () => (await platform.counter("sip", "sipRequestsSent")) >= 3);
		platform = await platform.again();
		expect(await platform.counter("lamps", "lampsHeld")).toBe(1);
		await leave(number);
		const { errors, exitCode, successful } = await phone;
		expect({ errors, exitCode, successful }).toEqual({ errors: "", exitCode: 0, successful: 1 });
		await until("the subscription is forgotten", 5_000, async () => {
			return (await platform.counter("lamps", "lampsHeld")) === 0;
		});
	});
});

/** Sends one SUBSCRIBE and waits for its answer. */
async function subscribe(user: string, ...headers: string[]): Promise<string> {
	const socket = createSocket("udp4").bind(0, "127.0.0.1");
	await once(socket, "listening");
	const { port } = socket.address();
	socket.send(
		subscribeText(user, "UDP", port, `<sip:phone@127.0.0.1:${port}>`, headers),
		platform.sipPort,
		"127.0.0.1",
	);
	const [answer] = (await once(socket, "message")) as [Buffer];
	socket.close();
	return answer.toString();
}

function subscribeText(
	user: string,
	transport: string,
	port: number,
	contact: string,
	headers: readonly string[],
): string {
	const tag = `t${transport}${port}`;
	return [
		`SUBSCRIBE sip:${user}@127.0.0.1:${platform.sipPort} SIP/2.0`,
		`Via: SIP/2.0/${transport} 127.0.0.1:${port};branch=z9hG4bK-${tag};rport`,
		`From: <sip:${user}@vm.example.com>;tag=${tag}`,
		`To: <sip:${user}@vm.example.com>`,
		`Call-ID: ${tag}`,
		"CSeq: 1 SUBSCRIBE",
		`Contact: ${contact}`,
		"Max-Forwards: 70",
		...headers,
		"Content-Length: 0",
		"",
		"",
	].join("\r\n");
}

describe("SUBSCRIBE", () => {
	const EVENT = "Event: message-summary";

	test.each([
		[
			"to another event package gets 489 and is told which there are",
			["Event: presence"],
			489,
			/^Allow-Events: message-summary\r$/m,
		],
		["for too short a time gets 423 and is told the shortest", [EVENT, "Expires: 5"], 423, /^Min-Expires: 60\r$/m],
		["that can not read the summary gets 406", [EVENT, "Accept: text/plain"], 406, /^Accept: application\/simple-/m],
		["of another subscriber gets 403", [EVENT, "P-Asserted-Identity: <sip:+15550009999@x>"], 403, /Forbidden/],
		["for a very long time is granted a day", [EVENT, "Expires: 4294967295"], 200, /^Expires: 86400\r$/m],
		["without a time is granted an hour", [EVENT], 200, /^Expires: 3600\r$/m],
	])("%s", async (_, headers, status, field) => {
		const number = await platform.activate();
		const answer = await subscribe(number, ...headers);
		expect(answer).toContain(`SIP/2.0 ${status} `);
		expect(answer).toMatch(field);
	});

	test("over TCP is followed by its NOTIFY on the same connection, wherever the Contact leads", async () => {
		const number = await platform.activate();
		const socket = connect(platform.sipPort, "127.0.0.1");
		let heard = "";
		socket.on("data", (octets: Buffer) => {
			heard += octets.toString();
		});
		await once(socket, "connect");
		const contact = `<sip:phone@127.0.0.1:${await freeTcpPort()};transport=tcp>`;
		socket.write(subscribeText(number, "TCP", 9, contact, [EVENT]));
		await until("the NOTIFY", 5_000, async () => heard.includes("Voice-Message: 0/0 (0/0)"));
		socket.destroy();
		expect(heard).toMatch(/^SIP\/2\.0 200 OK\r\n.*\r\nNOTIFY sip:phone@/s);
	});

	test("finds the mailbox by the national number too; other users get 404, numbers without voicemail 480", async () => {
		const number = await platform.activate();
		expect(await subscribe(number.slice(2), EVENT)).toContain("SIP/2.0 200 ");
		expect(await subscribe("alice", EVENT)).toContain("SIP/2.0 404 ");
		expect(await subscribe(await platform.provision(), EVENT)).toContain("SIP/2.0 480 ");
	});
});
