/** Checks of who may call: the peers file, who is named, and who was refused. */
import { readFileSync, statSync } from "node:fs";
import { type Config, isLoopback, loadPeers, type PeerList, readTextFile } from "../../config/index.ts";
import { Failure } from "../../domain/index.ts";
import { defaultPolicy } from "../../platform/room-settings.ts";
import { readStatusFile } from "../../platform/status-file.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** What the SIP sockets ask for. */
const QUEUE_BYTES = 4 * 1024 * 1024;

/** Refused sources shown; the status file holds more. */
const REFUSED_SHOWN = 10;

export function checkPeers(config: Config): readonly Finding[] {
	if (!config.roles.has("sip")) return [];
	const list = readList(config);
	if (!("peers" in list)) return list;
	const known = [...whoMayCall(config, list), ...secrecy(config, list), ...inForce(config)];
	return [...known, ...queueLength(config), ...refusedSources(config)];
}

function readList(config: Config): PeerList | readonly Finding[] {
	try {
		return loadPeers(config.peersFile, defaultPolicy(config), readTextFile);
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		const [first, ...lines] = error.message.split("\n");
		const problems = lines.length === 0 ? [first!] : lines.map((line) => line.replace(/^\s*- /, ""));
		return problems.map((problem) => fail("peers", problem, error.mend));
	}
}

function whoMayCall(config: Config, { peers }: PeerList): readonly Finding[] {
	const names = [...peers.map((peer) => peer.name), ...config.sipPeers];
	const named = `calls are taken from ${names.join(", ") || "nobody"}`;
	if (names.length > 0) return [ok("peers", named)];
	const mend = "Name the PBX, SBC or proxy that sends the calls: AFTERBEEP_SIP_PEERS=<address>";
	return [fail("peers", named, mend)];
}

/** Whoever reads the passwords can call. */
function secrecy({ peersFile }: Config, { peers }: PeerList): readonly Finding[] {
	if (peersFile === undefined || peers.every((peer) => peer.credentials.length === 0)) return [];
	if ((statSync(peersFile).mode & 0o007) === 0) return [];
	const found = `${peersFile} holds passwords, and every user of this machine can read or change it`;
	return [warn("peers", found, `chmod o= ${peersFile}`)];
}

/** Good calls wait in one queue with what a flood sends, and are dropped with it where that is short. */
function queueLength({ sip }: Config): readonly Finding[] {
	if (!sip.some(({ transport, host }) => transport === "udp" && !isLoopback(host))) return [];
	let bytes: number;
	try {
		bytes = Number(readFileSync("/proc/sys/net/core/rmem_max", "utf8"));
	} catch {
		return []; // no Linux
	}
	if (bytes >= QUEUE_BYTES) return [];
	const found = `the kernel holds ${Math.round(bytes / 1024)} KiB at most for a socket that is not read at once`;
	return [warn("sip", found, `sysctl -w net.core.rmem_max=${QUEUE_BYTES}`)];
}

/** A platform that runs may have refused the file when it was told to read it again. */
function inForce({ dataFolder }: Config): readonly Finding[] {
	const refused = readStatusFile(dataFolder)?.peersRefused;
	if (!refused) return [];
	const found = `the running platform refused the file and keeps the peers it had: ${refused.replace(/\s+/g, " ")}`;
	return [fail("peers", found, "Mend it, then: kill -HUP <the platform's process>")];
}

function refusedSources(config: Config): readonly Finding[] {
	const refused = readStatusFile(config.dataFolder)?.refusedSources ?? [];
	return refused.slice(0, REFUSED_SHOWN).map((source) => {
		const times = source.count === 1 ? "once" : `${source.count} times`;
		return warn(
			"peers",
			`${source.address} (${source.transport}) was refused ${times}, last ${source.lastSeen}`,
			`If it is yours: AFTERBEEP_SIP_PEERS=${[...config.sipPeers, source.address].join(",")}`,
		);
	});
}
