/** Calls over TLS become messages: who has the right certificate is a peer, from whatever address, and nobody else is. */
import { execFileSync, spawn } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeWav } from "../../src/audio/index.ts";
import { type Authority, makeAuthority, type Pair } from "../support/certificates.ts";
import { startPhones } from "../support/phone.ts";
import {
	freeTcpPort,
	freeUdpPort,
	type ListedMessage,
	type Platform,
	startPlatform,
	until,
} from "../support/platform.ts";
import { leaveBySipp } from "../support/sipp-caller.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";

/** Debian's sipp has no TLS: then a pipe in front of it speaks it. */
const sippHasTls = (): boolean => {
	try {
		return /TLS/.test(execFileSync("sipp", ["-v"], { encoding: "latin1", stdio: ["ignore", "pipe", "ignore"] }));
	} catch (error) {
		// Its exit code is 99.
		return /TLS/.test(String((error as { stdout?: unknown }).stdout));
	}
};

describe.skipIf(!hasTool("openssl"))("SIP over TLS", () => {
	let authority: Authority;
	let server: Pair;
	let sbc: Pair;
	let tlsPort: number;
	let platform: Platform;

	beforeAll(async () => {
		authority = await makeAuthority();
		server = await authority.sign("afterbeep", "DNS:afterbeep.example,IP:127.0.0.1");
		sbc = await authority.sign("sbc", "DNS:sbc.example");
		const peers = join(authority.folder, "peers.toml");
		await writeFile(peers, `[peers.sbc]\ncertificate_names = ["sbc.example"]\n`);
		tlsPort = await freeTcpPort();
		platform = await startPlatform({
			env: {
				AFTERBEEP_SIP: `udp:127.0.0.1:${await freeUdpPort()},tls:127.0.0.1:${tlsPort}`,
				AFTERBEEP_SIP_TLS_CERT: server.certificateFile,
				AFTERBEEP_SIP_TLS_KEY: server.keyFile,
				AFTERBEEP_SIP_TLS_CA: authority.certificateFile,
				AFTERBEEP_SIP_TLS_CLIENTS: "optional",
				// Loopback is no peer here: only the certificate is.
				AFTERBEEP_SIP_PEERS: "192.0.2.1",
				AFTERBEEP_PEERS: peers,
				// A call is silent while a certificate is waited for.
				AFTERBEEP_SILENCE_SECONDS: "0",
				AFTERBEEP_RTP_TIMEOUT_SECONDS: "120",
			},
		});
	});
	afterAll(async () => {
		await platform?.stop();
		await authority?.[Symbol.asyncDispose]();
	});

	const toUs = () => ({
		ca: authority.certificate,
		servername: "afterbeep.example",
		cert: sbc.certificate,
		key: sbc.key,
	});

	async function expectWhole(message: ListedMessage | undefined, speech: Uint8Array): Promise<void> {
		const found = match(pcmOf(speech), await platform.audio(message?.MessageId ?? ""));
		expect(found.correlation).toBeGreaterThan(0.99);
		expect(Math.max(found.missingStartMs, found.missingEndMs)).toBeLessThanOrEqual(100);
	}

	test("a caller with the peer's certificate leaves a message while the platform's own certificate is replaced", async () => {
		await using phones = await startPhones(tlsPort, {
			...sbc,
			authorities: authority.certificate,
			clientCertificate: "none",
		});
		const number = await platform.activate();
		const call = await phones.forwarded(number);
		await call.hearBeep();
		const next = await authority.sign("next", "DNS:next.example,IP:127.0.0.1");
		await rename(next.keyFile, server.keyFile);
		await rename(next.certificateFile, server.certificateFile);
		const speech = speechSignal(2, 11);
		await call.speak(speech);
		await until("the new certificate", 30_000, async () => {
			const socket = connect({ ...toUs(), host: "127.0.0.1", port: tlsPort, checkServerIdentity: () => undefined });
			const names = await new Promise<string | undefined>((settle) => {
				socket.once("secureConnect", () => settle(socket.getPeerX509Certificate()?.subjectAltName));
				socket.once("error", () => settle(undefined));
			});
			socket.destroy();
			return names?.includes("next.example");
		});
		expect(call.isOver).toBe(false);
		call.hangUp();
		await expectWhole((await platform.messages(number, 1))[0], speech);
		expect(platform.log()).toContain("the new certificate is in use");
	});

	test("a caller without a certificate is refused, and doctor tells of it and of each socket", async () => {
		const socket = connect({
			...toUs(),
			host: "127.0.0.1",
			port: tlsPort,
			cert: undefined,
			key: undefined,
			checkServerIdentity: () => undefined,
		});
		socket.on("error", () => {});
		await new Promise((settle) => socket.once("close", settle));
		const told = String((await platform.cli("doctor")).stdout);
		expect(told).toContain(`tls:127.0.0.1:${tlsPort}`);
		expect(told).toMatch(/listens on udp:127\.0\.0\.1/);
		expect(told).toContain("certificate for DNS:");
	});

	test.skipIf(!hasTool("sipp"))("calls of sipp over one connection leave their messages whole", async () => {
		const number = await platform.activate();
		const speech = speechSignal(2, 12);
		const direct = sippHasTls();
		const pipe = direct ? undefined : await tlsPipe(tlsPort, toUs());
		try {
			const sipp = await leaveBySipp({
				sipPort: pipe?.port ?? tlsPort,
				user: "voicemail",
				headers: [`Diversion: <sip:${number}@127.0.0.1>;reason=no-answer`],
				calls: 2,
				speech,
				beforeSpeechMs: 800,
				afterSpeechMs: 200,
				transport: direct ? "l1" : "t1",
				more: direct ? ["-tls_cert", sbc.certificateFile, "-tls_key", sbc.keyFile] : [],
			});
			expect(sipp).toMatchObject({ exitCode: 0, failed: 0, errors: "" });
		} finally {
			await pipe?.close();
		}
		for (const message of await platform.messages(number, 2)) await expectWhole(message, speech);
	});

	test.skipIf(!hasTool("baresip"))("a call of baresip leaves its message", async () => {
		const number = await platform.activate();
		const folder = join(authority.folder, "baresip");
		await baresipFolder(folder, sbc, authority);
		const child = spawn("baresip", ["-f", folder, "-e", `d sip:${number}@127.0.0.1:${tlsPort}`], {
			stdio: ["pipe", "pipe", "pipe"],
		});
		let output = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
		const gone = new Promise((settle) => child.once("exit", settle));
		try {
			await until("baresip's call to be recorded", 20_000, async () => {
				if (/session closed/.test(output)) throw new Error(output);
				return /Call established/.test(output);
			});
			const heardBefore = await platform.counter("media", "packetsReceived");
			await until("three seconds of it", 20_000, async () => {
				return (await platform.counter("media", "packetsReceived")) > heardBefore + 150;
			});
		} finally {
			child.stdin.end("q");
			await gone;
		}
		const [message] = await platform.messages(number, 1);
		expect(message?.DurationSeconds).toBeGreaterThan(1);
	});
});

