/** Starts the whole platform as its users do, a process of its own on free loopback ports, with a throw-away data folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeG711, decodeWav } from "../../src/audio/index.ts";

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const program = join(projectRoot, "bin/afterbeep.js");

/** Below the time that a token is valid: a soak runs for longer. */
const TOKEN_USED_MS = 300_000;
export const ACCOUNT_KEY = "DID-0e57a1d2-0000-4000-8000-000000000001";
export const ACCOUNT_SECRET = "wire-test-secret-of-at-least-32-characters";

export interface Platform {
	readonly httpPort: number;
	readonly sipPort: number;
	readonly data: string;
	readonly pid: number;
	/** Everything the process wrote on both streams. */
	log(): string;
	/** A request with a bearer token; the answer's body is parsed. */
	post(path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }>;
	/** Provisions a number, without voicemail. */
	provision(): Promise<string>;
	/** Provisions a number and activates voicemail on it. @returns the number. */
	activate(fields?: { PIN?: string; Email?: string; FirstName?: string; LastName?: string }): Promise<string>;
	/** Runs the CLI against this platform's data folder. */
	cli(...args: string[]): Promise<CliResult>;
	/** Parsed standard output of a `--json` command that must succeed. */
	json<T>(...args: string[]): Promise<T>;
	/** Waits until a mailbox has so many messages or more. */
	messages(number: string, count: number): Promise<ListedMessage[]>;
	/** All messages of the platform, as `messages list --all --json` shows them. */
	allMessages(): Promise<ListedMessage[]>;
	/** Audio of a message, linear at 8,000 Hz. */
	audio(messageId: string): Promise<Int16Array>;
	/** The same as the WAV file it is given out as. */
	wav(messageId: string): Promise<Buffer>;
	/** One of the platform's counters; 0 where it has none of that name. */
	counter(room: "sip" | "calls" | "media" | "lamps", name: string): Promise<number>;
	/** Waits until no call is left. */
	untilIdle(): Promise<void>;
	/** Sends a signal and nothing more. */
	signal(name: NodeJS.Signals): void;
	/** Settles with the exit code when the process has ended by itself or by a signal. */
	readonly ended: Promise<number | null>;
	/** SIGTERM, and waits for the end. @returns the exit code. */
	stop(): Promise<number | null>;
	/** Ends this one by SIGTERM where it still runs, and starts another on the same folder, with further settings. */
	again(env?: Record<string, string>): Promise<Platform>;
	/** SIGKILL, and waits for the end: what a power cut looks like to the next start. */
	kill(): Promise<void>;
	/** Mails in the Maildir, as text. */
	mails(): Promise<string[]>;
}

/** As `messages list --json` shows it. */
export interface ListedMessage {
	readonly MessageId: string;
	readonly PhoneNumber: string;
	readonly From: string | null;
	readonly DurationSeconds: number;
	readonly Status: string;
	readonly RedirectReason: string;
	readonly MailboxSource: string;
	readonly Silent: boolean;
}

export interface CliResult {
	readonly code: number | null;
	readonly stdout: Buffer;
	readonly stderr: string;
}

export interface PlatformOptions {
	readonly env?: Record<string, string>;
	/** A folder of an earlier platform: started again on it. Kept at the end by its maker. */
	readonly data?: string;
	readonly sipPort?: number;
}

