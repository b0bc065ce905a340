/** The commands against a real data folder with its own PostgreSQL, while no platform runs on it. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeWav } from "../../src/audio/index.ts";
import { loadConfig } from "../../src/config/index.ts";
import { createNumbers, createOperators, loadMasterKey } from "../../src/directory/index.ts";
import { newId, silentLog, systemClock } from "../../src/domain/index.ts";
import { createMailboxes } from "../../src/mailbox/index.ts";
import { createCallTraces } from "../../src/platform/call-traces.ts";
import { namedRoutes } from "../../src/routing/index.ts";
import { openStore } from "../../src/store/index.ts";
import { run } from "./terminal-double.ts";

let parent: string;
let data: string;
let messageId: string;
const number = "+11234567890";

/** One mailbox with a message, and the trace of its call. */
async function fill(): Promise<void> {
	const { config } = loadConfig({
		flags: { data },
		env: {},
		workingFolder: parent,
		ownAddresses: [],
		readFile: () => undefined,
	});
	const clock = systemClock;
	await using store = await openStore({
		databaseUrl: undefined,
		databaseDirectUrl: undefined,
		dataFolder: data,
		blobs: config.blobs,
		worker: false,
		log: silentLog,
	});
	const masterKey = await loadMasterKey({ file: undefined, dataFolder: data, create: true });
	const operators = createOperators({ store, masterKey, clock });
	const first = (await operators.bootstrap({}))!;
	const who = { accountKey: first.accountKey, distributorId: first.distributorId, accountId: undefined, rights: [] };
	const defaults = { timeZone: "UTC", language: "en" };
	const mailboxes = createMailboxes({ store, masterKey, clock, log: silentLog, defaults });
	await createNumbers({ store, clock, findRoutes: namedRoutes, hooks: mailboxes.numberHooks }).provision(who, {
		numberType: "mvno",
		messageType: "p2p",
		messageEnabled: false,
		voiceEnabled: true,
		dataEnabled: false,
		messageRouteId: undefined,
		voiceRouteId: undefined,
		areaCode: undefined,
		zipCode: undefined,
		iccid: undefined,
		productType: "Sms+Data+Voice",
		assignedSubscriberId: undefined,
		accountId: undefined,
	});
	await mailboxes.activate(who, number, undefined, { pin: "4821", firstName: "John" });
	const [held] = await mailboxes.find([number]);
	messageId = newId("message");
	const callId = newId("call");
	await mailboxes.deposit({
		facts: {
			messageId,
			mailboxId: held!.mailbox!.mailboxId,
			phoneNumber: number,
			from: "+15551234567",
			fromName: null,
			receivedOn: "2026-03-01T12:00:00.000Z",
			redirectReason: "NoAnswer",
			mailboxSource: "HistoryInfo",
			minMessageMs: 1000,
			callId,
			filtered: false,
			attestation: null,
		},
		audio: { encoding: "PCMU", samples: new Uint8Array(16_000).map((_, i) => 0x80 + (i % 64)) },
		durationMs: 2000,
		speechMs: 2000,
	});
	await createCallTraces(store.db).write({
		callId,
		sipCallId: "abc@192.0.2.4",
		startedOn: new Date("2026-03-01T12:00:00Z"),
		endedOn: new Date("2026-03-01T12:00:09Z"),
		source: "udp:192.0.2.4:5060",
		requestUri: "sip:vm@192.0.2.1",
		from: "+15551234567",
		identity: "attestation A (full), not verified by us",
		kind: "deposit",
		candidates: [
			{ source: "HistoryInfo", raw: `sip:${number}@x`, phoneNumber: number, why: "index 1" },
			{ source: "To", raw: "sip:vm\u001b[2J@x", phoneNumber: undefined, why: "not a number" },
		],
		phoneNumber: number,
		mailboxSource: "HistoryInfo",
		status: 200,
		why: "HistoryInfo named the mailbox.",
		messageId,
		steps: [{ atMs: 40, what: "answered" }],
	});
}

beforeAll(async () => {
	parent = await mkdtemp(path.join(tmpdir(), "afterbeep-cli-"));
	data = path.join(parent, "data");
	await fill();
});

afterAll(async () => {
	await rm(parent, { recursive: true, force: true, maxRetries: 5 });
});

async function json<T>(...words: string[]): Promise<T> {
	const { code, stdout, stderr } = await run(...words, "--json", "--data", data);
	expect({ code, stderr }).toMatchObject({ code: 0 });
	return JSON.parse(stdout) as T;
}