/** Takes plain TCP and passes it on over TLS. */
async function tlsPipe(port: number, options: object): Promise<{ readonly port: number; close(): Promise<unknown> }> {
	const ends: { destroy(): unknown }[] = [];
	const server = createServer((plain) => {
		const secure: TLSSocket = connect({ ...options, host: "127.0.0.1", port, checkServerIdentity: () => undefined });
		ends.push(plain, secure);
		for (const end of [plain, secure]) end.on("error", () => {});
		plain.pipe(secure).pipe(plain);
	});
	const ours = await freeTcpPort();
	await new Promise<void>((resolve) => server.listen(ours, "127.0.0.1", resolve));
	return {
		port: ours,
		close: () => {
			for (const end of ends) end.destroy();
			return new Promise((resolve) => server.close(resolve));
		},
	};
}

async function baresipFolder(folder: string, pair: Pair, authority: Authority): Promise<void> {
	await mkdir(folder);
	const both = join(folder, "pair.pem");
	await writeFile(both, `${pair.certificate}${pair.key}`);
	const speech = join(folder, "speech.wav");
	await writeFile(speech, encodeWav({ encoding: "PCMU", samples: speechSignal(10, 13) }));
	const settings = {
		sip_listen: "127.0.0.1:0",
		sip_cafile: authority.certificateFile,
		sip_certificate: both,
		audio_source: `aufile,${speech}`,
		audio_player: `aufile,${join(folder, "heard.wav")}`,
		audio_alert: `aufile,${join(folder, "alert.wav")}`,
		module_path: "/usr/lib/baresip/modules",
	};
	const modules = ["module stdio.so", "module g711.so", "module aufile.so"];
	const lines = [...Object.entries(settings).map(([name, value]) => `${name} ${value}`), ...modules];
	await writeFile(join(folder, "config"), [...lines, "module_app account.so", "module_app menu.so", ""].join("\n"));
	const account = "<sip:alice@127.0.0.1;transport=tls>;regint=0;audio_codecs=PCMU";
	await writeFile(join(folder, "accounts"), `${account}\n`);
	await writeFile(join(folder, "contacts"), "");
}
