import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeTone, shareAudio } from "../../src/audio/index.ts";
import { type LoggedRecording, type Media, type MediaEvent, startMedia } from "../../src/media/index.ts";
import {
	begin,
	correlation,
	log,
	logged,
	newFolder,
	Party,
	pair,
	RawPeer,
	randomPort,
	speech,
} from "./support/pair.ts";

/** Every worker thread started here, so that a test can take one away as a crash does. */
const threads = vi.hoisted(() => [] as Worker[]);
vi.mock("node:worker_threads", async (load) => {
	const real = await load<typeof import("node:worker_threads")>();
	class WatchedWorker extends real.Worker {
		constructor(...args: ConstructorParameters<typeof Worker>) {
			super(...args);
			threads.push(this);
		}
	}
	return { ...real, Worker: WatchedWorker };
});

let open: Media[] = [];
async function start(options?: Parameters<typeof begin>[0]): Promise<Media> {
	const media = await begin(options);
	open.push(media);
	return media;
}
beforeEach(() => {
	logged.length = 0;
	threads.length = 0;
});
afterEach(async () => {
	for (const media of open) await media[Symbol.asyncDispose]();
	open = [];
});

const take = { header: Uint8Array.of(7), maxMs: 60_000, silenceMs: 0 };

/** The other's packet that opens NATs may find a session connected or not yet. */
const notHeard = ({ type }: MediaEvent): boolean => type !== "rtpHeard";

