/** The platform of the tour: a process of its own on a throw-away data folder, ended on every way out. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { readStatusFile } from "../../platform/status-file.ts";

const DEFAULT_HTTP_PORT = 8080;
const DEFAULT_SIP_PORT = 5060;
/** A first start makes a database; on a busy machine that takes its time. */
const READY_WAIT_MS = 60_000;
const READY_POLL_MS = 50;
const START_TRIES = 3;
/** Calls of the tour are over when it ends. */
const DRAIN_SECONDS = 1;
const END_WAIT_MS = 15_000;

export interface Ports {
	readonly http: number;
	readonly sip: number;
	/** Sentences about defaults that were taken. */
	readonly remarks: readonly string[];
}

/** The default ports where they are free, else free ones. */
export async function choosePorts(): Promise<Ports> {
	const remarks: string[] = [];
	const http = (await canListen(DEFAULT_HTTP_PORT, false)) ? DEFAULT_HTTP_PORT : await freePort(false);
	if (http !== DEFAULT_HTTP_PORT) remarks.push(`Port ${DEFAULT_HTTP_PORT} (HTTP) is taken: the tour uses ${http}.`);
	const sip = (await canListen(DEFAULT_SIP_PORT, true)) ? DEFAULT_SIP_PORT : await freePort(true);
	if (sip !== DEFAULT_SIP_PORT) remarks.push(`Port ${DEFAULT_SIP_PORT} (SIP) is taken: the tour uses ${sip}.`);
	return { http, sip, remarks };
}

export async function freePort(sip: boolean): Promise<number> {
	for (let tries = 0; tries < 20; tries++) {
		const server = createServer().listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = server.address() as { port: number };
		server.close();
		await once(server, "close");
		if (await canListen(port, sip)) return port;
	}
	throw new Error("no free port was found on 127.0.0.1");
}

/** SIP needs the port for UDP and TCP. */
async function canListen(port: number, sip: boolean): Promise<boolean> {
	const tcp = await new Promise<boolean>((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(false));
		server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
	});
	if (!tcp || !sip) return tcp;
	return new Promise<boolean>((resolve) => {
		const socket = createSocket("udp4");
		socket.once("error", () => resolve(false));
		socket.bind({ address: "127.0.0.1", port, exclusive: true }, () => socket.close(() => resolve(true)));
	});
}

export interface ChildPlatform extends AsyncDisposable {
	readonly dataFolder: string;
	/** `http://127.0.0.1:8080` */
	readonly url: string;
	readonly sip: string;
	readonly accountKey: string;
	readonly accountSecret: string;
	readonly logFile: string;
	/** Rejects when the platform ends by itself. */
	readonly ended: Promise<never>;
}

/** Settings of the tour's surroundings must not change what it shows. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
	const foreign = /^(AFTERBEEP_|DATABASE_)/;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * @param choose asked again where somebody took a port between our look and the platform's bind.
 * @param more further settings.
 */
export async function startChildPlatform(
	self: readonly [string, string],
	choose: () => Promise<Ports>,
	more: Readonly<Record<string, string>> = {},
): Promise<ChildPlatform> {
	for (let tries = 1; ; tries++) {
		try {
			return await startOn(self, await choose(), more);
		} catch (error) {
			if (tries === START_TRIES || !/ is taken/.test(String(error))) throw error;
		}
	}
}

async function startOn(
	self: readonly [string, string],
	ports: Ports,
	more: Readonly<Record<string, string>>,
): Promise<ChildPlatform> {
	await using opened = new AsyncDisposableStack();
	const dataFolder = await makeDataFolder();
	opened.defer(() => rm(dataFolder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
	const sip = `udp:127.0.0.1:${ports.sip}`;
	const url = `http://127.0.0.1:${ports.http}`;
	const [node, script] = self;
	const child = spawn(node, [script, "start"], {
		env: {
			...cleanEnvironment(),
			AFTERBEEP_DATA: dataFolder,
			AFTERBEEP_HTTP: `127.0.0.1:${ports.http}`,
			AFTERBEEP_SIP: `${sip},tcp:127.0.0.1:${ports.sip}`,
			AFTERBEEP_DRAIN_SECONDS: String(DRAIN_SECONDS),
			...more,
		},
		// The channel tells the platform when the tour is gone, however it went: then it ends too.
		stdio: ["ignore", "pipe", "pipe", "ipc"],
	});
	opened.defer(() => endChild(child));
	const logFile = path.join(dataFolder, "platform.log");
	const said = keepOutput(child, logFile);
	const ended = once(child, "exit").then(([code, signal]) => {
		throw new Error(`the platform ended (${signal ?? `exit code ${code}`}). It said:\n${said()}`);
	});
	// Whoever races against it gets the reason; nobody else must fall over it.
	ended.catch(() => {});
	await Promise.race([untilReady(url, dataFolder), ended]);
	const credentials = JSON.parse(await readFile(path.join(dataFolder, "credentials.json"), "utf8")) as {
		AccountKey: string;
		AccountSecret: string;
	};
	const stack = opened.move();
	return {
		dataFolder,
		url,
		sip,
		accountKey: credentials.AccountKey,
		accountSecret: credentials.AccountSecret,
		logFile,
		ended,
		[Symbol.asyncDispose]: () => stack.disposeAsync(),
	};
}

async function makeDataFolder(): Promise<string> {
	return mkdtemp(path.join(tmpdir(), "afterbeep-demo-"));
}

/** @returns the last lines, for the reader of a failure. */
function keepOutput(child: ChildProcess, file: string): () => string {
	const log = createWriteStream(file, { mode: 0o600 });
	let tail = "";
	for (const stream of [child.stdout!, child.stderr!]) {
		stream.on("data", (chunk: Buffer) => {
			log.write(chunk);
			tail = (tail + chunk.toString()).slice(-4000);
		});
	}
	child.once("close", () => log.end());
	return () => tail.trim();
}

/** Another platform may answer at the address, and ours end for it: the status file says that ours listens. */
async function untilReady(url: string, dataFolder: string): Promise<void> {
	const deadline = performance.now() + READY_WAIT_MS;
	let last = "no answer";
	while (performance.now() < deadline) {
		try {
			const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) });
			if (answer.ok && readStatusFile(dataFolder) !== undefined) return;
			last = await answer.text();
		} catch (error) {
			last = (error as Error).message;
		}
		await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
	}
	throw new Error(`the platform was not ready after ${READY_WAIT_MS / 1000} s: ${last}`);
}

async function endChild(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exit = once(child, "exit");
	// After Ctrl-C on a terminal it has had the signal already and is ending; a second one would hurry it.
	child.kill("SIGTERM");
	const timer = setTimeout(() => child.kill("SIGKILL"), END_WAIT_MS);
	await exit;
	clearTimeout(timer);
}
