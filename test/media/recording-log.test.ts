import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LoggedRecording, MEDIA_LIMITS, type MediaLog } from "../../src/media/index.ts";
import { EarlierRecordings, type LogRecording, LogWriter } from "../../src/media/recording-log/index.ts";
import { SegmentLedger } from "../../src/media/recording-log/ledger.ts";
import { scanSegment } from "../../src/media/recording-log/scan.ts";

let folder: string;
let lines: string[];
let log: MediaLog;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "recording-log-"));
	lines = [];
	const take = (_fields: object, message: string): number => lines.push(message);
	log = { debug: take, info: take, warn: take, error: take };
});
afterEach(async () => {
	vi.restoreAllMocks();
	// Files of "killed" writers stay open until here: a killed process closes nothing either.
	for (const bench of benches.splice(0)) await bench.writer.close(bench.nowMs);
	rmSync(folder, { recursive: true, force: true });
});

const files = (): string[] => readdirSync(folder).sort();
const header = Uint8Array.of(1, 2, 3);

const benches: Bench[] = [];

/** A writer whose time the test moves. */
class Bench {
	readonly writer: LogWriter;
	nowMs = 100_000;
	constructor(lineage = "run-0") {
		this.writer = new LogWriter({ folder, lineage, log });
		benches.push(this);
	}
	begin(id: string): LogRecording {
		return this.writer.begin(id, header, "PCMU", this.nowMs, 1_700_000_000_000 + this.nowMs);
	}
	/** Lets time pass in turns, each of which may finish. */
	async pass(ms: number): Promise<void> {
		for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; ) {
			this.nowMs += MEDIA_LIMITS.logTurnMs;
			this.writer.turn(this.nowMs);
			await settled(this.writer);
		}
	}
	end(recording: LogRecording): ReturnType<LogWriter["end"]> {
		return this.writer.end(recording, 0, this.nowMs);
	}
}
/** Until the turn's write is over: nothing is under way any more. */
async function settled(writer: LogWriter): Promise<void> {
	while (writer.busy) await new Promise((resolve) => setImmediate(resolve));
}
/** 20 ms of a value that says which packet it is. */
function speak(recording: LogRecording, packets: number, from = 0): void {
	for (let n = from; n < from + packets; n++) recording.append(new Uint8Array(160).fill(n % 251), 0, 160);
}
const spoken = (packets: number): Buffer =>
	Buffer.concat(Array.from({ length: packets }, (_, n) => Buffer.alloc(160, n % 251)));

async function recovered(): Promise<{ earlier: EarlierRecordings; found: LoggedRecording[] }> {
	const earlier = new EarlierRecordings(folder, log);
	await earlier.load();
	const found: LoggedRecording[] = [];
	for (const id of earlier.unfinished()) found.push((await earlier.read(id))!);
	return { earlier, found };
}
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe("writing", () => {
	test("what was said is read back octet for octet, while it runs and after its end", async () => {
		const bench = new Bench();
		const recording = bench.begin("R1");
		for (let n = 0; n < 100; n += 5) {
			speak(recording, 5, n);
			await bench.pass(100);
		}
		const running = bench.writer.read("R1", bench.nowMs);
		await bench.pass(100);
		expect(same((await running)!.audio.samples, spoken(100))).toBe(true);
		const ended = bench.end(recording);
		await bench.pass(200);
		expect(await ended).toEqual({ recordingId: "R1", durationMs: 2000, encoding: "PCMU", speechMs: 0 });
		const read = await bench.writer.read("R1", bench.nowMs);
		expect(same(read!.audio.samples, spoken(100))).toBe(true);
		expect(read!.header).toEqual(header);
		await bench.writer.close(bench.nowMs);
	});

	test("a thousand recordings share one write in turn and one sync a second", async () => {
		const bench = new Bench();
		const recordings = Array.from({ length: 1000 }, (_, n) => bench.begin(`R${n}`));
		for (let n = 0; n < 200; n += 5) {
			for (const recording of recordings) speak(recording, 5, n);
			await bench.pass(100);
		}
		expect(bench.writer.syncs).toBeLessThanOrEqual(5);
		expect(bench.writer.bytesWritten).toBeLessThan(1.05 * 1000 * 200 * 160);
		await bench.writer.close(bench.nowMs);
		const { found } = await recovered();
		expect(found.length).toBe(1000);
		expect(found.every(({ audio }) => same(audio.samples, spoken(200)))).toBe(true);
	});

	test("holes are silence of their length", async () => {
		const bench = new Bench();
		const recording = bench.begin("R1");
		speak(recording, 2);
		recording.skip(16_000);
		speak(recording, 2, 2);
		const ended = bench.end(recording);
		await bench.pass(200);
		expect((await ended).durationMs).toBe(2080);
		const { samples } = (await bench.writer.read("R1", bench.nowMs))!.audio;
		expect(samples.subarray(320, 16_320).every((octet) => octet === 0xff)).toBe(true);
		expect([samples[16_320], samples[16_480]]).toEqual([2, 3]);
		await bench.writer.close(bench.nowMs);
	});

	test("an unknown recording is undefined, and done twice is harmless", async () => {
		const bench = new Bench();
		expect(await bench.writer.read("nobody", bench.nowMs)).toBeUndefined();
		await bench.writer.done("nobody", bench.nowMs);
		await bench.writer.close(bench.nowMs);
	});
});

