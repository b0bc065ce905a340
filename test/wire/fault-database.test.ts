/** The database hangs or is killed while calls run: no message is lost, and nobody is told that a number is unknown. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";

let platform: Platform;
let phones: Phones;

beforeAll(async () => {
	platform = await startPlatform();
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
});

/** The postmaster first, then its children. */
function postgresPids(): number[] {
	const file = readdirSync(join(platform.data, "postgres"), { recursive: true, encoding: "utf8" }).find((name) =>
		name.endsWith("postmaster.pid"),
	);
	const postmaster = Number(readFileSync(join(platform.data, "postgres", file!), "utf8").split("\n")[0]);
	const children = readdirSync("/proc").filter((pid) => {
		if (!/^\d+$/.test(pid)) return false;
		try {
			const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
			return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === postmaster;
		} catch {
			return false; // ended meanwhile
		}
	});
	return [postmaster, ...children.map(Number)];
}

async function speakWhile(number: string, seed: number, meanwhile: () => void): Promise<Uint8Array> {
	const speech = speechSignal(2, seed);
	const call = await phones.forwarded(number);
	await call.hearBeep();
	meanwhile();
	await call.speak(speech);
	call.hangUp();
	return speech;
}

async function expectMessage(number: string, speech: Uint8Array): Promise<void> {
	const [message, ...others] = await platform.messages(number, 1);
	expect(others).toEqual([]);
	const found = match(pcmOf(speech), await platform.audio(message!.MessageId));
	expect(found.correlation).toBeGreaterThan(0.99);
	expect(found.missingStartMs + found.missingEndMs).toBeLessThanOrEqual(100);
}

test.runIf(process.platform === "linux")(
	"a database that hangs during a call: the message is stored when it is back, new callers get 503",
	async () => {
		const number = await platform.activate();
		let stopped: number[] = [];
		const speech = await speakWhile(number, 81, () => {
			stopped = postgresPids();
			for (const pid of stopped) process.kill(pid, "SIGSTOP");
		});
		try {
			await expect(phones.forwarded(number)).rejects.toThrow("503");
			await wait(1_000);
		} finally {
			for (const pid of stopped) process.kill(pid, "SIGCONT");
		}
		await expectMessage(number, speech);
	},
	60_000,
);

test.runIf(process.platform === "linux")(
	"an embedded database that is killed during a call is started again, and the message stored",
	async () => {
		const number = await platform.activate({ Email: "jane@example.com" });
		const speech = await speakWhile(number, 82, () => process.kill(postgresPids()[0]!, "SIGKILL"));
		await expectMessage(number, speech);
		await until("its e-mail", 20_000, async () => (await platform.mails()).length > 0);
		(await phones.forwarded(number)).hangUp();
	},
	60_000,
);