describe("audio end to end", () => {
	test("what one session plays, the other records, octet for octet, from its first sample on", async () => {
		const media = await start();
		const { caller, callee } = await pair(media);
		const clip = shareAudio(speech(2010));
		callee.session.record({ ...take, recordingId: "R1" });
		const startedAtMs = performance.now();
		await callee.session.stats();
		caller.session.play(5, [clip, { silenceMs: 90 }, clip]);
		await caller.until("playEnded");
		const tookMs = performance.now() - startedAtMs;
		const summary = await callee.session.stopRecording();
		// 4,110 ms are 206 packets, the last half full.
		expect(summary).toMatchObject({ recordingId: "R1", durationMs: 4120, encoding: "PCMU" });
		expect(summary!.speechMs).toBeGreaterThan(1000);
		expect(tookMs).toBeGreaterThan(4100);
		expect(caller.events.filter(notHeard)).toEqual([{ type: "playEnded", playId: 5 }]);
		const { audio, header } = (await media.recordings.read("R1"))!;
		expect(header).toEqual(take.header);
		expect(Buffer.compare(audio.samples.subarray(0, 16_080), clip.samples)).toBe(0);
		expect(Buffer.compare(audio.samples.subarray(16_800, 32_880), clip.samples)).toBe(0);
		expect(await callee.session.stats()).toMatchObject({ packetsLost: 0, packetsForeign: 0, packetsDuplicate: 0 });
		const again = (await media.recordings.read("R1"))!;
		media.recordings.release(again);
		expect(again.audio.samples.length).toBe(0);
		expect((await media.recordings.read("R1"))!.audio.samples.length).toBe(32_960);
		await media.recordings.done("R1");
		expect(await media.recordings.read("R1")).toBeUndefined();
	});

	test("audio that is not shared stays the caller's: played again, and by two calls in the same moment, it is whole", async () => {
		const media = await start();
		const pairs = [await pair(media), await pair(media)];
		const clip = speech(500);
		const spoken = Buffer.from(clip.samples);
		for (const [i, { callee }] of pairs.entries()) callee.session.record({ ...take, recordingId: `R${i}` });
		for (const { caller } of pairs) {
			// The second takes the place of the first, of which nothing may be missing then.
			caller.session.play(1, [clip]);
			caller.session.play(2, [clip, clip]);
		}
		for (const [i, { caller, callee }] of pairs.entries()) {
			await caller.until("playEnded");
			await callee.session.stopRecording();
			const { audio } = (await media.recordings.read(`R${i}`))!;
			const heard = Buffer.from(audio.samples);
			expect(heard.includes(Buffer.concat([spoken, spoken]))).toBe(true);
			expect(caller.events.filter(notHeard)).toEqual([{ type: "playEnded", playId: 2 }]);
		}
		expect(spoken.equals(clip.samples)).toBe(true);
	});

	test("a µ-law clip is heard over A-law", async () => {
		const media = await start();
		const { caller, callee } = await pair(media, "8 101");
		const clip = speech(1000);
		callee.session.record({ ...take, recordingId: "R1" });
		await callee.session.stats();
		caller.session.play(1, [clip]);
		await caller.until("playEnded");
		expect(await callee.session.stopRecording()).toMatchObject({ durationMs: 1000, encoding: "PCMA" });
		expect(correlation((await media.recordings.read("R1"))!.audio, clip)).toBeGreaterThan(0.99);
	});

	test("keys are heard once each, and come before what is said after them", async () => {
		const media = await start();
		const { caller, callee } = await pair(media);
		caller.session.sendDigits("12#");
		await caller.until("digitsSent");
		await callee.until("digit", 3);
		expect(callee.digits).toBe("12#");
	});

	test("after a pause playing goes on at the very next sample", async () => {
		const media = await start();
		const { caller, callee } = await pair(media);
		const clip = speech(800);
		callee.session.record({ ...take, recordingId: "R1" });
		await callee.session.stats();
		caller.session.play(1, [clip]);
		await pause(300);
		caller.session.pause();
		await caller.session.stats();
		const sent = (await caller.session.stats()).packetsSent;
		await pause(200);
		expect((await caller.session.stats()).packetsSent).toBe(sent);
		caller.session.resume();
		await caller.until("playEnded");
		const summary = await callee.session.stopRecording();
		expect(summary!.durationMs).toBeGreaterThan(900);
		const { samples } = (await media.recordings.read("R1"))!.audio;
		const before = (sent - 1) * 160;
		expect(Buffer.compare(samples.subarray(0, before), clip.samples.subarray(0, before))).toBe(0);
		const rest = clip.samples.subarray(before);
		expect(Buffer.compare(samples.subarray(samples.length - rest.length), rest)).toBe(0);
	});

	test("a recording is cut at its longest, to the sample, and silence is told once", async () => {
		const media = await start();
		const { caller, callee } = await pair(media);
		callee.session.record({ ...take, recordingId: "R1", maxMs: 1005, silenceMs: 300 });
		await callee.session.stats();
		const tone = makeTone({ frequenciesHz: [440], durationMs: 200, levelDbfs: -20 });
		caller.session.play(1, [tone, { silenceMs: 1300 }]);
		await callee.until("recordingFull");
		await caller.until("playEnded");
		expect(callee.events.map(({ type }) => type)).toEqual(["rtpHeard", "silence", "recordingFull"]);
		expect(await callee.session.stopRecording()).toMatchObject({ durationMs: 1005, speechMs: 200 });
		expect(await callee.session.stopRecording()).toBeUndefined();
	});

	test("while the peer holds nothing is sent and no loss is told; resume plays on", async () => {
		const media = await start();
		const peer = await RawPeer.open();
		const party = await Party.open(media, 300);
		party.connect(peer.port);
		party.session.play(1, [{ silenceMs: 200 }]);
		party.connect(peer.port, "0 101", "a=inactive");
		const { packetsSent } = await party.session.stats();
		await pause(600);
		expect((await party.session.stats()).packetsSent).toBe(packetsSent);
		expect(party.events).toEqual([]);
		party.connect(peer.port);
		await party.until("playEnded");
		await party.until("rtpLost");
		peer.close();
	});

	test("packets leave every 20 ms, none before its time, with sequence and timestamp in step", async () => {
		const media = await start();
		const peer = await RawPeer.open();
		const party = await Party.open(media);
		party.connect(peer.port);
		party.session.play(1, [{ silenceMs: 1000 }]);
		await party.until("playEnded");
		const packets = peer.heard.slice(1);
		expect(packets.length).toBe(50);
		expect(packets.map(({ datagram }) => datagram[1]! >> 7)).toEqual([1, ...Array(49).fill(0)]);
		for (let i = 1; i < packets.length; i++) {
			const [a, b] = [packets[i - 1]!.datagram, packets[i]!.datagram];
			expect((b.readUInt16BE(2) - a.readUInt16BE(2)) & 0xffff).toBe(1);
			expect((b.readUInt32BE(4) - a.readUInt32BE(4)) | 0).toBe(160);
		}
		expect(packets.at(-1)!.atMs - packets[0]!.atMs).toBeGreaterThan(900);
		peer.close();
	});
});

