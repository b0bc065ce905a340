/** Kamailio with the configuration of deploy/kamailio, on settings of the demo. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { DEPLOY_FOLDER } from "../../platform/deploy-folder.ts";
import { type ChildProgram, startProgram } from "./child-program.ts";

export interface KamailioSettings {
	readonly program: string;
	/** Made for it. */
	readonly folder: string;
	readonly port: number;
	/** `127.0.0.1:5070` */
	readonly node: string;
	readonly lookupPort: number;
	readonly secret: string;
	/** A network that may send calls. */
	readonly trunk: string;
	readonly signal: AbortSignal;
}

const START_WAIT_MS = 15_000;

export async function startKamailio(settings: KamailioSettings): Promise<ChildProgram> {
	const { folder, port, node, lookupPort, secret, trunk } = settings;
	await mkdir(folder);
	const write = (name: string, lines: readonly string[]) =>
		writeFile(path.join(folder, name), `${lines.join("\n")}\n`, { mode: 0o600 });
	await cp(path.join(DEPLOY_FOLDER, "kamailio", "kamailio.cfg"), path.join(folder, "kamailio.cfg"));
	await write("dispatcher.list", [`1 sip:${node} 0 0`]);
	await write("address.list", [`1 ${trunk} 32 0 carrier`]);
	await write("afterbeep-settings.cfg", [
		`listen=udp:127.0.0.1:${port}`,
		`#!define COOKIE_SECRET "${secret}"`,
		`#!define LOOKUP_URL "http://127.0.0.1:${lookupPort}"`,
		`#!define NODES_FILE "${folder}/dispatcher.list"`,
		`#!define TRUNKS_FILE "${folder}/address.list"`,
		`#!define RPC_SOCKET "unix:${folder}/ctl.sock"`,
		"#!define UDP_PROCESSES 2",
	]);
	const words = ["-DD", "-E", "-m", "32", "-M", "8", "-Y", folder, "-P", path.join(folder, "pid")];
	const child = startProgram(settings.program, [...words, "-f", path.join(folder, "kamailio.cfg")], settings.signal);
	try {
		// Its last process is there.
		await child.hear("Kamailio's start", /io_listen_loop/, START_WAIT_MS);
	} catch (error) {
		await child[Symbol.asyncDispose]();
		throw error;
	}
	return child;
}
