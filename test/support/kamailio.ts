/** Kamailio with the configuration of deploy/kamailio as it is; only its settings and lists are made for the test. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { freeUdpPort, projectRoot, until } from "./platform.ts";
import { hasTool } from "./tools.ts";

export interface KamailioOptions {
	/** A free one where nobody had to know it before. */
	readonly port?: number;
	/** SIP ports of the Afterbeep nodes on 127.0.0.1. */
	readonly nodes: readonly number[];
	readonly lookupPort: number;
	readonly lookupToken: string;
	/** Lines of address.list. */
	readonly trunks?: readonly string[];
	/** Further lines of the settings. */
	readonly settings?: readonly string[];
	/** Browsers too: the port of 127.0.0.1 where rtpengine takes commands. */
	readonly rtpenginePort?: number;
}

export interface Kamailio extends AsyncDisposable {
	readonly port: number;
	log(): string;
	/** A command of its RPC interface. */
	rpc(...words: string[]): string;
}

const MODULES = ["http_client.so", "jansson.so"];

/** With the modules that Debian has in packages of their own; a test may need further ones. */
export function kamailioInstalled(...further: readonly string[]): boolean {
	if (!hasTool("kamailio")) return false;
	const found = globSync("/usr/lib/*/kamailio/modules/*.so").map((file) => basename(file));
	return [...MODULES, ...further].every((name) => found.includes(name));
}

export async function startKamailio(options: KamailioOptions): Promise<Kamailio> {
	const folder = await mkdtemp(join(tmpdir(), "afterbeep-kamailio-"));
	const port = options.port ?? (await freeUdpPort());
	for (const name of ["kamailio.cfg", "webrtc.cfg"]) {
		await cp(join(projectRoot, "deploy/kamailio", name), join(folder, name));
	}
	const nodes = options.nodes.map((node) => `1 sip:127.0.0.1:${node} 0 0\n`);
	await writeFile(join(folder, "dispatcher.list"), nodes.join(""));
	await writeFile(
		join(folder, "address.list"),
		`# none\n${(options.trunks ?? []).map((line) => `${line}\n`).join("")}`,
	);
	const settings = [
		`listen=udp:127.0.0.1:${port}`,
		`listen=tcp:127.0.0.1:${port}`,
		'#!define COOKIE_SECRET "of this test alone"',
		`#!define LOOKUP_URL "http://127.0.0.1:${options.lookupPort}"`,
		`#!define LOOKUP_TOKEN "${options.lookupToken}"`,
		`#!define NODES_FILE "${folder}/dispatcher.list"`,
		`#!define TRUNKS_FILE "${folder}/address.list"`,
		`#!define RPC_SOCKET "unix:${folder}/ctl.sock"`,
		"#!define NODE_CHECK_SECONDS 1",
		// One after the other: what a phone sends twice in a moment must not change its order.
		"#!define UDP_PROCESSES 1",
		"#!define STRANGER_REQUESTS 100000",
		...(options.settings ?? []),
		...(options.rtpenginePort === undefined
			? []
			: ["#!define WEBRTC", `#!define RTPENGINE "udp:127.0.0.1:${options.rtpenginePort}"`]),
	];
	await writeFile(join(folder, "afterbeep-settings.cfg"), `${settings.join("\n")}\n`);
	const words = ["-DD", "-E", "-f", join(folder, "kamailio.cfg"), "-Y", folder, "-P", join(folder, "pid")];
	const checked = spawnSync("kamailio", ["-c", ...words], { encoding: "utf8" });
	if (checked.status !== 0) throw new Error(`kamailio -c: ${checked.stderr}`);
	const child = spawn("kamailio", [...words, "-m", "32", "-M", "8"], { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk: Buffer) => {
			output += chunk.toString();
		});
	}
	const stop = async () => {
		if (child.exitCode === null && child.signalCode === null) {
			const ended = once(child, "exit");
			child.kill("SIGTERM");
			await ended;
		}
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	try {
		await until("Kamailio answers", 20_000, async () => {
			if (child.exitCode !== null) throw new Error(`kamailio ended: ${output}`);
			return answers(port);
		});
	} catch (error) {
		await stop();
		throw new Error(`Kamailio did not start:\n${output}`, { cause: error });
	}
	const rpc = (...rpcWords: string[]): string => {
		const result = spawnSync("kamcmd", ["-s", `unix:${folder}/ctl.sock`, ...rpcWords], { encoding: "utf8" });
		if (result.status !== 0) throw new Error(`kamcmd ${rpcWords.join(" ")}: ${result.stderr}`);
		return result.stdout;
	};
	return { port, rpc, log: () => output, [Symbol.asyncDispose]: stop };
}

async function answers(port: number): Promise<boolean> {
	const { openSipPhone } = await import("./sip-phone.ts");
	await using phone = await openSipPhone({ proxyPort: port, user: "probe", password: undefined });
	return await Promise.race([
		phone.send("OPTIONS", { uri: `sip:127.0.0.1:${port}` }).then(
			({ status }) => status === 200,
			() => false,
		),
		new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
	]);
}
