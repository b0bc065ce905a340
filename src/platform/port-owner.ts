/** Which process holds a port, where the system tells (Linux, for processes that this user may look at). */
import { readdir, readFile, readlink } from "node:fs/promises";
import path from "node:path";

export interface PortOwner {
	readonly pid: number;
	readonly name: string;
}

/**
 * Reads /proc/net and the open files of /proc/PID.
 *
 * @param transport `tls` is TCP to the system.
 * @returns undefined where it can not be told.
 */
export async function findPortOwner(transport: "udp" | "tcp" | "tls", port: number): Promise<PortOwner | undefined> {
	const inodes = new Set<string>();
	const base = transport === "udp" ? "udp" : "tcp";
	for (const file of [`/proc/net/${base}`, `/proc/net/${base}6`]) {
		for (const inode of socketInodes(await readText(file), base, port)) inodes.add(inode);
	}
	if (inodes.size === 0) return undefined;
	for (const entry of await readdir("/proc").catch((): string[] => [])) {
		if (!/^\d+$/.test(entry)) continue;
		for (const descriptor of await readdir(`/proc/${entry}/fd`).catch((): string[] => [])) {
			const target = await readlink(`/proc/${entry}/fd/${descriptor}`).catch(() => "");
			const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
			if (inode !== undefined && inodes.has(inode)) {
				return { pid: Number(entry), name: commandName(await readText(`/proc/${entry}/cmdline`)) };
			}
		}
	}
	return undefined;
}

const readText = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "");

/** Program and script of a NUL-separated command line: `node main.ts`. */
function commandName(commandLine: string): string {
	const [program = "", script = ""] = commandLine.split("\0");
	return [program, script.startsWith("-") ? "" : script]
		.map((word) => path.basename(word))
		.join(" ")
		.trim();
}

/** TCP listeners have state 0A, bound UDP sockets 07 (proc(5)). */
function socketInodes(table: string, base: "udp" | "tcp", port: number): string[] {
	const wanted = port.toString(16).toUpperCase().padStart(4, "0");
	return table
		.split("\n")
		.slice(1)
		.flatMap((line) => {
			const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
			const fits = local?.endsWith(`:${wanted}`) && (base === "udp" || state === "0A");
			return fits && inode !== undefined ? [inode] : [];
		});
}
