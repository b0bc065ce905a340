/** Datagrams that the kernel dropped at sockets of a range of ports, since nobody read them in time (Linux only). */
import { readFileSync } from "node:fs";

export class UdpDrops {
	readonly #ports: { readonly from: number; readonly to: number };
	/** By inode: a socket takes its count along when it closes. */
	readonly #bySocket = new Map<string, number>();

	constructor(ports: { readonly from: number; readonly to: number }) {
		this.#ports = ports;
	}

	/** To be called every second or so. */
	look(): void {
		for (const line of readFileSync("/proc/net/udp", "utf8").split("\n").slice(1)) {
			const fields = line.trim().split(/\s+/);
			const [local, inode, drops] = [fields[1], fields[9], Number(fields[12])];
			if (local === undefined || inode === undefined || !(drops > 0)) continue;
			const port = Number.parseInt(local.slice(local.indexOf(":") + 1), 16);
			if (port >= this.#ports.from && port <= this.#ports.to) this.#bySocket.set(inode, drops);
		}
	}

	get total(): number {
		return [...this.#bySocket.values()].reduce((sum, drops) => sum + drops, 0);
	}
}