describe("files go when nothing in them is needed", () => {
	test("a recording over several files keeps them until it is done, then all go", async () => {
		const bench = new Bench();
		const recording = bench.begin("long");
		for (let n = 0; n < 13_000; n += 500) {
			speak(recording, 50, 0);
			await bench.pass(10_000);
		}
		expect(files().length).toBeGreaterThan(3);
		const ended = bench.end(recording);
		await bench.pass(200);
		await ended;
		const done = bench.writer.done("long", bench.nowMs);
		await bench.pass(200);
		await done;
		await bench.pass(MEDIA_LIMITS.logSegmentMsMax + 2000);
		expect(files()).toEqual([]);
		await bench.writer.close(bench.nowMs);
	});

	test("what is done does not rise again while its file is held by another recording", async () => {
		const bench = new Bench();
		const a = bench.begin("a");
		const b = bench.begin("b");
		speak(a, 50);
		speak(b, 50);
		const ends = [bench.end(a), bench.end(b)];
		await bench.pass(MEDIA_LIMITS.logSegmentMsMax + 1000);
		await Promise.all(ends);
		const done = bench.writer.done("a", bench.nowMs);
		await bench.pass(200);
		await done;
		await bench.pass(2 * MEDIA_LIMITS.logSegmentMsMax);
		await bench.writer.close(bench.nowMs);
		const { earlier, found } = await recovered();
		expect(found.map(({ recordingId }) => recordingId)).toEqual(["b"]);
		await earlier.done("b");
		expect(files()).toEqual([]);
	});

	test("the ledger keeps a file that holds a mark as long as the marked audio exists", () => {
		const ledger = new SegmentLedger();
		ledger.wrote(1, 0);
		ledger.wrote(2, 0);
		ledger.wrote(3, 1);
		ledger.marked(1, 1);
		ledger.marked(3, 2);
		expect(ledger.removable()).toEqual([]);
		ledger.marked(2, 2);
		expect(ledger.removable(2)).toEqual([0, 1]);
		expect(ledger.removable()).toEqual([0, 1, 2]);
	});
});

