/** Requests to the REST API: as fast as so many connections can, or at a set rate. */
import { once } from "node:events";
import { connect } from "node:net";
import { percentile } from "./figures.ts";

export interface LoadTarget {
	readonly httpPort: number;
	token(): Promise<string>;
}

export interface LoadResult {
	readonly perSecond: number;
	readonly p50Ms: number;
	readonly p99Ms: number;
	readonly failed: number;
}

export interface Post {
	/** @param headers further ones. @returns the status of the answer. */
	(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<number>;
	close(): void;
}

/** One keep-alive connection per caller. */
export async function openPost(target: LoadTarget, connections: number): Promise<Post> {
	const authorization = `Bearer ${await target.token()}`;
	const wires = await Promise.all(Array.from({ length: connections }, () => openWire(target.httpPort)));
	const free = [...wires];
	const waiting: ((wire: Wire) => void)[] = [];
	const post = async (path: string, body: object, headers: Readonly<Record<string, string>> = {}) => {
		const wire = free.pop() ?? (await new Promise<Wire>((resolve) => waiting.push(resolve)));
		const text = JSON.stringify(body);
		const head = Object.entries({
			host: "127.0.0.1",
			authorization,
			"content-type": "application/json",
			"content-length": String(Buffer.byteLength(text)),
			...headers,
		}).map(([name, value]) => `${name}: ${value}`);
		const answer = await wire(`POST ${path} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n${text}`);
		const next = waiting.shift();
		if (next === undefined) free.push(wire);
		else next(wire);
		return answer;
	};
	return Object.assign(post, {
		close: () => {
			for (const wire of wires) wire.close();
		},
	});
}

interface Wire {
	/** One request, whole; the status of its answer. */
	(request: string): Promise<number>;
	close(): void;
}

/**
 * HTTP/1.1 as thin as can be: load that costs as much CPU as what it measures would measure itself. Answers of ours have
 * a Content-Length.
 */
async function openWire(port: number): Promise<Wire> {
	const socket = connect(port, "127.0.0.1").setNoDelay();
	await once(socket, "connect");
	let received = "";
	let answered: { resolve(status: number): void; reject(error: Error): void } | undefined;
	socket.setEncoding("latin1");
	socket.on("data", (text: string) => {
		received += text;
		const head = received.indexOf("\r\n\r\n");
		if (head < 0) return;
		const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? Number.NaN);
		if (!(received.length >= head + 4 + length)) return;
		const status = Number(received.slice(9, 12));
		received = "";
		answered?.resolve(status);
	});
	const end = () => answered?.reject(new Error("the connection was closed"));
	socket.on("error", end).on("close", end);
	const wire = (request: string) =>
		new Promise<number>((resolve, reject) => {
			answered = { resolve, reject };
			socket.write(request);
		});
	return Object.assign(wire, { close: () => void socket.destroy() });
}

/** Runs `work` over and over on so many connections at once. `work` returns whether it succeeded. */
export async function runFlatOut(
	connections: number,
	seconds: number,
	work: (i: number) => Promise<boolean>,
): Promise<LoadResult> {
	const times: number[] = [];
	let failed = 0;
	let next = 0;
	const started = performance.now();
	const until = started + seconds * 1_000;
	const one = async () => {
		while (performance.now() < until) {
			const begun = performance.now();
			if (!(await work(next++))) failed++;
			times.push(performance.now() - begun);
		}
	};
	await Promise.all(Array.from({ length: connections }, one));
	const elapsed = (performance.now() - started) / 1_000;
	return { perSecond: times.length / elapsed, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), failed };
}

/** A steady background load. */
export function startLoad(
	target: LoadTarget,
	options: { readonly requestsPerSecond: number; readonly path: string; readonly bodies: readonly object[] },
): { stop(): Promise<void> } {
	let stopped = false;
	const running = (async () => {
		const post = await openPost(target, 20);
		const started = performance.now();
		let sent = 0;
		while (!stopped) {
			const due = ((performance.now() - started) / 1_000) * options.requestsPerSecond;
			for (; sent < due; sent++) void post(options.path, options.bodies[sent % options.bodies.length]!).catch(() => 0);
			await new Promise((done) => setTimeout(done, 5));
		}
		post.close();
	})();
	return {
		stop: async () => {
			stopped = true;
			await running;
		},
	};
}