describe("whose RTP is taken", () => {
	test("a stranger is ignored and counted, also one who speaks first", async () => {
		const media = await start();
		const [peer, stranger] = [await RawPeer.open(), await RawPeer.open("127.0.0.2")];
		const party = await Party.open(media);
		party.connect(peer.port);
		party.session.record({ ...take, recordingId: "R1" });
		await party.session.stats();
		for (let n = 0; n < 10; n++) await stranger.speak(party.session.port, 1);
		for (let n = 0; n < 10; n++) {
			await peer.speak(party.session.port, 2);
			await stranger.speak(party.session.port, 1);
		}
		await vi.waitFor(async () => expect((await party.session.stats()).packetsReceived).toBe(10));
		const stats = await party.session.stats();
		expect(stats.packetsForeign).toBe(20);
		expect((await party.session.stopRecording())?.durationMs).toBe(200);
		expect((await media.recordings.read("R1"))!.audio.samples.every((octet) => octet === 2)).toBe(true);
		expect(stranger.heard).toEqual([]);
		expect(logged).toContainEqual({ level: "warn", message: "RTP from a source that is not the peer's is ignored" });
		peer.close();
		stranger.close();
	});

	test("a peer that sends from another port than its SDP says is followed, and answered there", async () => {
		const media = await start();
		const [named, real] = [await RawPeer.open(), await RawPeer.open()];
		const party = await Party.open(media);
		party.connect(named.port);
		await party.session.stats();
		await real.speak(party.session.port, 3);
		await vi.waitFor(async () => expect((await party.session.stats()).packetsReceived).toBe(1));
		party.session.play(1, [{ silenceMs: 100 }]);
		await party.until("playEnded");
		await vi.waitFor(() => expect(real.heard.length).toBe(5));
		named.close();
		real.close();
	});

	test("garbage on both ports harms nobody", async () => {
		const media = await start();
		const peer = await RawPeer.open();
		const party = await Party.open(media);
		party.connect(peer.port);
		for (let length = 0; length < 64; length++) {
			for (const port of [party.session.port, party.session.port + 1]) {
				peer.socket.send(Buffer.alloc(length, 0x80 + length), port, "127.0.0.1");
				peer.socket.send(Buffer.alloc(length, 0xc8), port, "127.0.0.1");
			}
		}
		await peer.speak(party.session.port, 3);
		await vi.waitFor(async () => expect((await party.session.stats()).packetsReceived).toBeGreaterThan(0));
		expect(await media.counters()).toMatchObject({ sessionErrors: 0, workerCrashes: 0 });
		peer.close();
	});
});

/** A range of three pairs, all of them open: other programs may hold one of the first ranges that we look at. */
async function threeOfThree(): Promise<{ media: Media; parties: Party[] }> {
	for (let tries = 1; ; tries++) {
		const media = await start({ pairs: 3 });
		const opened = await Promise.allSettled([1, 2, 3].map(() => Party.open(media)));
		const parties = opened.flatMap((party) => (party.status === "fulfilled" ? [party.value] : []));
		if (parties.length === 3) return { media, parties };
		if (tries === 20) throw new Error("no three pairs of ports in a row are free");
	}
}

