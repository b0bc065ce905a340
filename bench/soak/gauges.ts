/** What a running platform holds: counted by itself (`/metrics`), and by the kernel where there is /proc. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** All must be zero when no call is left and the last transaction has timed out (RFC 3261: 64*T1, 32 s). */
export const ZERO_AT_IDLE = [
	...(["calls/callsActive", "calls/keepPending"] as const),
	...(["sip/sipCallsActive", "sip/sipDialogs", "sip/sipServerTransactions", "sip/sipClientTransactions"] as const),
	...(["media/sessions", "media/sessionsPlaying", "media/recordings", "media/portsTaken"] as const),
] as const;

export interface Reading {
	/** By `room/name`, such as `sip/sipDialogs`. */
	readonly rooms: ReadonlyMap<string, number>;
	readonly rssMb: number;
	readonly heapMb: number;
	readonly handles: number;
	/** Undefined without /proc. */
	readonly descriptors: number | undefined;
	readonly udpSockets: number | undefined;
}

export async function readGauges(platform: { readonly httpPort: number; readonly pid: number }): Promise<Reading> {
	const text = await (await fetch(`http://127.0.0.1:${platform.httpPort}/metrics`)).text();
	const rooms = new Map(
		[...text.matchAll(/^afterbeep_(\w+)\{name="(\w+)"\} (\S+)$/gm)].map(([, room, name, value]) => [
			`${room}/${name}`,
			Number(value),
		]),
	);
	const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
	return {
		rooms,
		rssMb: figure("process_resident_memory_bytes") / 2 ** 20,
		heapMb: figure("nodejs_heap_size_used_bytes") / 2 ** 20,
		handles: figure("nodejs_active_handles_total"),
		...openFiles(platform.pid),
	};
}

/** The most of each figure since the watch began. */
export interface PeakWatch {
	readonly peak: Reading | undefined;
	/** No reading is under way any more. */
	stop(): Promise<void>;
}

/** Reads every so often; a reading that fails is no reading. */
export function watchPeaks(platform: { readonly httpPort: number; readonly pid: number }, everyMs: number): PeakWatch {
	let peak: Reading | undefined;
	let reading: Promise<void> | undefined;
	const look = async () => {
		const now = await readGauges(platform).catch(() => undefined);
		if (now !== undefined) peak = peak === undefined ? now : most(peak, now);
		reading = undefined;
	};
	const timer = setInterval(() => {
		reading ??= look();
	}, everyMs);
	return {
		get peak() {
			return peak;
		},
		stop: async () => {
			clearInterval(timer);
			await reading;
		},
	};
}

function most(a: Reading, b: Reading): Reading {
	const larger = (x: number | undefined, y: number | undefined) =>
		x === undefined || y === undefined ? x : Math.max(x, y);
	return {
		rooms: new Map([...b.rooms].map(([name, value]) => [name, Math.max(value, a.rooms.get(name) ?? value)])),
		rssMb: Math.max(a.rssMb, b.rssMb),
		heapMb: Math.max(a.heapMb, b.heapMb),
		handles: Math.max(a.handles, b.handles),
		descriptors: larger(a.descriptors, b.descriptors),
		udpSockets: larger(a.udpSockets, b.udpSockets),
	};
}

/** What of `ZERO_AT_IDLE` is missing or not zero. */
export function notIdle({ rooms }: Reading): string[] {
	return ZERO_AT_IDLE.filter((name) => rooms.get(name) !== 0).map((name) => `${name} is ${rooms.get(name)}`);
}

function openFiles(pid: number): Pick<Reading, "descriptors" | "udpSockets"> {
	try {
		const udp = new Set(
			["udp", "udp6"].flatMap((table) =>
				readFileSync(`/proc/net/${table}`, "utf8")
					.split("\n")
					.slice(1)
					.map((line) => line.trim().split(/\s+/)[9]),
			),
		);
		const links = readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
			try {
				return readlinkSync(`/proc/${pid}/fd/${name}`);
			} catch {
				// Closed between the listing and the reading.
				return [];
			}
		});
		const sockets = links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]);
		return { descriptors: links.length, udpSockets: sockets.filter((inode) => inode && udp.has(inode)).length };
	} catch {
		return { descriptors: undefined, udpSockets: undefined };
	}
}
