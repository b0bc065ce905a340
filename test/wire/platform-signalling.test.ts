/**
 * The extensions of SIP on a platform that runs, message by message from outside: what `sip-scenarios` shows of the agent
 * alone is here seen with recording, media and mailbox behind it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBeep } from "../../src/cli/phone/hearing.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { openRtpStream, type RtpStream } from "../support/rtp-stream.ts";
import { header } from "../support/sip-phone.ts";
import { openScriptedCaller, type ScriptedCall, type ScriptedCaller, statusOf } from "../support/sip-script.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";

const PEERS = `
[peers.pbx]
addresses = ["127.0.0.1"]
[peers.early]
addresses = ["127.0.0.6"]
early_media = true
`;

let folder: string;
let platform: Platform;
let pbx: ScriptedCaller;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "afterbeep-peers-"));
	const file = join(folder, "peers.toml");
	await writeFile(file, PEERS, { mode: 0o600 });
	platform = await startPlatform({
		env: { AFTERBEEP_PEERS: file, AFTERBEEP_GREETING: "standard", AFTERBEEP_SILENCE_SECONDS: "0" },
	});
	pbx = await openScriptedCaller(platform.sipPort);
});
afterAll(async () => {
	pbx?.[Symbol.dispose]();
	await platform?.stop();
	if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const sdpOf = (rtp: RtpStream, direction = "sendrecv", version = 1): string =>
	[
		"v=0",
		`o=- 1 ${version} IN IP4 127.0.0.1`,
		"s=-",
		"c=IN IP4 127.0.0.1",
		"t=0 0",
		`m=audio ${rtp.port} RTP/AVP 0 101`,
		"a=rtpmap:101 telephone-event/8000",
		`a=${direction}`,
		"",
	].join("\r\n");

const mediaPort = (text: string): number => Number(/^m=audio (\d+)/m.exec(text)?.[1]);
const beep = (rtp: RtpStream) => until("the beep", 20_000, async () => findBeep(pcmOf(rtp.heard())) !== undefined);

/** An answered call whose greeting is over. */
async function recorded(call: ScriptedCall, rtp: RtpStream, headers: readonly string[] = []): Promise<string> {
	const ok = await call.ask("INVITE", { sdp: sdpOf(rtp), headers });
	expect(statusOf(ok), ok).toBe(200);
	call.ack(1);
	rtp.sendTo(mediaPort(ok));
	await beep(rtp);
	return ok;
}

async function expectHeard(number: string, ...parts: Uint8Array[]): Promise<void> {
	const messages = await platform.messages(number, 1);
	expect(messages).toHaveLength(1);
	const audio = await platform.audio(messages[0]!.MessageId);
	for (const part of parts) expect(match(pcmOf(part), audio).correlation).toBeGreaterThan(0.99);
}

