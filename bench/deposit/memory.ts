/** `npm run bench deposit -- --memory [CALLS ...]`: what the platform holds while so many calls stand and record. */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { freeTcpPort } from "../../test/support/platform.ts";
import { printTable } from "../support/figures.ts";
import { openLiveHeap } from "../support/live-heap.ts";
import { startBenchPlatform } from "../support/platform.ts";
import { memoryMb } from "../support/process.ts";
import { AUDIO_SECONDS, leaveMessages, MESSAGES_PER_MAILBOX, START_SECONDS, writeAudio } from "./callers.ts";

const SIZES_DEFAULT = [100, 1_000, 1_500];
/** All calls stand then, and the first does not end for another ten seconds. */
const READ_AT_SECONDS = START_SECONDS + 6;
/** Code is compiled, pools are filled. */
const WARM_UP_CALLS = 100;

export async function depositMemoryBench(sizes: readonly number[]): Promise<void> {
	const inspectorPort = await freeTcpPort();
	await using platform = await startBenchPlatform({
		settings: { NODE_OPTIONS: `--inspect-port=127.0.0.1:${inspectorPort}` },
	});
	const live = await openLiveHeap(platform.sipPid, inspectorPort);
	const read = async () => ({ ...(await live.read()), residentMb: memoryMb(platform.sipPid).now });
	// Noise, as in the bench itself: no silence ends the recording.
	await writeAudio(platform.folder, randomBytes(AUDIO_SECONDS * 8_000));
	const rows: Record<string, string | number>[] = [];
	for (const size of [WARM_UP_CALLS, ...(sizes.length > 0 ? sizes : SIZES_DEFAULT)]) {
		await platform.activateNumbers(Math.ceil(size / MESSAGES_PER_MAILBOX));
		const idle = await read();
		const calling = leaveMessages(platform.folder, platform.sipPort, { calls: size, concurrent: size });
		await wait(READ_AT_SECONDS * 1_000);
		const standing = await read();
		const { failed } = await calling;
		const perCall = (key: keyof typeof idle) => `${(((standing[key] - idle[key]) * 1_024) / size).toFixed(0)} kB`;
		rows.push({
			"calls that record": size,
			"failed calls": failed,
			"resident MB (idle)": `${standing.residentMb.toFixed(0)} (${idle.residentMb.toFixed(0)})`,
			"a call, resident": perCall("residentMb"),
			"of it living on the main thread's heap": perCall("heapMb"),
			"its buffers": perCall("buffersMb"),
		});
	}
	live.close();
	printTable("deposit: memory of a call; aim: under 150 kB", rows.slice(1));
}
