/** baresip, a user agent that is not ours, with files for a microphone; told what to do over its control socket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { freeTcpPort, until } from "./platform.ts";

/** As baresip writes them. */
export type BaresipCodec = "PCMU" | "PCMA" | "G722/16000/1" | "opus/48000/2";

export interface BaresipAccount {
	/** `sip:alice@127.0.0.1` */
	readonly address: string;
	readonly transport: "udp" | "tcp";
	readonly codec: BaresipCodec;
	/** `aufile,<path>`, or `aubridge,<name>`: what goes into the loudspeaker of that name comes out here. */
	readonly microphone: string;
	/** `aubridge,<name>` */
	readonly loudspeaker: string;
	/** Speaks nothing but SRTP. */
	readonly srtp?: boolean;
}

export interface Baresip extends AsyncDisposable {
	/** Calls from an account. */
	dial(from: string, uri: string): Promise<void>;
	/** Keys of the latest call, by RFC 4733. */
	press(keys: string): Promise<void>;
	/** Waits until it has written so. @throws Error with all it wrote. */
	wrote(what: RegExp, withinMs: number): Promise<void>;
}

const MODULES = ["ctrl_tcp", "g711", "g722", "opus", "srtp", "aufile", "aubridge", "sndfile"];
/** A key is held until it is released by a code of its own. */
const RELEASED = "\u0004";
const KEY_MS = 60;

export async function startBaresip(folder: string, accounts: readonly BaresipAccount[]): Promise<Baresip> {
	const port = await freeTcpPort();
	await mkdir(folder);
	const config = [
		"sip_listen 127.0.0.1:0",
		"audio_alert aubridge,alert",
		// sndfile writes there what each call said and heard.
		`snd_path ${folder}`,
		`ctrl_tcp_listen 127.0.0.1:${port}`,
		"module_path /usr/lib/baresip/modules",
		...MODULES.map((name) => `module ${name}.so`),
		"module_app account.so",
		"module_app menu.so",
	];
	await writeFile(join(folder, "config"), `${config.join("\n")}\n`);
	await writeFile(join(folder, "accounts"), `${accounts.map(accountLine).join("\n")}\n`);
	await writeFile(join(folder, "contacts"), "");
	const child = spawn("baresip", ["-v", "-f", folder], { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
	const gone = once(child, "exit");
	const wrote = async (what: RegExp, withinMs: number): Promise<void> => {
		await until(`baresip to write ${what}`, withinMs, async () => what.test(output)).catch((error: Error) => {
			throw new Error(`${error.message}; it wrote ${output.replace(/\[\d+:\d\d:\d\d\][^[\n]*/g, "")}`);
		});
	};
	let control: Socket | undefined;
	try {
		await wrote(/TCP socket listening/, 10_000);
		await wrote(/baresip is ready/, 10_000);
		control = connect(port, "127.0.0.1");
		await once(control, "connect");
	} catch (error) {
		child.kill("SIGKILL");
		throw error;
	}
	const told = control;
	let answers = "";
	told.on("data", (text) => (answers += String(text)));
	told.on("error", () => {});
	let commands = 0;
	const command = async (name: string, params: string): Promise<void> => {
		const token = `token-${++commands}`;
		const text = JSON.stringify({ command: name, params, token });
		told.write(`${text.length}:${text},`);
		await until(`baresip to ${name}`, 10_000, async () => answers.includes(`"${token}"`));
	};
	return {
		dial: async (from, uri) => {
			await command("uafind", from);
			await command("dial", uri);
		},
		press: async (keys) => {
			for (const code of [...keys].flatMap((key) => [key, RELEASED])) {
				await command("sndcode", code);
				await new Promise((done) => setTimeout(done, KEY_MS));
			}
		},
		wrote,
		[Symbol.asyncDispose]: async () => {
			told.destroy();
			child.kill("SIGTERM");
			const kill = setTimeout(() => child.kill("SIGKILL"), 5_000);
			await gone;
			clearTimeout(kill);
		},
	};
}

const accountLine = ({ address, transport, codec, microphone, loudspeaker, srtp }: BaresipAccount): string =>
	[
		`<${address};transport=${transport}>;regint=0;audio_codecs=${codec}`,
		`audio_source=${microphone}`,
		`audio_player=${loudspeaker}`,
		...(srtp === true ? ["mediaenc=srtp-mand"] : []),
	].join(";");

/** What the one call of a baresip heard, left channel, once it has ended. Its head is of 44 octets. */
export async function heardBy(folder: string): Promise<{ readonly pcm: Int16Array; readonly rateHz: number }> {
	const name = (await readdir(folder)).find((file) => /^dump-.*-dec\.wav$/.test(file));
	if (name === undefined) throw new Error("baresip heard nothing");
	const file = await readFile(join(folder, name));
	const channels = file.readUInt16LE(22);
	const frames = Math.floor((file.length - 44) / (2 * channels));
	const pcm = Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(44 + 2 * channels * i));
	return { pcm, rateHz: file.readUInt32LE(24) };
}

/** A WAV file of 16-bit samples, each in every channel. */
export function wavFile(pcm: Int16Array, rateHz: number, channels: number): Buffer {
	const file = Buffer.alloc(44 + pcm.length * 2 * channels);
	file.write("RIFF", 0, "latin1");
	file.writeUInt32LE(file.length - 8, 4);
	file.write("WAVEfmt ", 8, "latin1");
	file.writeUInt32LE(16, 16);
	file.writeUInt16LE(1, 20);
	file.writeUInt16LE(channels, 22);
	file.writeUInt32LE(rateHz, 24);
	file.writeUInt32LE(rateHz * 2 * channels, 28);
	file.writeUInt16LE(2 * channels, 32);
	file.writeUInt16LE(16, 34);
	file.write("data", 36, "latin1");
	file.writeUInt32LE(file.length - 44, 40);
	for (const [i, sample] of pcm.entries()) {
		for (let channel = 0; channel < channels; channel++) file.writeInt16LE(sample, 44 + 2 * (i * channels + channel));
	}
	return file;
}
