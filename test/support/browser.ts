/** A headless Chromium on one page of the test, with a WAV file as its microphone, over and over. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./platform.ts";

export interface Browser extends AsyncDisposable {
	log(): string;
	/** Runs an expression in the page. @returns its value, as JSON can carry it. */
	evaluate(expression: string): Promise<unknown>;
}

const END_WAIT_MS = 5_000;

export async function startBrowser(options: { url: string; microphone: string }): Promise<Browser> {
	const folder = await mkdtemp(join(tmpdir(), "afterbeep-chromium-"));
	const child = spawn(
		"chromium",
		[
			"--headless=new",
			// Tests may run as root, and in containers whose shared memory is small.
			"--no-sandbox",
			"--disable-dev-shm-usage",
			"--disable-gpu",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			`--user-data-dir=${folder}`,
			"--use-fake-ui-for-media-stream",
			"--use-fake-device-for-media-stream",
			`--use-file-for-fake-audio-capture=${options.microphone}`,
			"--autoplay-policy=no-user-gesture-required",
			// Media stays on 127.0.0.1, and addresses are said, since nobody here resolves their mDNS names.
			"--allow-loopback-in-peer-connection",
			"--disable-features=WebRtcHideLocalIpsWithMdns",
			"--remote-debugging-port=0",
			options.url,
		],
		{ stdio: ["ignore", "ignore", "pipe"] },
	);
	let output = "";
	child.stderr.on("data", (chunk: Buffer) => {
		output += chunk.toString();
	});
	const stop = async () => {
		if (child.exitCode === null && child.signalCode === null) {
			const ended = once(child, "exit");
			child.kill("SIGTERM");
			const impatience = setTimeout(() => child.kill("SIGKILL"), END_WAIT_MS);
			await ended;
			clearTimeout(impatience);
		}
		await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	try {
		const page = await until("the browser shows its page", 60_000, async () => {
			if (child.exitCode !== null) throw new Error("chromium ended");
			const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
			if (port === undefined) return undefined;
			const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Target[];
			return targets.find(({ type, url }) => type === "page" && url === options.url);
		});
		const devTools = await connect(page.webSocketDebuggerUrl);
		await until("the page is loaded", 60_000, async () => (await devTools("document.readyState")) === "complete");
		return { log: () => output, evaluate: devTools, [Symbol.asyncDispose]: stop };
	} catch (error) {
		await stop();
		throw new Error(`Chromium did not start:\n${output}`, { cause: error });
	}
}

interface Target {
	readonly type: string;
	readonly url: string;
	readonly webSocketDebuggerUrl: string;
}

interface Evaluated {
	readonly id: number;
	readonly result?: { readonly result: { readonly value?: unknown }; readonly exceptionDetails?: object };
}

/** Runtime.evaluate of the DevTools protocol. */
async function connect(url: string): Promise<Browser["evaluate"]> {
	const socket = new WebSocket(url);
	const waiting = new Map<number, PromiseWithResolvers<unknown>>();
	let last = 0;
	socket.addEventListener("message", ({ data }) => {
		const { id, result } = JSON.parse(data) as Evaluated;
		const asked = waiting.get(id);
		waiting.delete(id);
		if (result === undefined || result.exceptionDetails !== undefined) asked?.reject(new Error(data));
		else asked?.resolve(result.result.value);
	});
	socket.addEventListener("close", () => {
		for (const asked of waiting.values()) asked.reject(new Error("the browser is gone"));
	});
	await new Promise((resolve, reject) => {
		socket.addEventListener("open", resolve);
		socket.addEventListener("error", () => reject(new Error(`no DevTools at ${url}`)));
	});
	return (expression) => {
		const asked = Promise.withResolvers<unknown>();
		waiting.set(++last, asked);
		const params = { expression, awaitPromise: true, returnByValue: true };
		socket.send(JSON.stringify({ id: last, method: "Runtime.evaluate", params }));
		return asked.promise;
	};
}