describe.concurrent("a call", () => {
	test.runIf(process.platform === "linux")(
		"hears its greeting in a reliable 183 (RFC 3262), is answered behind it without SDP, and leaves a message",
		async () => {
			const number = await platform.activate();
			const rtp = await openRtpStream();
			using caller = await openScriptedCaller(platform.sipPort, "127.0.0.6");
			const call = caller.call(number);
			const progress = await call.ask("INVITE", { sdp: sdpOf(rtp), headers: ["Supported: 100rel"] }, (s) => s === 183);
			expect(statusOf(progress), progress).toBe(183);
			expect(header(progress, "Require")).toBe("100rel");
			rtp.sendTo(mediaPort(progress));
			const wrong = await call.ask("PRACK", { headers: [`RAck: 4711 1 INVITE`] });
			expect(statusOf(wrong)).toBe(481);
			const prack = await call.ask("PRACK", { headers: [`RAck: ${header(progress, "RSeq")} 1 INVITE`] });
			expect(statusOf(prack), prack).toBe(200);
			const ok = await call.answer(1, "INVITE");
			expect(statusOf(ok), ok).toBe(200);
			expect(header(ok, "Content-Length")).toBe("0");
			// The greeting came before anybody pays.
			expect(rtp.packets).toBeGreaterThan(50);
			call.ack(1);
			await beep(rtp);
			const speech = speechSignal(1.5, 21);
			await rtp.speak(speech);
			expect(statusOf(await call.ask("BYE"))).toBe(200);
			rtp.close();
			await expectHeard(number, speech);
		},
	);

	test("is changed by UPDATE (RFC 3311) and by a re-INVITE without offer while it is recorded", async () => {
		const number = await platform.activate();
		const rtp = await openRtpStream();
		const call = pbx.call(number);
		const ok = await recorded(call, rtp);
		expect(header(ok, "Allow")).toMatch(/\bUPDATE\b/);
		const [before, after] = [speechSignal(1.5, 31), speechSignal(1.5, 32)];
		await rtp.speak(before);
		const held = await call.ask("UPDATE", { sdp: sdpOf(rtp, "sendonly", 2) });
		expect(statusOf(held), held).toBe(200);
		expect(held).toMatch(/^a=recvonly\r$/m);
		expect(statusOf(await call.ask("UPDATE"))).toBe(200);
		const offered = await call.ask("INVITE", {});
		expect(statusOf(offered), offered).toBe(200);
		expect(mediaPort(offered)).toBe(mediaPort(ok));
		// RFC 3311 §5.2: an offer of theirs crosses ours, which waits for the ACK.
		const crossed = await call.ask("UPDATE", { sdp: sdpOf(rtp, "sendrecv", 3) });
		expect(statusOf(crossed)).toBe(491);
		call.ack(call.cseq - 1, sdpOf(rtp, "sendrecv", 4));
		await rtp.speak(after);
		expect(statusOf(await call.ask("BYE"))).toBe(200);
		rtp.close();
		await expectHeard(number, before, after);
	});

	test("moves to another place only by a re-INVITE", async () => {
		const number = await platform.activate();
		const [rtp, other] = [await openRtpStream(), await openRtpStream()];
		const call = pbx.call(number);
		const ok = await recorded(call, rtp);
		const [first, stranger, second] = [speechSignal(1.5, 41), speechSignal(1.5, 42), speechSignal(1.5, 43)];
		other.sendTo(mediaPort(ok));
		await Promise.all([rtp.speak(first), other.speak(stranger)]);
		const moved = await call.ask("INVITE", { sdp: sdpOf(other, "sendrecv", 2) });
		expect(statusOf(moved), moved).toBe(200);
		call.ack(call.cseq);
		await other.speak(second);
		expect(statusOf(await call.ask("BYE"))).toBe(200);
		rtp.close();
		other.close();
		await expectHeard(number, first, second);
		const [message] = await platform.messages(number, 1);
		const audio = await platform.audio(message!.MessageId);
		expect(match(pcmOf(stranger), audio).correlation).toBeLessThan(0.5);
	});

	test("is refused with 422 for too short a session, is granted one that the caller refreshes (RFC 4028)", async () => {
		const number = await platform.activate();
		const rtp = await openRtpStream();
		const call = pbx.call(number);
		const short = await call.ask("INVITE", { sdp: sdpOf(rtp), headers: ["Supported: timer", "Session-Expires: 10"] });
		expect(statusOf(short)).toBe(422);
		expect(header(short, "Min-SE")).toBe("90");
		call.ack(1);
		const second = pbx.call(number);
		const ok = await second.ask("INVITE", {
			sdp: sdpOf(rtp),
			headers: ["Supported: timer", "Session-Expires: 90", "Min-SE: 90"],
		});
		expect(statusOf(ok), ok).toBe(200);
		expect(header(ok, "Session-Expires")).toBe("90;refresher=uac");
		expect(header(ok, "Require")).toBe("timer");
		second.ack(1);
		const refreshed = await second.ask("UPDATE", {
			headers: ["Supported: timer", "Session-Expires: 90;refresher=uac"],
		});
		expect(header(refreshed, "Session-Expires")).toBe("90;refresher=uac");
		expect(statusOf(await second.ask("BYE"))).toBe(200);
		rtp.close();
	});

	test("is steered by keys that come as INFO (application/dtmf-relay)", async () => {
		const number = await platform.activate();
		const rtp = await openRtpStream();
		const call = pbx.call(number);
		await recorded(call, rtp);
		await rtp.speak(speechSignal(1.5, 51));
		const key = (signal: string) =>
			call.ask("INFO", { sdp: `Signal=${signal}\r\nDuration=160\r\n`, contentType: "application/dtmf-relay" });
		const before = rtp.packets;
		expect(statusOf(await key("#"))).toBe(200);
		// Nothing is sent while it records: the menu is being read out.
		await until("the menu", 20_000, async () => rtp.packets > before + 20);
		expect(statusOf(await key("7"))).toBe(200);
		await call.request("BYE").then((bye) => call.reply(bye, 200));
		rtp.close();
		expect((await platform.allMessages()).filter((message) => message.PhoneNumber === number)).toEqual([]);
	});

	test("takes the place of another (RFC 3891), whose recording goes on", async () => {
		const number = await platform.activate();
		const [rtp, other] = [await openRtpStream(), await openRtpStream()];
		const call = pbx.call(number);
		const ok = await recorded(call, rtp);
		expect(header(ok, "Supported")).toMatch(/\breplaces\b/);
		const [first, second] = [speechSignal(1.5, 61), speechSignal(1.5, 62)];
		await rtp.speak(first);
		const next = pbx.call(number);
		const replaces = `Replaces: ${call.callId};to-tag=${call.toTag};from-tag=${call.fromTag}`;
		const taken = await next.ask("INVITE", { sdp: sdpOf(other), headers: ["Require: replaces", replaces] });
		expect(statusOf(taken), taken).toBe(200);
		next.ack(1);
		other.sendTo(mediaPort(taken));
		const bye = await call.request("BYE");
		expect(header(bye, "Reason")).toContain("cause=200");
		call.reply(bye, 200);
		rtp.mute();
		await other.speak(second);
		expect(statusOf(await next.ask("BYE"))).toBe(200);
		rtp.close();
		other.close();
		await expectHeard(number, first, second);
		const gone = pbx.call(number);
		// 603 while its BYE was on its way, 481 since.
		expect([481, 603]).toContain(statusOf(await gone.ask("INVITE", { sdp: sdpOf(rtp), headers: [replaces] })));
		gone.ack(1);
	});

	test("asks for nothing that is not there: 420 names it, REFER gets 405, OPTIONS and Allow agree", async () => {
		const number = await platform.activate();
		const rtp = await openRtpStream();
		const call = pbx.call(number);
		const refused = await call.ask("INVITE", { sdp: sdpOf(rtp), headers: ["Require: 100rel, ice, gruu"] });
		expect(statusOf(refused)).toBe(420);
		expect(header(refused, "Unsupported")).toMatch(/^ice, ?gruu$/);
		call.ack(1);
		const options = await pbx.call(number).ask("OPTIONS");
		expect(statusOf(options)).toBe(200);
		const allowed = header(options, "Allow")!.split(/, */);
		for (const method of ["REFER", "MESSAGE", "PUBLISH", "NOTIFY", "REGISTER"]) {
			const answer = await pbx.call(number).ask(method);
			expect(statusOf(answer), method).toBe(405);
			expect(header(answer, "Allow")).toBe(header(options, "Allow"));
			expect(allowed).not.toContain(method);
		}
		for (const extension of header(options, "Supported")!.split(/, */)) {
			const probe = pbx.call("+19995550000");
			const answer = await probe.ask("INVITE", { sdp: sdpOf(rtp), headers: [`Require: ${extension}`] });
			// Known, and the number is nobody's; a `replaces` without its field is a bad request.
			expect(statusOf(answer), extension).not.toBe(420);
			probe.ack(1);
		}
		rtp.close();
	});
});

