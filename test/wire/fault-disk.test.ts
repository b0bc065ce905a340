/** A full disk: the platform stays up, says so, and what callers said meanwhile is a message once there is room. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Phones, startPhones } from "../support/phone.ts";
import { type Platform, startPlatform, until } from "../support/platform.ts";
import { match, pcmOf, speechSignal } from "../support/speech-signal.ts";

const data = mkdtempSync(join(tmpdir(), "afterbeep-disk-"));
const folders = { recordings: join(data, "recordings"), blobs: join(data, "blobs") };

/** Small disks of their own, which only root of a machine (not of every container) can make. */
const mounted = Object.values(folders).filter((folder) => {
	mkdirSync(folder, { mode: 0o700 });
	const options = ["-t", "tmpfs", "-o", "size=2m,mode=0700", "none", folder];
	return process.platform === "linux" && spawnSync("mount", options).status === 0;
});

afterAll(() => {
	for (const folder of mounted) spawnSync("umount", ["-l", folder]);
	rmSync(data, { recursive: true, force: true });
});

/** Takes all that is left of a disk. @returns gives it back. */
function fill(folder: string): () => void {
	const filler = join(folder, "filler");
	let octets = 0;
	for (const size of [65_536, 4_096]) {
		try {
			for (;;) {
				writeFileSync(`${filler}-${octets}`, Buffer.alloc(size));
				octets += size;
			}
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
		}
	}
	return () => {
		spawnSync("sh", ["-c", `rm -f "${filler}"-*`]);
	};
}

describe.skipIf(mounted.length < 2)("where the disk is full", () => {
	let platform: Platform;
	let phones: Phones;

	beforeAll(async () => {
		platform = await startPlatform({ data });
		phones = await startPhones(platform.sipPort);
	});
	afterAll(async () => {
		await phones?.[Symbol.asyncDispose]();
		await platform?.stop();
	});

	async function isWhole(number: string, speech: Uint8Array): Promise<void> {
		const [message, ...others] = await platform.messages(number, 1);
		expect(others).toEqual([]);
		const found = match(pcmOf(speech), await platform.audio(message!.MessageId));
		expect(found.correlation).toBeGreaterThan(0.99);
		expect(found.missingStartMs + found.missingEndMs).toBeLessThanOrEqual(100);
	}
	const complaints = (since: number): string[] =>
		platform
			.log()
			.slice(since)
			.split("\n")
			.filter((line) => /"level":"(warn|error)"/.test(line) && /ENOSPC|space|full|disk/i.test(line));

	test("for the recording log, a recording waits in memory until there is room", async () => {
		const number = await platform.activate();
		const speech = speechSignal(4, 121);
		const since = platform.log().length;
		const call = await phones.forwarded(number);
		await call.hearBeep();
		const giveBack = fill(folders.recordings);
		const spoken = call.speak(speech);
		await until("the log says so", 10_000, async () => complaints(since).length > 0);
		await wait(1_000);
		giveBack();
		await spoken;
		call.hangUp();
		await isWhole(number, speech);
	});

	test("for the blobs, the message is stored when there is room", async () => {
		const number = await platform.activate();
		const speech = speechSignal(2, 122);
		const since = platform.log().length;
		const giveBack = fill(folders.blobs);
		const call = await phones.forwarded(number);
		await call.hearBeep();
		await call.speak(speech);
		call.hangUp();
		await until("the log says so", 10_000, async () => complaints(since).length > 0);
		expect((await fetch(`http://127.0.0.1:${platform.httpPort}/healthz`)).status).toBe(200);
		giveBack();
		await isWhole(number, speech);
	});
});
