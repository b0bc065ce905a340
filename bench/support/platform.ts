/**
 * The platform under measurement, as two processes on one outside PostgreSQL: role sip alone on a core, and roles api and
 * worker, so that the CPU of signalling and media shows apart from that of jobs. Greeting: the beep alone.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { silentLog } from "../../src/domain/index.ts";
import { startEmbeddedPostgres } from "../../src/store/index.ts";
import { freeTcpPort, freeUdpPort } from "../../test/support/platform.ts";
import { descendants, proportionalMemoryMb, startPinned } from "./process.ts";

export const SIP_CORE = 0;
export const OTHER_CORE = 1;
export const RTP_PORTS = { from: 20_000, to: 29_999 };
const ACCOUNT = { AccountKey: "DID-bench", AccountSecret: randomBytes(24).toString("hex") };
const program = resolve(import.meta.dirname, "../../bin/afterbeep.js");

export interface BenchPlatform extends AsyncDisposable {
	readonly folder: string;
	readonly blobs: string;
	readonly databaseUrl: string;
	readonly masterKeyFile: string;
	readonly sipPort: number;
	readonly httpPort: number;
	/** Pids of the process with role sip, and of the one with roles api and worker. */
	readonly sipPid: number;
	readonly otherPid: number;
	postgresMb(): number;
	/** A POST with the operator's bearer token. */
	post(path: string, body: object): Promise<Record<string, unknown>>;
	token(): Promise<string>;
	/** Imports, provisions and activates so many numbers, and writes them as `numbers.csv` for sipp into the folder. */
	activateNumbers(count: number): Promise<readonly string[]>;
}

export interface BenchOptions {
	readonly apiCore?: number | string;
	/** Settings that differ from those below. */
	readonly settings?: Readonly<Record<string, string>>;
}

export async function startBenchPlatform(options: BenchOptions = {}): Promise<BenchPlatform> {
	await using opened = new AsyncDisposableStack();
	const folder = await mkdtemp(join(tmpdir(), "afterbeep-bench-"));
	opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
	const postgres = opened.use(
		await startEmbeddedPostgres({ dataFolder: join(folder, "database"), createIfMissing: true, log: silentLog }),
	);
	const { host, user, password, database } = postgres.address;
	const databaseUrl = `postgres://${user}:${password}@/${database}?host=${encodeURIComponent(host)}`;
	const masterKeyFile = join(folder, "master.key");
	await writeFile(masterKeyFile, randomBytes(32), { mode: 0o600 });
	const [sipPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
	const blobs = join(folder, "blobs");
	const env = (roles: string) => ({
		...process.env,
		AFTERBEEP_DATA: join(folder, roles.replace(",", "-")),
		AFTERBEEP_ROLES: roles,
		AFTERBEEP_HTTP: `127.0.0.1:${httpPort}`,
		AFTERBEEP_SIP: `udp:127.0.0.1:${sipPort}`,
		AFTERBEEP_RTP_PORTS: `${RTP_PORTS.from}-${RTP_PORTS.to}`,
		AFTERBEEP_BLOBS: `file:${blobs}`,
		AFTERBEEP_MASTER_KEY: masterKeyFile,
		AFTERBEEP_ACCOUNT_KEY: ACCOUNT.AccountKey,
		AFTERBEEP_ACCOUNT_SECRET: ACCOUNT.AccountSecret,
		AFTERBEEP_RATE_LIMIT: "off",
		AFTERBEEP_GREETING: "beep",
		AFTERBEEP_COUNTRY: "US",
		AFTERBEEP_CALLS_MAX: "5000",
		AFTERBEEP_LOG: "warn",
		DATABASE_URL: databaseUrl,
		...options.settings,
	});
	const start = (core: number | string, roles: string) => {
		const started = startPinned(core, process.execPath, [program, "start"], { env: env(roles) });
		opened.defer(() => started.stop());
		return started;
	};
	const other = start(options.apiCore ?? OTHER_CORE, "api,worker");
	await answered(`http://127.0.0.1:${httpPort}/readyz`, other.output);
	const sip = start(SIP_CORE, "sip");
	await listening(sipPort, sip.output);

	const token = async () => (await request("/v1.0/oauth2/tokens", ACCOUNT, undefined)).token as string;
	const request = async (path: string, body: object, bearer: string | undefined) => {
		const response = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
			},
			body: JSON.stringify(body),
		});
		const answer = (await response.json()) as Record<string, unknown>;
		if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
		return answer;
	};
	const bearer = await token();
	const running = opened.move();
	return {
		folder,
		blobs,
		databaseUrl,
		masterKeyFile,
		sipPort,
		httpPort,
		sipPid: sip.child.pid!,
		otherPid: other.child.pid!,
		postgresMb: () => proportionalMemoryMb([postgres.pid, ...descendants(postgres.pid)]),
		token,
		post: (path, body) => request(path, body, bearer),
		activateNumbers: async (count) => {
			const numbers: string[] = [];
			for (let i = 0; i < count; i++) {
				const provisioned = await request("/v1.0/numbers/provision", PROVISION, bearer);
				const number = provisioned.PhoneNumberAssigned as string;
				await request("/v1.0/numbers/voicemail/activate", { PhoneNumber: number, Email: "bench@example.com" }, bearer);
				numbers.push(number);
			}
			await writeFile(join(folder, "numbers.csv"), `SEQUENTIAL\n${numbers.join("\n")}\n`);
			return numbers;
		},
		[Symbol.asyncDispose]: () => running.disposeAsync(),
	};
}

const PROVISION = {
	NumberType: "mvno",
	MessageType: "p2p",
	MessageEnabled: false,
	VoiceEnabled: true,
	ProductType: "Sms+Data+Voice",
};

async function answered(url: string, log: () => string): Promise<void> {
	for (let i = 0; i < 300; i++) {
		if (
			await fetch(url).then(
				(response) => response.status === 200,
				() => false,
			)
		)
			return;
		await new Promise((done) => setTimeout(done, 100));
	}
	throw new Error(`${url} never answered:\n${log()}`);
}

async function listening(port: number, log: () => string): Promise<void> {
	const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
	for (let i = 0; i < 300; i++) {
		if (readFileSync("/proc/net/udp", "utf8").includes(hex)) return;
		await new Promise((done) => setTimeout(done, 100));
	}
	throw new Error(`nothing listens on UDP port ${port}:\n${log()}`);
}