describe("TCP", () => {
	test("a pair of CRLF is answered by one (RFC 5626 §4.4.1), and requests in one piece are answered one by one", async () => {
		const socket = connect(platform.sipPort, "127.0.0.1");
		let heard = "";
		socket.on("data", (octets: Buffer) => {
			heard += octets.toString();
		});
		socket.write("\r\n\r\n");
		await until("the pong", 10_000, async () => heard === "\r\n");
		const options = (i: number) =>
			[
				`OPTIONS sip:127.0.0.1:${platform.sipPort} SIP/2.0`,
				`Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK-pipe-${i}`,
				`From: <sip:a@127.0.0.1>;tag=${i}`,
				"To: <sip:b@127.0.0.1>",
				`Call-ID: pipe-${i}`,
				"CSeq: 1 OPTIONS",
				"Max-Forwards: 70",
				"Content-Length: 0",
				"",
				"",
			].join("\r\n");
		socket.write(Array.from({ length: 20 }, (_, i) => options(i)).join("\r\n"));
		await until("20 answers", 10_000, async () => heard.match(/^SIP\/2\.0 200 /gm)?.length === 20);
		const order = [...heard.matchAll(/^Call-ID: pipe-(\d+)\r$/gm)].map((found) => Number(found[1]));
		expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
		socket.destroy();
	});
});
