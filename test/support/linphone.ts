/** linphonec, the console of linphone: files for its sound card, and a pipe for its keyboard. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freeUdpPort, until } from "./platform.ts";

export interface Linphone extends AsyncDisposable {
	/** Types a line. */
	type(line: string): void;
	/** Types a line and waits until it is answered so. @throws Error with the last of what was written. */
	ask(line: string, answer: RegExp, withinMs: number): Promise<void>;
	/** Keys of the call, by RFC 4733. */
	press(keys: string): Promise<void>;
}

/** Keys that come faster run into one. */
const KEY_MS = 300;
const SETTINGS = async () => [
	"[sip]",
	`sip_port=${await freeUdpPort()}`,
	"sip_tcp_port=0",
	"sip_tls_port=0",
	"contact=sip:alice@127.0.0.1",
	"guess_hostname=0",
	// It would wait for a network beyond this machine.
	"auto_net_state_mon=0",
	"[rtp]",
	`audio_rtp_port=${await freeUdpPort()}`,
];

export async function startLinphone(folder: string): Promise<Linphone> {
	// Its list of calls: without the folder it does not start a call.
	await mkdir(join(folder, ".local/share/linphone"), { recursive: true });
	const settings = join(folder, "settings");
	await writeFile(settings, `${(await SETTINGS()).join("\n")}\n`);
	const child = spawn("linphonec", ["-c", settings], {
		env: { ...process.env, HOME: folder },
		stdio: ["pipe", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
	child.stdin.on("error", () => {});
	const gone = once(child, "exit");
	const type = (line: string) => void child.stdin.write(`${line}\n`);
	const wrote = (from: number, what: RegExp, withinMs: number) =>
		until(`linphonec to write ${what}`, withinMs, async () => what.test(output.slice(from))).catch((error: Error) => {
			throw new Error(`${error.message}; it wrote ${output.slice(-2000)}`);
		});
	await wrote(0, /linphonec>/, 20_000);
	// It would offer an IPv6 address for the media of a call over IPv4.
	for (const line of ["ipv6 disable", "soundcard use files"]) type(line);
	return {
		type,
		ask: async (line, answer, withinMs) => {
			const from = output.length;
			type(line);
			await wrote(from, answer, withinMs);
		},
		press: async (keys) => {
			for (const key of keys) {
				type(key);
				await new Promise((done) => setTimeout(done, KEY_MS));
			}
		},
		[Symbol.asyncDispose]: async () => {
			type("quit");
			const kill = setTimeout(() => child.kill("SIGKILL"), 5_000);
			await gone;
			clearTimeout(kill);
		},
	};
}
