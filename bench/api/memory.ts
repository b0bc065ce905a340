/** `npm run bench api -- --memory [REQUESTS]`: what the API process holds while requests go by: flat, or a leak. */

import { freeTcpPort } from "../../test/support/platform.ts";
import { openPost } from "../support/api-load.ts";
import { printTable } from "../support/figures.ts";
import { openLiveHeap } from "../support/live-heap.ts";
import { startBenchPlatform } from "../support/platform.ts";
import { memoryMb } from "../support/process.ts";

const REQUESTS_DEFAULT = 100_000;
const READINGS = 10;
const CONNECTIONS = 10;
const NUMBERS = 90;
/** What lives after a full collection may be so much more in the later half than in the earlier: caches fill. */
const GROWTH_MAX = 1.05;

export async function memoryBench(requests = REQUESTS_DEFAULT): Promise<void> {
	const inspectorPort = await freeTcpPort();
	await using platform = await startBenchPlatform({
		apiCore: "0,1",
		settings: { NODE_OPTIONS: `--inspect-port=127.0.0.1:${inspectorPort}` },
	});
	const live = await openLiveHeap(platform.otherPid, inspectorPort);
	const numbers = await platform.activateNumbers(NUMBERS);
	const post = await openPost(platform, CONNECTIONS);
	const ask = (i: number) => {
		const PhoneNumber = numbers[i % NUMBERS]!;
		// A quarter changes something; of the rest some ask for what is not there, each time for something else.
		if (i % 4 === 0) return post("/v1.0/numbers/voicemail/activate", { PhoneNumber, FirstName: `John ${i}` });
		if (i % 4 === 1) return post("/v1.0/numbers/voicemail/info", { PhoneNumber: `+4479${1_000_000 + i}` });
		return post("/v1.0/numbers/voicemail/info", { PhoneNumber });
	};
	const readings: { readonly done: number; readonly residentMb: number; readonly heapMb: number }[] = [];
	const read = async (done: number) => {
		const residentMb = memoryMb(platform.otherPid).now;
		const { heapMb, buffersMb } = await live.read();
		readings.push({ done, residentMb, heapMb: heapMb + buffersMb });
	};
	await read(0);
	let next = 0;
	for (let reading = 1; reading <= READINGS; reading++) {
		const until = Math.round((requests * reading) / READINGS);
		const one = async () => {
			while (next < until) await ask(next++);
		};
		await Promise.all(Array.from({ length: CONNECTIONS }, one));
		await read(until);
	}
	post.close();
	live.close();
	printTable(
		`api: memory of the process with roles api and worker over ${requests} requests`,
		readings.map(({ done, residentMb, heapMb }) => ({
			requests: done,
			"resident MB": residentMb.toFixed(0),
			"live after a full collection MB": heapMb.toFixed(1),
		})),
	);
	const highest = (from: number, to: number) => Math.max(...readings.slice(from, to).map(({ heapMb }) => heapMb));
	// The first readings are code that is still being compiled.
	const [earlier, later] = [highest(2, 6), highest(6, READINGS + 1)];
	console.log(
		`\nlive, highest of the later half ${later.toFixed(1)} MB, of the earlier ${earlier.toFixed(1)} MB: ` +
			`${(later / earlier).toFixed(2)} times; ${later / earlier <= GROWTH_MAX ? "flat" : "NOT FLAT"}`,
	);
}
