/** The peers file on a platform that runs: sipp as a trunk with a password, another list by SIGHUP, limits of a peer. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CliResult, type Platform, startPlatform, until } from "../support/platform.ts";
import { hasTool } from "../support/tools.ts";
import { runSipp } from "./sip/sipp.ts";

const PASSWORD = "wire-test-trunk-password";
const trunk = (more = "") => `
realm = "wire"
[peers.trunk]
credentials = [
	# sipp knows MD5 alone, and looks at the first challenge alone.
	{ username = "sipp", password = "${PASSWORD}", algorithms = ["MD5"] },
]
${more}`;

let folder: string;
let file: string;
let platform: Platform;
let number: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "afterbeep-peers-"));
	file = join(folder, "peers.toml");
	await writeFile(file, trunk(), { mode: 0o600 });
	platform = await startPlatform({
		env: { AFTERBEEP_SIP_PEERS: "127.0.0.1", AFTERBEEP_PEERS: file, AFTERBEEP_DRAIN_SECONDS: "0" },
	});
	number = await platform.activate();
});
afterAll(async () => {
	await platform?.stop();
	await rm(folder, { recursive: true, force: true });
});

const counter = (name: string) => platform.counter("sip", name);

async function reload(text: string): Promise<void> {
	const lines = () => platform.log().match(/the peers file (was read again|is bad)/g)?.length ?? 0;
	const before = lines();
	await writeFile(file, text);
	platform.signal("SIGHUP");
	await until("the file was read again", 10_000, async () => lines() > before);
}

/** A socket of a stranger, and what was answered to it. */
async function stranger(address: string) {
	const socket = createSocket("udp4").bind(0, address);
	await once(socket, "listening");
	const answers: string[] = [];
	socket.on("message", (octets: Buffer) => answers.push(octets.toString("latin1")));
	const own = `${address}:${socket.address().port}`;
	let serial = 0;
	const invite = (): void => {
		serial++;
		const lines = [
			`INVITE sip:${number}@127.0.0.1 SIP/2.0`,
			`Via: SIP/2.0/UDP ${own};branch=z9hG4bK-${address}-${serial};rport`,
			`From: <sip:stranger@${own}>;tag=1`,
			`To: <sip:${number}@127.0.0.1>`,
			`Call-ID: ${serial}@${own}`,
			"CSeq: 1 INVITE",
			`Contact: <sip:${own}>`,
			"Max-Forwards: 70",
			"Content-Length: 0",
		];
		socket.send(`${lines.join("\r\n")}\r\n\r\n`, platform.sipPort, "127.0.0.1");
	};
	return { answers, invite, [Symbol.dispose]: () => void socket.close() };
}

// Only Linux has the whole of 127.0.0.0/8 without being asked.
describe.runIf(process.platform === "linux" && hasTool("sipp"))("a trunk from anywhere", () => {
	const call = (user: string, password: string, address = "127.0.0.2", transport: "u1" | "t1" = "u1") =>
		runSipp({
			scenario: "digest.xml",
			port: platform.sipPort,
			transport,
			timeoutSeconds: password === PASSWORD && user === "sipp" ? 30 : 2,
			more: ["-i", address, "-au", user, "-ap", password, "-s", number],
		});

	test.each(["u1", "t1"] as const)("sipp proves by %s who it is, and its call is taken", async (transport) => {
		const before = await counter("sipDigestProved");
		const sipp = await call("sipp", PASSWORD, "127.0.0.2", transport);
		expect({ errors: sipp.errors, successful: sipp.successful }).toEqual({ errors: "", successful: 1 });
		expect(await counter("sipDigestProved")).toBe(before + 1);
	});

	test("a wrong password, and an unknown user, make no call", async () => {
		const taken = await platform.counter("calls", "callsTaken");
		// sipp resends its CANCEL, which is asked for a password as well, until its time is up.
		const runs = await Promise.all([call("sipp", "guess", "127.0.0.4"), call("nobody", PASSWORD, "127.0.0.4")]);
		expect(runs.map((sipp) => sipp.successful)).toEqual([0, 0]);
		expect(await counter("sipDigestWrong")).toBeGreaterThanOrEqual(2);
		expect(await platform.counter("calls", "callsTaken")).toBe(taken);
	});

	test("strangers are asked a few times a second at most, and their connections do not pile up", async () => {
		using other = await stranger("127.0.0.5");
		for (let i = 0; i < 300; i++) other.invite();
		await until("some were not heard", 10_000, async () => (await counter("sipStrangersSlowed")) >= 100);
		expect(other.answers.length).toBeGreaterThan(0);
		expect(other.answers.length).toBeLessThan(50);
		expect(other.answers.every((answer) => answer.startsWith("SIP/2.0 401"))).toBe(true);

		const sockets = Array.from({ length: 100 }, (_, i) =>
			connect({ port: platform.sipPort, host: "127.0.0.1", localAddress: `127.0.1.${i + 1}` }),
		);
		let closed = 0;
		for (const socket of sockets) {
			socket.on("error", () => {});
			socket.on("close", () => closed++);
		}
		await until("those above the limit are closed", 10_000, async () => closed >= 36);
		for (const socket of sockets) socket.destroy();
	});

	test("the log holds no password and no hash of one", () => {
		expect(platform.log()).not.toContain(PASSWORD);
		expect(platform.log()).not.toMatch(/\b[0-9a-f]{32}\b.*digest/i);
	});
});

