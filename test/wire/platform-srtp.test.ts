/** SRTP against a real phone: baresip leaves a message under SDES; plain calls are refused where they must be. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeWav } from "../../src/audio/index.ts";
import { freeUdpPort, type Platform, startPlatform, until } from "../support/platform.ts";
import { leaveBySipp } from "../support/sipp-caller.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";

const PIN = "739164";

let folder: string;
let platform: Platform;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "afterbeep-srtp-"));
	const peers = join(folder, "peers.toml");
	await writeFile(peers, '[peers.phones]\naddresses = ["127.0.0.1"]\nsrtp = "required"\nasserted_identity = true\n');
	platform = await startPlatform({ env: { AFTERBEEP_PEERS: peers, AFTERBEEP_SILENCE_SECONDS: "0" } });
});
afterAll(async () => {
	await platform?.stop();
	await rm(folder, { recursive: true, force: true });
});

/** A phone that speaks what it is given. */
async function phone(name: string, user: string, speech: Uint8Array) {
	const home = join(folder, name);
	await mkdir(home);
	const spoken = join(home, "speech.wav");
	await writeFile(spoken, encodeWav({ encoding: "PCMU", samples: speech }));
	const settings = {
		sip_listen: `127.0.0.1:${await freeUdpPort()}`,
		audio_source: `aufile,${spoken}`,
		audio_player: `aufile,${join(home, "heard.wav")}`,
		audio_alert: `aufile,${join(home, "alert.wav")}`,
		module_path: "/usr/lib/baresip/modules",
	};
	const modules = ["stdio", "g711", "aufile", "srtp"].map((module) => `module ${module}.so`);
	const lines = [...Object.entries(settings).map(([key, value]) => `${key} ${value}`), ...modules];
	await writeFile(join(home, "config"), [...lines, "module_app account.so", "module_app menu.so", ""].join("\n"));
	await writeFile(join(home, "accounts"), `<sip:${user}@127.0.0.1>;regint=0;audio_codecs=PCMU;mediaenc=srtp-mand\n`);
	await writeFile(join(home, "contacts"), "");
	const dial = (called: string) => {
		const child = spawn("baresip", ["-f", home, "-e", `d sip:${called}@127.0.0.1:${platform.sipPort}`]);
		let output = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
		const gone = new Promise((settle) => child.once("exit", settle));
		return {
			output: () => output,
			established: () =>
				until("baresip's call", 30_000, async () => {
					if (/session closed/.test(output)) throw new Error(output);
					return /Call established/.test(output);
				}),
			end: async () => {
				child.stdin.end("q");
				await gone;
			},
		};
	};
	return { dial };
}

describe.skipIf(!hasTool("baresip"))("a phone that speaks nothing but SRTP", () => {
	test("leaves a message, and nothing of its keys is told", async () => {
		const number = await platform.activate({ PIN });
		const speech = speechSignal(12, 61);
		const { dial } = await phone("caller", "+15551234567", speech);
		const call = dial(number);
		try {
			await call.established();
			const before = await platform.counter("media", "packetsReceived");
			await until("five seconds of it", 60_000, async () => {
				return (await platform.counter("media", "packetsReceived")) > before + 250;
			});
		} finally {
			await call.end();
		}
		const [message] = await platform.messages(number, 1);
		const found = match(pcmOf(speech).subarray(8000, 32_000), await platform.audio(message!.MessageId));
		expect(found.correlation).toBeGreaterThan(0.99);
		// This baresip sends its first and its last RTCP packet (a PING by APP, and BYE) in the clear: both are dropped.
		expect(await platform.counter("media", "srtpForged")).toBeLessThanOrEqual(2);
		expect(platform.log()).not.toMatch(/inline:|crypto/);
		const traces = await platform.json<object[]>("calls", "list");
		expect(JSON.stringify(traces)).not.toContain("inline:");
	});
});

test.skipIf(!hasTool("sipp"))("a plain call is refused with 488", async () => {
	const number = await platform.activate();
	const sipp = await leaveBySipp({
		sipPort: platform.sipPort,
		user: number,
		speech: speechSignal(0.5, 62),
		beforeSpeechMs: 0,
		afterSpeechMs: 0,
	});
	expect(sipp.failed).toBe(1);
	await until("its trace", 10_000, async () => {
		const calls = await platform.json<{ Status: number; Why: string }[]>("calls", "list");
		return calls.some(({ Status, Why }) => Status === 488 && Why.includes("SRTP is required of this peer"));
	});
});
