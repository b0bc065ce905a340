/** Even UDP ports of a range for RTP, each with the odd one above it for RTCP (RFC 3550 §11). Pure. */
export class PortPool {
	readonly #ports: readonly number[];
	readonly #taken = new Set<number>();
	#next = 0;

	/** @param from,to the range, both included; an odd first or an even last port stays unused. */
	constructor(from: number, to: number) {
		const first = from + (from & 1);
		const count = Math.max(0, Math.floor((to - first + 1) / 2));
		this.#ports = Array.from({ length: count }, (_, index) => first + 2 * index);
	}

	get size(): number {
		return this.#ports.length;
	}

	get free(): number {
		return this.#ports.length - this.#taken.size;
	}

	/** The next free port in turn: one that was released rests as long as possible, for packets still under way to it. */
	take(): number | undefined {
		for (let tries = 0; tries < this.#ports.length; tries++) {
			const port = this.#ports[this.#next]!;
			this.#next = (this.#next + 1) % this.#ports.length;
			if (this.#taken.has(port)) continue;
			this.#taken.add(port);
			return port;
		}
		return undefined;
	}

	release(port: number): void {
		this.#taken.delete(port);
	}

	/**
	 * Another program holds the port. Others take ports in blocks too: the next one is looked for far away, by the golden
	 * section of the range, which comes near every place in few steps.
	 */
	passOver(port: number): void {
		this.release(port);
		this.#next = (this.#next + Math.floor(this.#ports.length * 0.382)) % this.#ports.length;
	}
}