describe("Reading commands", () => {
	test("a data folder that is not there is told, and not made", async () => {
		const nowhere = path.join(parent, "nowhere");
		const { code, stderr } = await run("messages", "list", "--all", "--data", nowhere);
		expect(code).toBe(1);
		expect(stderr).toContain("There is no data folder");
		expect(existsSync(nowhere)).toBe(false);
	});

	test("messages list gives the API's field names", async () => {
		expect(await json("messages", "list", number)).toEqual([
			{
				MessageId: messageId,
				PhoneNumber: number,
				From: "+15551234567",
				FromName: null,
				ReceivedOn: "2026-03-01T12:00:00.000Z",
				DurationSeconds: 2,
				SizeBytes: expect.any(Number),
				Status: "New",
				RedirectReason: "NoAnswer",
				MailboxSource: "HistoryInfo",
				Silent: false,
				Filtered: false,
				Attestation: null,
				// What is not saved is kept for a month.
				ExpiresOn: expect.stringMatching(/^\d{4}-/),
			},
		]);
		expect(await json<unknown[]>("messages", "list", "--all")).toHaveLength(1);
	});

	test("messages audio writes the recording as WAV", async () => {
		const { code, bytes } = await run("messages", "audio", messageId, "--data", data);
		expect(code).toBe(0);
		expect(decodeWav(bytes).samples).toHaveLength(16_000);
	});

	test("unknown messages, mailboxes, calls and jobs end with exit code 1 and where to look", async () => {
		for (const words of [
			["messages", "audio", "VMID-none"],
			["messages", "list", "+19999999999"],
			["mailboxes", "show", "+19999999999"],
			["calls", "trace", "CALL-none"],
			["jobs", "retry", "018f0000-0000-7000-8000-000000000000"],
		]) {
			const { code, stderr } = await run(...words, "--data", data);
			expect(code, words.join(" ")).toBe(1);
			expect(stderr.length).toBeGreaterThan(20);
		}
	});

	test("a number without voicemail is told apart from one that no account has", async () => {
		const remarks = async (asked: string) => (await run("mailboxes", "show", asked, "--data", data)).stderr;
		expect(await remarks("+19999999999")).toContain("no account");
		expect(await remarks("+11234567891")).toContain("no account");
	});

	test("mailboxes show tells the PIN's status and never the PIN", async () => {
		const shown = await json<Record<string, unknown>>("mailboxes", "show", number);
		expect(shown).toMatchObject({ PhoneNumber: number, FirstName: "John", PinSet: true, NewMessages: 1 });
		expect(JSON.stringify(shown)).not.toMatch(/4821|argon/);
	});

	test("calls trace tells the story, by call, message or SIP Call-ID, without control characters", async () => {
		const [call] = await json<{ CallId: string }[]>("calls", "list", number);
		for (const id of [call!.CallId, messageId, "abc@192.0.2.4"]) {
			const { stdout } = await run("calls", "trace", id, "--data", data);
			expect(stdout).toContain("HistoryInfo named the mailbox.");
			expect(stdout).toMatch(/→ HistoryInfo +\+11234567890 +index 1/);
			expect(stdout).toMatch(/0\.04 s {2}answered/);
			expect(stdout).not.toContain("\u001b");
		}
	});

	test("accounts and jobs are listed", async () => {
		expect(await json("accounts", "list")).toMatchObject([{ Name: "Default", Numbers: 1, Mailboxes: 1 }]);
		expect(await json("jobs", "list", "--name", "message.stored")).toMatchObject([
			{ Name: "message.stored", Dead: false },
		]);
	});
});

describe("numbers import", () => {
	test("imports nothing while a line is bad, then the good ones with --skip-bad, and drops the free examples", async () => {
		const file = path.join(parent, "numbers.csv");
		await writeFile(file, "Number,AreaCode\n+12015550001,201\n555,201\n+12015550002,\n");
		const refused = await run("numbers", "import", file, "--data", data);
		expect(refused.code).toBe(1);
		expect(refused.stderr).toContain("line 3:");
		expect(await json<unknown[]>("numbers", "list", "--limit", "1000")).toHaveLength(100);

		const taken = await json("numbers", "import", file, "--skip-bad");
		expect(taken).toMatchObject({ Imported: 2, Skipped: [], Bad: [{ Line: 3 }] });
		const left = await json<{ Number: string; Status: string }[]>("numbers", "list", "--limit", "1000");
		expect(left.map((entry) => `${entry.Number} ${entry.Status}`)).toEqual([
			"+11234567890 Active",
			"+12015550001 Pool",
			"+12015550002 Pool",
		]);
	});

	test("a file that is not there is told", async () => {
		const { code, stderr } = await run("numbers", "import", path.join(parent, "none.csv"), "--data", data);
		expect(code).toBe(1);
		expect(stderr).toContain("ENOENT");
	});
});

describe("doctor", () => {
	test("finds a healthy folder well, and a readable master key a failure with its mend", async () => {
		const flags = ["--http", "127.0.0.1:0", "--sip", "udp:127.0.0.1:0,tcp:127.0.0.1:0"];
		const findings = await json<{ Check: string; Result: string }[]>("doctor", ...flags);
		const result = (check: string) => findings.find((finding) => finding.Check === check)?.Result;
		for (const check of [
			"settings",
			"data folder",
			"master key",
			"database",
			"audio store",
			"jobs",
			"mail",
			"prompts",
		]) {
			expect(result(check), check).toBe("ok");
		}
		expect(result("platform")).toBe("warn");

		const { chmod } = await import("node:fs/promises");
		await chmod(path.join(data, "master.key"), 0o644);
		const bad = await run("doctor", ...flags, "--data", data);
		await chmod(path.join(data, "master.key"), 0o600);
		expect(bad.code).toBe(1);
		expect(bad.stdout).toContain(`chmod 600 ${path.join(data, "master.key")}`);
	});

	test("wrong settings are findings too", async () => {
		const { code, stdout } = await run("doctor", "--country", "Germany", "--data", data);
		expect(code).toBe(1);
		expect(stdout).toContain("--country");
	});
});