describe("ports and workers", () => {
	test("when no port is free open fails with a sentence, and works again after a close", async () => {
		const { media, parties } = await threeOfThree();
		await expect(Party.open(media)).rejects.toThrow(/No RTP port is free in \d+-\d+/);
		parties[1]!.session.close();
		const again = await Party.open(media);
		expect(again.session.port % 2).toBe(0);
	});

	test("a port that another program holds is passed over", async () => {
		const media = await start();
		const first = await Party.open(media);
		const taken = await import("node:dgram").then(({ createSocket }) => createSocket("udp4"));
		taken.bind(first.session.port + 3, "127.0.0.1");
		await once(taken, "listening");
		const second = await Party.open(media);
		expect(second.session.port).not.toBe(first.session.port + 2);
		expect((await second.session.stats()).packetsReceived).toBe(0);
		taken.close();
	});

	test("an address that is not ours is refused with a sentence", async () => {
		const media = await start();
		const options = { bind: "192.0.2.77", rtpLostMs: 0, onEvent: () => {} };
		await expect(media.open(options)).rejects.toThrow(/No RTP port can be opened on 192.0.2.77/);
	});

	test("a worker that crashes ends its own calls only; what they recorded is read, and another takes its place", async () => {
		const media = await start({ workers: 2 });
		const peer = await RawPeer.open();
		const [one, two] = [await Party.open(media), await Party.open(media)];
		for (const [index, party] of [one, two].entries()) {
			party.connect(peer.port);
			party.session.record({ ...take, recordingId: `R${index}` });
			await party.session.stats();
		}
		for (let n = 0; n < 50; n++) {
			await peer.speak(one.session.port, n);
			await pause(20);
		}
		await pause(600);
		await threads[0]!.terminate();
		await one.until("rtpLost");
		expect(two.events).toEqual([]);
		expect(logged).toContainEqual({ level: "error", message: "a media worker crashed" });
		const summary = await one.session.stopRecording();
		expect(summary).toMatchObject({ recordingId: "R0", durationMs: 1000 });
		expect((await media.recordings.read("R0"))?.durationMs).toBe(1000);
		await media.recordings.done("R0");
		await vi.waitFor(() => expect(threads.length).toBe(3), { timeout: 3000 });
		one.session.close();
		const third = await Party.open(media);
		expect((await third.session.stats()).packetsReceived).toBe(0);
		peer.close();
	});
});

describe("kill -9 during a recording", () => {
	test("at the next start the recording is there, with at most the last second missing", async () => {
		const folder = newFolder();
		const peer = await RawPeer.open();
		const script = fileURLToPath(new URL("./support/recording-process.ts", import.meta.url));
		const child = spawn(process.execPath, [script, folder, String(randomPort()), String(peer.port)], {
			stdio: ["ignore", "pipe", "inherit"],
		});
		const [line] = await once(child.stdout, "data");
		const port = Number(String(line));
		const startedAtMs = performance.now();
		let sent = 0;
		for (; sent < 130; sent++) {
			await peer.speak(port, sent);
			await pause(Math.max(0, startedAtMs + 20 * (sent + 1) - performance.now()));
		}
		child.kill("SIGKILL");
		await once(child, "exit");
		const from = randomPort();
		await using media = await startMedia({
			recordingLogFolder: folder,
			rtpPorts: { from, to: from + 9 },
			workers: 1,
			log,
		});
		const found: LoggedRecording[] = [];
		for await (const recording of media.recordings.unfinished()) found.push(recording);
		expect(found.map(({ recordingId }) => recordingId)).toEqual(["KILLED"]);
		const { audio, header, durationMs } = found[0]!;
		expect(Buffer.from(header).toString()).toBe("facts");
		expect(durationMs).toBeGreaterThanOrEqual(20 * sent - 1000);
		const said = Buffer.concat(Array.from({ length: sent }, (_, n) => Buffer.alloc(160, n)));
		expect(Buffer.compare(audio.samples, said.subarray(0, audio.samples.length))).toBe(0);
		await media.recordings.done("KILLED");
		expect(await media.recordings.read("KILLED")).toBeUndefined();
		peer.close();
	});
});
