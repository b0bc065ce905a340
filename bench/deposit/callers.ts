/** Callers of the deposit benches: sipp, on a core of its own, each saying the same noise for 31 s. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OTHER_CORE } from "../support/platform.ts";
import { runSipp } from "../support/sipp.ts";

export const AUDIO_SECONDS = 31;
/** Below the 100 messages that a mailbox holds. */
export const MESSAGES_PER_MAILBOX = 50;
/** Until the last of those that are to stand at the same time has called. */
export const START_SECONDS = 12;

/** @param folder holds `audio.ulaw`, and the numbers to call in `numbers.csv`. */
export async function leaveMessages(
	folder: string,
	port: number,
	{ calls, concurrent }: { readonly calls: number; readonly concurrent: number },
	onSecond: () => void = () => {},
) {
	return runSipp({
		core: OTHER_CORE,
		folder,
		scenario: join(import.meta.dirname, "caller.xml"),
		target: `127.0.0.1:${port}`,
		calls,
		concurrent,
		callsPerSecond: Math.max(10, Math.ceil(concurrent / START_SECONDS)),
		onSecond,
	});
}

export async function writeAudio(folder: string, audio: Uint8Array): Promise<void> {
	await writeFile(join(folder, "audio.ulaw"), audio);
}
