/** Requests to the REST API: as fast as so many connections can, or at a set rate. */
import { Agent, request } from "node:http";
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
	(path: string, body: object): Promise<number>;
	close(): void;
}

/** One keep-alive connection per caller. */
export async function openPost(target: LoadTarget, connections: number): Promise<Post> {
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	const authorization = `Bearer ${await target.token()}`;
	const post = (path: string, body: object) =>
		new Promise<number>((done, fail) => {
			const text = JSON.stringify(body);
			const outgoing = request(
				{
					agent,
					host: "127.0.0.1",
					port: target.httpPort,
					path,
					method: "POST",
					headers: { authorization, "content-type": "application/json", "content-length": Buffer.byteLength(text) },
				},
				(response) => {
					response.resume();
					response.on("end", () => done(response.statusCode ?? 0));
				},
			);
			outgoing.on("error", fail);
			outgoing.end(text);
		});
	return Object.assign(post, { close: () => agent.destroy() });
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