/** Starts the platform and waits until `/readyz` says so. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
	for (let tries = 1; ; tries++) {
		try {
			return await startOn(options.data ?? (await mkdtemp(join(tmpdir(), "afterbeep-test-"))), options);
		} catch (error) {
			// Somebody else may take a port between our look and the platform's bind.
			const again = tries < 3 && options.sipPort === undefined && / is taken/.test(String(error));
			if (!again) throw error;
		}
	}
}

async function startOn(data: string, options: PlatformOptions): Promise<Platform> {
	const httpPort = await freeTcpPort();
	const sipPort = options.sipPort ?? (await freeUdpPort());
	const rtpFrom = 21_000 + Math.floor(Math.random() * 300) * 100;
	const env = {
		...process.env,
		AFTERBEEP_DATA: data,
		AFTERBEEP_HTTP: `127.0.0.1:${httpPort}`,
		AFTERBEEP_SIP: `udp:127.0.0.1:${sipPort},tcp:127.0.0.1:${sipPort}`,
		AFTERBEEP_RTP_PORTS: `${rtpFrom}-${rtpFrom + 2_000}`,
		AFTERBEEP_ACCOUNT_KEY: ACCOUNT_KEY,
		AFTERBEEP_ACCOUNT_SECRET: ACCOUNT_SECRET,
		AFTERBEEP_RATE_LIMIT: "off",
		AFTERBEEP_COUNTRY: "US",
		AFTERBEEP_GREETING: "beep",
		AFTERBEEP_LOG: "debug",
		...options.env,
	};
	const child = spawn(process.execPath, [program, "start"], { env, stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	child.stdout.on("data", (chunk: Buffer) => {
		output += chunk.toString();
	});
	child.stderr.on("data", (chunk: Buffer) => {
		output += chunk.toString();
	});
	try {
		await untilReady(child, httpPort, () => output);
	} catch (error) {
		child.kill("SIGKILL");
		if (options.data === undefined) await rm(data, { recursive: true, force: true, maxRetries: 5 });
		throw error;
	}

	let token: string | undefined;
	let tokenAtMs = 0;
	const request = async (path: string, body: object) => {
		const response = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
			},
			body: JSON.stringify(body),
		});
		return { status: response.status, body: (await response.json()) as Record<string, unknown> };
	};
	const post = async (path: string, body: object) => {
		if (token === undefined || performance.now() - tokenAtMs > TOKEN_USED_MS) {
			const answer = await request("/v1.0/oauth2/tokens", { AccountKey: ACCOUNT_KEY, AccountSecret: ACCOUNT_SECRET });
			if (answer.status !== 200) throw new Error(`no token: ${JSON.stringify(answer)}`);
			token = answer.body.token as string;
			tokenAtMs = performance.now();
		}
		return request(path, body);
	};
	const cli = (...args: string[]) => runCli(args, env);
	const ended = once(child, "exit").then(() => child.exitCode);
	const json = async <T>(...args: string[]) => {
		const result = await cli(...args, "--json");
		if (result.code !== 0) throw new Error(`afterbeep ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
		return JSON.parse(result.stdout.toString()) as T;
	};
	const allMessages = shared(() => json<ListedMessage[]>("messages", "list", "--all", "--limit", "1000"));
	const provision = async () => {
		const provisioned = await post("/v1.0/numbers/provision", {
			NumberType: "mvno",
			MessageType: "p2p",
			MessageEnabled: false,
			VoiceEnabled: true,
			ProductType: "Sms+Data+Voice",
		});
		if (provisioned.status !== 200) throw new Error(JSON.stringify(provisioned));
		return provisioned.body.PhoneNumberAssigned as string;
	};
	const counter = async (room: string, name: string) => {
		const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
		return Number(new RegExp(`^afterbeep_${room}\\{name="${name}"\\} (\\S+)`, "m").exec(metrics)?.[1] ?? 0);
	};
	const wav = async (messageId: string) => {
		const { code, stdout, stderr } = await cli("messages", "audio", messageId);
		if (code !== 0) throw new Error(stderr);
		return stdout;
	};
	return {
		httpPort,
		sipPort,
		data,
		pid: child.pid!,
		log: () => output,
		post,
		cli,
		activate: async (fields = {}) => {
			const number = await provision();
			const activated = await post("/v1.0/numbers/voicemail/activate", { PhoneNumber: number, ...fields });
			if (activated.status !== 200) throw new Error(JSON.stringify(activated));
			return number;
		},
		json,
		provision,
		allMessages,
		messages: (number, count) =>
			until(`${count} messages for ${number}`, 20_000, async () => {
				const messages = (await allMessages()).filter((message) => message.PhoneNumber === number);
				return messages.length >= count && messages;
			}),
		audio: async (messageId) => decodeG711(decodeWav(await wav(messageId))),
		wav,
		counter,
		untilIdle: async () => {
			await until("no call is left", 20_000, async () => {
				const left = [await counter("calls", "callsActive"), await counter("calls", "keepPending")];
				return left.every((count) => count === 0);
			});
		},
		signal: (name) => void child.kill(name),
		ended,
		stop: async () => {
			if (child.exitCode === null && child.signalCode === null) {
				child.kill("SIGTERM");
				await ended;
			}
			if (options.data === undefined) await rm(data, { recursive: true, force: true, maxRetries: 5 });
			return child.exitCode;
		},
		again: async (further = {}) => {
			if (child.exitCode === null && child.signalCode === null) {
				child.kill("SIGTERM");
				await ended;
			}
			return startOn(data, { ...options, env: { ...options.env, ...further } });
		},
		kill: async () => {
			child.kill("SIGKILL");
			await ended;
		},
		mails: async () => {
			const folder = join(data, "mail/new");
			const names = await readdir(folder).catch(() => []);
			return Promise.all(names.sort().map((name) => readFile(join(folder, name), "utf8")));
		},
	};
}

/** Whoever asks while an answer is on its way waits for the next one, which all who wait get together. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
	let running: Promise<unknown> = Promise.resolve();
	let next: Promise<T> | undefined;
	return () => {
		next ??= running.then(() => {
			next = undefined;
			const answer = ask();
			running = answer.catch(() => undefined);
			return answer;
		});
		return next;
	};
}

async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
	const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
	const out: Buffer[] = [];
	let stderr = "";
	child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
	child.stderr.on("data", (chunk: Buffer) => {
		stderr += chunk.toString();
	});
	await once(child, "close");
	return { code: child.exitCode, stdout: Buffer.concat(out), stderr };
}

async function untilReady(child: ChildProcess, httpPort: number, log: () => string): Promise<void> {
	const deadline = Date.now() + 50_000;
	while (Date.now() < deadline) {
		if (child.exitCode !== null) throw new Error(`the platform ended with ${child.exitCode}:\n${log()}`);
		const ready = await fetch(`http://127.0.0.1:${httpPort}/readyz`).then(
			(response) => response.status === 200,
			() => false,
		);
		if (ready) return;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`the platform was not ready after 50 s:\n${log()}`);
}

/** Asks again until the answer is true or the time is over: for facts that another process makes true. */
export async function until<T>(what: string, timeoutMs: number, ask: () => Promise<T | undefined | false>): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	while (Date.now() < deadline) {
		const answer = await ask();
		if (answer !== undefined && answer !== false) return answer;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`not within ${timeoutMs} ms: ${what}`);
}

export async function freeTcpPort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("no port");
	return address.port;
}

export async function freeUdpPort(): Promise<number> {
	for (let tries = 0; tries < 20; tries++) {
		const socket = createSocket("udp4").bind(0, "127.0.0.1");
		await once(socket, "listening");
		const { port } = socket.address();
		const server = createServer().listen(port, "127.0.0.1");
		// `once` rejects on an error: somebody has this port by TCP.
		const free = await once(server, "listening").then(
			() => true,
			() => false,
		);
		socket.close();
		server.close();
		await Promise.all([once(socket, "close"), free ? once(server, "close") : undefined]);
		if (free) return port;
	}
	throw new Error("no port is free");
}
