/** A mail server that defers, refuses and hangs: each mail arrives once, or its job waits for the operator. */
import { SMTPServer } from "smtp-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { speechSignal } from "../support/speech-signal.ts";

interface Job {
	readonly JobId: string;
	readonly Name: string;
	readonly State: string;
	readonly Dead: boolean;
	readonly Attempts: number;
	readonly Error: string | null;
}

let platform: Platform;
let phones: Phones;
let server: SMTPServer;
/** Recipients of the mails taken. */
const taken: string[] = [];
/** How often a recipient is still deferred; refused for ever while it is in the set. */
const deferrals = new Map([["defer@example.com", 1]]);
const refused = new Set(["refuse@example.com"]);
/** Ends what hangs. */
const hanging: (() => void)[] = [];

beforeAll(async () => {
	server = new SMTPServer({
		authOptional: true,
		disabledCommands: ["STARTTLS"],
		disableReverseLookup: true,
		closeTimeout: 50,
		onRcptTo: ({ address }, _session, callback) => {
			const left = deferrals.get(address) ?? 0;
			deferrals.set(address, left - 1);
			if (left > 0) return callback(Object.assign(new Error("4.2.1 come back later"), { responseCode: 451 }));
			if (refused.has(address)) return callback(Object.assign(new Error("5.1.1 nobody here"), { responseCode: 550 }));
			if (address === "hang@example.com" && hanging.length === 0) {
				hanging.push(() => callback(Object.assign(new Error("4.3.2 going down"), { responseCode: 421 })));
				return;
			}
			return callback();
		},
		onData: (stream, session, callback) => {
			stream.resume();
			stream.on("end", () => {
				taken.push(...session.envelope.rcptTo.map(({ address }) => address));
				callback();
			});
		},
	});
	server.on("error", () => {}); // a client that is stopped leaves its connections
	await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
	const { port } = server.server.address() as { port: number };
	platform = await startPlatform({ env: { AFTERBEEP_SMTP_URL: `smtp://127.0.0.1:${port}` } });
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
	await new Promise<void>((resolve) => server.close(() => resolve()));
});

async function leaveMessageFor(Email: string): Promise<void> {
	const number = await platform.activate({ Email });
	const call = await phones.forwarded(number);
	await call.hearBeep();
	await call.speak(speechSignal(1.5, 71));
	call.hangUp();
	await platform.messages(number, 1);
}

const arrivals = (address: string): number => taken.filter((recipient) => recipient === address).length;
const mailJobs = async (...filter: string[]): Promise<Job[]> =>
	platform.json<Job[]>("jobs", "list", "--name", "email.message", ...filter);

describe.concurrent("a mail server that", () => {
	test("defers gets the mail again later, once", async () => {
		await leaveMessageFor("defer@example.com");
		await until("the second try", 30_000, async () => arrivals("defer@example.com") > 0);
		expect(arrivals("defer@example.com")).toBe(1);
	});

	test("refuses for good leaves a dead job, which `jobs retry` runs again", async () => {
		await leaveMessageFor("refuse@example.com");
		const dead = await until("a dead job", 20_000, async () => (await mailJobs("--state", "dead"))[0]);
		expect(dead).toMatchObject({ Name: "email.message", Dead: true });
		expect(dead.Error).toContain("550");
		refused.clear();
		expect((await platform.cli("jobs", "retry", dead.JobId)).code).toBe(0);
		await until("the mail", 20_000, async () => arrivals("refuse@example.com") > 0);
		await until("no dead job", 20_000, async () => (await mailJobs("--state", "dead")).length === 0);
		expect(arrivals("refuse@example.com")).toBe(1);
	});

	test("hangs in the midst of a mail holds no other mail back, and gets it again once it is back", async () => {
		await leaveMessageFor("hang@example.com");
		await until("the server hangs", 20_000, async () => hanging.length > 0);
		await leaveMessageFor("other@example.com");
		await until("the other mail", 20_000, async () => arrivals("other@example.com") > 0);
		expect(arrivals("hang@example.com")).toBe(0);
		hanging[0]!();
		await until("the mail after all", 40_000, async () => arrivals("hang@example.com") > 0);
		expect(arrivals("hang@example.com")).toBe(1);
	});
});

test("every mail came once, and no job is left", async () => {
	await until("no job is left", 20_000, async () => (await mailJobs()).every((job) => job.State === "completed"));
	expect([...taken].sort()).toEqual([
		"defer@example.com",
		"hang@example.com",
		"other@example.com",
		"refuse@example.com",
	]);
});
