/** What a running Node process really holds: its heap after a full collection, asked of its inspector (DevTools protocol). */
import { once } from "node:events";

export interface LiveHeap {
	/** Collects all garbage, then reads: bytes in use on the heap, and outside it by array buffers. */
	read(): Promise<{ readonly heapMb: number; readonly buffersMb: number }>;
	close(): void;
}

/**
 * Opens the inspector of a process started with `NODE_OPTIONS=--inspect-port=127.0.0.1:PORT`; before SIGUSR1 it costs it
 * nothing. Without the collection a reading shows mostly garbage: V8 does not hurry while there is memory.
 */
export async function openLiveHeap(pid: number, port: number): Promise<LiveHeap> {
	process.kill(pid, "SIGUSR1");
	const socket = new WebSocket(await debuggerUrl(port));
	await once(socket, "open");
	let lastId = 0;
	const call = (method: string, params: object = {}) => {
		const id = ++lastId;
		return new Promise<Readonly<Record<string, number>>>((done, failed) => {
			const listener = ({ data }: MessageEvent) => {
				const answer = JSON.parse(String(data));
				if (answer.id !== id) return;
				socket.removeEventListener("message", listener);
				if (answer.error) failed(new Error(`${method}: ${answer.error.message}`));
				else done(answer.result);
			};
			socket.addEventListener("message", listener);
			socket.send(JSON.stringify({ id, method, params }));
		});
	};
	return {
		async read() {
			await call("HeapProfiler.collectGarbage");
			const { usedSize = 0, backingStorageSize = 0 } = await call("Runtime.getHeapUsage");
			return { heapMb: usedSize / 1024 / 1024, buffersMb: backingStorageSize / 1024 / 1024 };
		},
		close: () => socket.close(),
	};
}

async function debuggerUrl(port: number): Promise<string> {
	for (let i = 0; i < 100; i++) {
		const targets = await fetch(`http://127.0.0.1:${port}/json/list`).then(
			(response) => response.json() as Promise<{ readonly webSocketDebuggerUrl: string }[]>,
			() => [],
		);
		if (targets[0]) return targets[0].webSocketDebuggerUrl;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`no inspector on port ${port}`);
}
