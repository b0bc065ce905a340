/** Which process is meant: a pid alone may by now belong to somebody else, so its start time belongs to its name. */
import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/**
 * A text that no other process with this pid has had, or undefined where no such process lives. A zombie counts as
 * dead: it holds nothing any more, only its parent has not read its end yet.
 */
export function processIdentity(pid: number): string | undefined {
	if (!Number.isInteger(pid) || pid <= 0) return undefined;
	return process.platform === "linux" ? linuxIdentity(pid) : otherIdentity(pid);
}

let bootId: string | undefined;

function linuxIdentity(pid: number): string | undefined {
	const stat = procStat(pid);
	if (stat === undefined || stat.state === "Z" || stat.state === "X") return undefined;
	bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
	return `${bootId}:${stat.startTicks}`;
}

/** State and start time of `/proc/PID/stat` (proc(5), fields 3 and 22); the name in field 2 may hold spaces and `)`. */
function procStat(pid: number): { readonly state: string; readonly startTicks: string } | undefined {
	let text: string;
	try {
		text = readFileSync(`/proc/${pid}/stat`, "latin1");
	} catch {
		return undefined;
	}
	const nameEnd = text.lastIndexOf(")");
	const fields = text.slice(nameEnd + 2).split(" ");
	return { state: fields[0] ?? "", startTicks: fields[19] ?? "" };
}

function otherIdentity(pid: number): string | undefined {
	try {
		const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
			env: { ...process.env, LC_ALL: "C" },
		}).trim();
		if (line === "" || line.startsWith("Z")) return undefined;
		return line.slice(line.indexOf(" ")).trim();
	} catch {
		return undefined;
	}
}

/**
 * Whether that process is the PostgreSQL server of this folder, in which a server works. One that may not be looked at
 * belongs to somebody else.
 */
export function servesFolder(pid: number, cluster: string): boolean {
	try {
		if (process.platform === "linux") return readlinkSync(`/proc/${pid}/cwd`) === cluster;
		const command = execFileSync("ps", ["-o", "command=", "-p", String(pid)], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		});
		return command.includes(`-D ${cluster}`);
	} catch {
		return false;
	}
}
