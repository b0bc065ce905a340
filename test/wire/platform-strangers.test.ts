/** Sources that nobody named as peers, RTP of strangers, and callers whose RTP ends. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { openRtpStream } from "../support/rtp-stream.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";

const RTP_TIMEOUT_SECONDS = 5;
let platform: Platform;
let phones: Phones;

beforeAll(async () => {
	platform = await startPlatform({
		env: { AFTERBEEP_SIP_PEERS: "127.0.0.1", AFTERBEEP_RTP_TIMEOUT_SECONDS: String(RTP_TIMEOUT_SECONDS) },
	});
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

// Only Linux has the whole of 127.0.0.0/8 without being asked.
test.runIf(process.platform === "linux")(
	"SIP of an unknown source is dropped, counted, and told with the setting that admits it",
	async () => {
		const number = await platform.activate();
		const socket = createSocket("udp4").bind(0, "127.0.0.2");
		await once(socket, "listening");
		let answers = 0;
		socket.on("message", () => answers++);
		const own = `127.0.0.2:${socket.address().port}`;
		const invite = [
			`INVITE sip:${number}@127.0.0.1 SIP/2.0`,
			`Via: SIP/2.0/UDP ${own};branch=z9hG4bK-stranger`,
			`From: <sip:stranger@${own}>;tag=1`,
			`To: <sip:${number}@127.0.0.1>`,
			`Call-ID: stranger@${own}`,
			"CSeq: 1 INVITE",
			`Contact: <sip:${own}>`,
			"Max-Forwards: 70",
			"Content-Length: 0",
			"",
			"",
		].join("\r\n");
		for (let i = 0; i < 3; i++) socket.send(invite, platform.sipPort, "127.0.0.1");
		await until("all three are counted", 5_000, async () => (await platform.counter("sip", "untrustedDropped")) >= 3);

		const tcp = connect({ port: platform.sipPort, host: "127.0.0.1", localAddress: "127.0.0.2" });
		tcp.on("error", () => {}); // closed or reset: both are a refusal
		await once(tcp, "close", { signal: AbortSignal.timeout(5_000) });

		expect(answers).toBe(0);
		socket.close();
		expect(platform.log()).toContain("AFTERBEEP_SIP_PEERS=127.0.0.2");
		expect(platform.log().match(/unknown source refused.*?/g)!.length).toBeLessThanOrEqual(2);
		const doctor = await until("doctor shows it", 15_000, async () => {
			const { stdout } = await platform.cli("doctor", "--json");
			return stdout.toString().includes("127.0.0.2") && stdout.toString();
		});
		expect(doctor).toContain("AFTERBEEP_SIP_PEERS");
		expect(await platform.allMessages()).toEqual([]);
	},
);

test.runIf(process.platform === "linux")(
	"RTP of strangers is no part of a recording, nor does the platform send to them",
	async () => {
		const number = await platform.activate();
		const [speech, other] = [speechSignal(4, 101), speechSignal(4, 102)];
		const call = await phones.forwarded(number);
		await call.hearBeep();
		const samePeer = await openRtpStream();
		const elsewhere = createSocket("udp4").bind(0, "127.0.0.3");
		await once(elsewhere, "listening");
		let toElsewhere = 0;
		elsewhere.on("message", () => toElsewhere++);
		samePeer.sendTo(call.remoteRtpPort);
		void samePeer.speak(other);
		const packet = Buffer.concat([Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]), other.subarray(0, 160)]);
		const flood = setInterval(() => elsewhere.send(packet, call.remoteRtpPort, "127.0.0.1"), 10);
		await call.speak(speech);
		clearInterval(flood);
		call.hangUp();
		const [message] = await platform.messages(number, 1);
		const audio = await platform.audio(message!.MessageId);
		const found = match(pcmOf(speech), audio);
		expect(found.correlation).toBeGreaterThan(0.99);
		expect(found.missingStartMs + found.missingEndMs).toBeLessThanOrEqual(100);
		expect(match(pcmOf(other), audio).correlation).toBeLessThan(0.3);
		expect(samePeer.packets).toBe(0);
		expect(toElsewhere).toBe(0);
		expect(await platform.counter("media", "packetsForeign")).toBeGreaterThan(100);
		samePeer.close();
		elsewhere.close();
	},
);

test("a caller whose RTP ends is hung up on after the set time, and the message is kept", async () => {
	const number = await platform.activate();
	const speech = speechSignal(2, 103);
	const call = await phones.forwarded(number);
	await call.hearBeep();
	await call.speak(speech);
	call.rtp.mute();
	const mutedAt = performance.now();
	expect(await call.over).toBe("bye");
	const waitedSeconds = (performance.now() - mutedAt) / 1000;
	expect(waitedSeconds).toBeGreaterThan(RTP_TIMEOUT_SECONDS - 1);
	expect(waitedSeconds).toBeLessThan(RTP_TIMEOUT_SECONDS + 2);
	const [message] = await platform.messages(number, 1);
	const found = match(pcmOf(speech), await platform.audio(message!.MessageId));
	expect(found.correlation).toBeGreaterThan(0.99);
	expect(found.missingEndMs).toBeLessThanOrEqual(100);
});