describe("recovery", () => {
	/** Two recordings as a process leaves them that was killed. */
	async function killed(): Promise<string> {
		const bench = new Bench();
		const a = bench.begin("a");
		await bench.pass(100);
		const b = bench.begin("b");
		for (let n = 0; n < 100; n += 5) {
			speak(a, 5, n);
			speak(b, 5, n);
			await bench.pass(100);
		}
		return join(folder, files()[0]!);
	}

	test("unfinished recordings come oldest first with their headers and all that was written", async () => {
		await killed();
		const { found } = await recovered();
		expect(found.map(({ recordingId }) => recordingId)).toEqual(["a", "b"]);
		for (const { audio, header: kept, durationMs } of found) {
			expect(durationMs).toBeGreaterThanOrEqual(1400);
			expect(same(audio.samples, spoken(100).subarray(0, audio.samples.length))).toBe(true);
			expect(kept).toEqual(header);
		}
	});

	test("files of an older release, whose chunks name no rate, are read as 8,000 Hz", async () => {
		const bench = new Bench();
		const recording = bench.begin("VMID-1");
		const octets = Uint8Array.from({ length: 1600 }, (_, i) => i & 0xff);
		recording.append(octets, 0, octets.length);
		const ended = bench.end(recording);
		await bench.pass(2000);
		await ended;
		const older = readFileSync(join(folder, files()[0]!));
		for (let at = 0; at < older.length; ) {
			const end = at + 28 + older.readUInt32LE(at + 8);
			expect(older.readUInt16LE(at + 14)).toBe(80);
			older.writeUInt16LE(0, at + 14);
			older.writeUInt32LE(crc32(older.subarray(at + 8, end)), at + 4);
			at = end;
		}
		writeFileSync(join(folder, files()[0]!), older);
		const earlier = new EarlierRecordings(folder, log);
		await earlier.load();
		expect(earlier.unfinished()).toEqual(["VMID-1"]);
		const read = await earlier.read("VMID-1");
		expect(read).toMatchObject({ encoding: "PCMU", durationMs: 200, header });
		expect(read!.audio.samples).toEqual(octets);
	});

	test("a torn tail costs what was torn and nothing else", async () => {
		const file = await killed();
		const bytes = readFileSync(file);
		writeFileSync(file, bytes.subarray(0, bytes.length - 1000));
		const { found } = await recovered();
		expect(found.length).toBe(2);
		expect(found.every(({ audio }) => same(audio.samples, spoken(100).subarray(0, audio.samples.length)))).toBe(true);
		expect(lines).toContain("part of the recording log cannot be read; the rest is kept");
	});

	test("a harmed chunk becomes silence, what follows stays in its place", async () => {
		const file = await killed();
		const bytes = readFileSync(file);
		let audioChunks = 0;
		scanSegment(bytes, ({ kind, offset }) => {
			if (kind === "audio" && ++audioChunks === 3)
				bytes.writeUInt32LE(bytes.readUInt32LE(offset + 100) ^ 1, offset + 100);
		});
		writeFileSync(file, bytes);
		const { found } = await recovered();
		const harmed = found.find(({ audio }) => audio.samples.includes(0xff))!;
		const expected = spoken(100);
		const wrong = harmed.audio.samples.findIndex((octet, i) => octet !== 0xff && octet !== expected[i]);
		expect(wrong).toBe(-1);
		expect(harmed.audio.samples.filter((octet) => octet === 0xff).length).toBeLessThan(5000);
	});

	test("a done recording stays done after a crash, and done at recovery removes the file", async () => {
		await killed();
		const first = await recovered();
		await first.earlier.done("a");
		const second = await recovered();
		expect(second.found.map(({ recordingId }) => recordingId)).toEqual(["b"]);
		await second.earlier.done("b");
		expect(files()).toEqual([]);
	});

	test("a second take under the same id is the one that counts, and done means both", async () => {
		const bench = new Bench();
		for (const packets of [10, 50]) {
			const take = bench.begin("M1");
			speak(take, packets);
			const ended = bench.end(take);
			await bench.pass(200);
			await ended;
		}
		const { earlier, found } = await recovered();
		expect(found.map(({ durationMs }) => durationMs)).toEqual([1000]);
		await earlier.done("M1");
		expect(files()).toEqual([]);
	});

	test("files of others in the folder are left alone", async () => {
		writeFileSync(join(folder, "notes.txt"), "mine");
		const { found } = await recovered();
		expect(found).toEqual([]);
		expect(files()).toEqual(["notes.txt"]);
	});

	test("arbitrary octets in a file are skipped, never an error", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
				const file = Buffer.concat([Buffer.from("ABRC"), noise, Buffer.from("ABRC")]);
				expect(scanSegment(file, () => {}).harmedBytes).toBe(file.length);
			}),
		);
	});

	test("noise between whole chunks costs only itself", async () => {
		const file = await killed();
		const bytes = readFileSync(file);
		appendFileSync(file, Buffer.from("noise ABRC noise"));
		appendFileSync(file, bytes);
		let chunks = 0;
		scanSegment(readFileSync(file), () => chunks++);
		let once = 0;
		scanSegment(bytes, () => once++);
		expect(chunks).toBe(2 * once);
	});
});