describe.runIf(process.platform === "linux")("another list by SIGHUP", () => {
	const peer = (limits: string) => `[peers.pbx]\naddresses = ["127.0.0.6"]\n${limits}`;

	test("whoever it names is a peer at once, and whoever it names no more is a stranger", async () => {
		using pbx = await stranger("127.0.0.6");
		await reload(peer(""));
		pbx.invite();
		await until("the call is taken", 10_000, async () =>
			pbx.answers.some((answer) => answer.startsWith("SIP/2.0 200")),
		);
		await reload("");
		const dropped = await counter("untrustedDropped");
		const heard = pbx.answers.length;
		pbx.invite();
		await until("it is dropped", 10_000, async () => (await counter("untrustedDropped")) > dropped);
		expect(
			pbx.answers
				.slice(heard)
				.filter((answer) => answer.includes("CSeq: 1 INVITE") && !answer.startsWith("SIP/2.0 200")),
		).toEqual([]);
	});

	test("a bad file is refused with its line, the old list stays, and list and doctor say so", async () => {
		await reload(peer(""));
		await reload(`${peer("")}\ncalls_maxx = 1`);
		expect(platform.log()).toContain("line 4: peers.pbx.calls_maxx is no key; did you mean calls_max?");
		using pbx = await stranger("127.0.0.6");
		pbx.invite();
		await until("the peer is still one", 10_000, async () => pbx.answers.length > 0);
		const check: CliResult = await platform.cli("peers", "check", file);
		expect(check.code).toBe(1);
		expect(check.stderr).toContain("line 4");
		await writeFile(file, peer(""));
		const doctor = await until("doctor shows it", 15_000, async () => {
			const { stdout } = await platform.cli("doctor", "--json", "--peers", file);
			return stdout.toString().includes("refused the file") && stdout.toString();
		});
		expect(doctor).toContain("kill -HUP");
		expect((await platform.cli("peers", "check", file)).code).toBe(0);
	});

	test("a peer above its calls in a second gets 503 with Retry-After, others do not suffer", async () => {
		await reload(peer("calls_per_second = 1\n"));
		using pbx = await stranger("127.0.0.6");
		using other = await stranger("127.0.0.1");
		for (let i = 0; i < 20; i++) pbx.invite();
		other.invite();
		const busy = () => pbx.answers.filter((answer) => answer.startsWith("SIP/2.0 503"));
		await until("most are refused", 10_000, async () => busy().length >= 15);
		expect(busy().every((answer) => /\r\nRetry-After: 5\r\n/.test(answer))).toBe(true);
		await until("the other's call is taken", 10_000, async () =>
			other.answers.some((answer) => answer.startsWith("SIP/2.0 200")),
		);
		expect(await counter("sipCallsOverLimit")).toBeGreaterThanOrEqual(15);
	});
});