describe("a disk that fails", () => {
	/** Makes every write of files in this process fail as a full disk does; half of the octets get through first. */
	async function failing<T>(method: "write" | "datasync", body: () => Promise<T>): Promise<T> {
		const handle = await open(join(folder, "probe"), "w");
		const prototype = Object.getPrototypeOf(handle);
		await handle.close();
		rmSync(join(folder, "probe"));
		const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
		const spy = vi.spyOn(prototype, method).mockRejectedValue(full);
		try {
			return await body();
		} finally {
			spy.mockRestore();
		}
	}

	test("full for some seconds loses nothing: the write is tried again", async () => {
		const bench = new Bench();
		const recording = bench.begin("R1");
		speak(recording, 20);
		await bench.pass(700);
		await failing("write", async () => {
			for (let n = 20; n < 100; n += 5) {
				speak(recording, 5, n);
				await bench.pass(500);
			}
		});
		expect(lines).toContain("writing the recording log failed; it is tried again");
		const ended = bench.end(recording);
		await bench.pass(2000);
		expect(await ended).toEqual({ recordingId: "R1", durationMs: 2000, encoding: "PCMU", speechMs: 0 });
		const { found } = await recovered();
		expect(same(found[0]!.audio.samples, spoken(100))).toBe(true);
		await bench.writer.close(bench.nowMs);
	});

	test("full for longer than anybody waits: the end is refused with a sentence, and comes right afterwards", async () => {
		const bench = new Bench();
		const recording = bench.begin("R1");
		speak(recording, 20);
		await failing("write", async () => {
			const ended = expect(bench.end(recording)).rejects.toThrow(/could not be made durable/);
			await bench.pass(MEDIA_LIMITS.logDurableMsMax + 1000);
			await ended;
		});
		await bench.pass(2000);
		expect(same((await bench.writer.read("R1", bench.nowMs))!.audio.samples, spoken(20))).toBe(true);
		await bench.writer.close(bench.nowMs);
	});

	test("full for very long: memory stays bounded, what is missing is told and is silence", async () => {
		const bench = new Bench();
		const recording = bench.begin("R1");
		const packets = Math.ceil((MEDIA_LIMITS.logPendingBytesPerRecordingMax + 100_000) / 160);
		await failing("write", async () => {
			speak(recording, packets);
			await bench.pass(1000);
		});
		expect(bench.writer.pendingBytes).toBeLessThan(1.1 * MEDIA_LIMITS.logPendingBytesPerRecordingMax);
		const ended = bench.end(recording);
		await bench.pass(3000);
		const summary = await ended;
		expect(summary.durationMs).toBe(packets * 20);
		expect(summary.lostMs).toBeGreaterThan(1000);
		expect(lines).toContain("the disk did not take part of a recording");
		await bench.writer.close(bench.nowMs);
	});

	test("a sync that fails is never told as durable", async () => {
		const bench = new Bench();
		const recording = bench.begin("R1");
		speak(recording, 20);
		await failing("datasync", async () => {
			const ended = expect(bench.end(recording)).rejects.toThrow(/disk failed/);
			await bench.pass(300);
			await ended;
		});
		await bench.writer.close(bench.nowMs);
	});
});
