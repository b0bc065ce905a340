/** The room's front: hands sessions to workers, keeps the ports, finds recordings wherever they are. */
import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { letGo } from "../audio/index.ts";
import { isDigits } from "./dtmf/send.ts";
import { MediaError } from "./failures.ts";
import { slowGarbageHelpers } from "./garbage-helpers.ts";
import { MEDIA_LIMITS } from "./limits.ts";
import { PortPool } from "./port-pool.ts";
import { EarlierRecordings } from "./recording-log/index.ts";
import type {
	Clip,
	LoggedRecording,
	Media,
	MediaEvent,
	MediaOptions,
	MediaSession,
	Negotiated,
	RecordingSummary,
	Recordings,
	RecordOptions,
	SessionOptions,
	SessionStats,
} from "./types.ts";
import { WorkerHandle } from "./worker-handle.ts";

/**
 * Starts the media workers and takes over recordings that an earlier process left in the log.
 * One process at a time may use a recording log folder.
 */
export async function startMedia(options: MediaOptions): Promise<Media> {
	const { from, to } = options.rtpPorts;
	if (
		!(Number.isInteger(from) && Number.isInteger(to) && from > 0 && to <= 65_535) ||
		new PortPool(from, to).size === 0
	) {
		throw new RangeError(`RTP ports ${from}-${to}: no pair of an even and an odd port between 1 and 65535.`);
	}
	await mkdir(options.recordingLogFolder, { recursive: true, mode: 0o700 });
	const earlier = new EarlierRecordings(options.recordingLogFolder, options.log);
	await earlier.load();
	return new RunningMedia(options, earlier);
}

const EMPTY_STATS: SessionStats = {
	packetsReceived: 0,
	packetsLost: 0,
	packetsForeign: 0,
	packetsDuplicate: 0,
	packetsSent: 0,
};

class RunningMedia implements Media {
	readonly recordings: Recordings;
	readonly #options: MediaOptions;
	readonly #earlier: EarlierRecordings;
	readonly #ports: PortPool;
	readonly #workers: WorkerHandle[] = [];
	readonly #sessions = new Map<number, OpenSession>();
	/** Which worker's log a recording is in, until it is done. */
	readonly #places = new Map<string, WorkerHandle>();
	/** Logs of crashed workers on their way into `#earlier`. */
	#adopting: Promise<void> = Promise.resolve();
	readonly #lineagePrefix = `${Date.now().toString(36)}-${process.pid.toString(36)}`;
	#nextLineage = 0;
	#nextSession = 0;
	#crashes = 0;
	#closed = false;

	constructor(options: MediaOptions, earlier: EarlierRecordings) {
		this.#options = options;
		this.#earlier = earlier;
		this.#ports = new PortPool(options.rtpPorts.from, options.rtpPorts.to);
		const count = options.workers ?? Math.max(1, availableParallelism() - 1);
		slowGarbageHelpers();
		for (let i = 0; i < count; i++) this.#workers.push(this.#startWorker());
		this.recordings = {
			read: (recordingId) => this.#read(recordingId),
			release: ({ audio }) => letGo(audio.samples),
			done: (recordingId) => this.#done(recordingId),
			unfinished: () => this.#unfinished(),
		};
	}

	async open(options: SessionOptions): Promise<MediaSession> {
		const number = this.#nextSession++;
		for (let tries = 0; tries < MEDIA_LIMITS.portTriesMax; tries++) {
			if (this.#closed) throw new MediaError("closed", "Media is closed.");
			const worker = this.#idlestWorker();
			const port = this.#ports.take();
			if (port === undefined) break;
			const session = new OpenSession(this.#owner, { number, port, worker, options });
			worker.sessions.add(number);
			this.#sessions.set(number, session);
			try {
				const { bind, rtpLostMs, inbandDtmf = false } = options;
				const negotiated = options.negotiate?.(port);
				await worker.ask({ type: "open", session: number, bind, port, rtpLostMs, inbandDtmf, negotiated });
				return session;
			} catch (error) {
				this.#forget(session);
				if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
					this.#ports.passOver(port);
					continue;
				}
				if (error instanceof MediaError) throw error;
				const why = (error as Error).message;
				throw new MediaError("bindFailed", `No RTP port can be opened on ${options.bind}: ${why}.`, { cause: error });
			}
		}
		const { from, to } = this.#options.rtpPorts;
		throw new MediaError("noPortFree", `No RTP port is free in ${from}-${to}: widen the range or end what uses it.`);
	}

	async counters(): Promise<Readonly<Record<string, number>>> {
		const { free, size } = this.#ports;
		const sums: Record<string, number> = { workerCrashes: this.#crashes, portsFree: free, portsTaken: size - free };
		for (const worker of this.#workers) {
			const counters = await worker.ask({ type: "counters" }).catch(() => ({}));
			for (const [name, value] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + value;
		}
		return sums;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		await Promise.all(this.#workers.map((worker) => worker.stop()));
		await this.#adopting;
	}

	readonly #owner: SessionOwner = {
		recorded: (recordingId, worker) => void this.#places.set(recordingId, worker),
		closed: (session) => this.#forget(session),
		crashedRecording: async (recordingId) => {
			await this.#adopting;
			return this.#earlier.read(recordingId);
		},
	};

	#idlestWorker(): WorkerHandle {
		const alive = this.#workers.filter((worker) => !worker.gone);
		if (alive.length === 0) throw new MediaError("workerCrashed", "No media worker runs; one is being restarted.");
		const punctual = alive.filter((worker) => !worker.overloaded);
		if (punctual.length === 0) {
			throw new MediaError(
				"overloaded",
				"No media worker gets the CPU that its calls need: lower AFTERBEEP_CALLS_MAX.",
			);
		}
		return punctual.reduce((best, worker) => (worker.sessions.size < best.sessions.size ? worker : best));
	}

	#startWorker(): WorkerHandle {
		const lineage = `${this.#lineagePrefix}-${(this.#nextLineage++).toString(36)}`;
		return new WorkerHandle({
			setup: { recordingLogFolder: this.#options.recordingLogFolder, lineage },
			log: this.#options.log,
			onEvent: (session, event) => this.#sessions.get(session)?.options.onEvent(event),
			onCrash: (worker, error) => this.#crashed(worker, error),
		});
	}

	/** Its calls lose their media; what they recorded so far is read from the log, and a new worker takes its place. */
	#crashed(worker: WorkerHandle, error: Error): void {
		this.#crashes++;
		this.#options.log.error({ err: error, sessions: worker.sessions.size }, "a media worker crashed");
		this.#adopting = this.#adopting
			.then(() => this.#earlier.load(worker.lineage))
			.catch((err: unknown) => this.#options.log.error({ err }, "the log of a crashed media worker cannot be read"));
		for (const number of [...worker.sessions]) {
			this.#sessions.get(number)?.options.onEvent({ type: "rtpLost" } satisfies MediaEvent);
		}
		void this.#replace(worker);
	}

	async #replace(worker: WorkerHandle): Promise<void> {
		await setTimeout(MEDIA_LIMITS.workerRestartMs, undefined, { ref: false });
		const at = this.#workers.indexOf(worker);
		if (!this.#closed && at >= 0) this.#workers[at] = this.#startWorker();
	}

	#forget(session: OpenSession): void {
		session.worker.sessions.delete(session.number);
		if (this.#sessions.delete(session.number)) this.#ports.release(session.port);
	}

	async #read(recordingId: string): Promise<LoggedRecording | undefined> {
		const worker = this.#places.get(recordingId);
		if (worker !== undefined && !worker.gone) return worker.ask({ type: "read", recordingId });
		await this.#adopting;
		return this.#earlier.read(recordingId);
	}

	async #done(recordingId: string): Promise<void> {
		const worker = this.#places.get(recordingId);
		this.#places.delete(recordingId);
		if (worker !== undefined && !worker.gone) await worker.ask({ type: "done", recordingId });
		await this.#adopting;
		// An earlier take under the same id is not wanted any more either.
		await this.#earlier.done(recordingId);
	}

	async *#unfinished(): AsyncGenerator<LoggedRecording> {
		for (const recordingId of this.#earlier.unfinished()) {
			try {
				const recording = await this.#earlier.read(recordingId);
				if (recording !== undefined) yield recording;
			} catch (err) {
				this.#options.log.error({ err, recordingId }, "an unfinished recording cannot be read; it stays in the log");
			}
		}
	}
}

interface SessionOwner {
	recorded(recordingId: string, worker: WorkerHandle): void;
	closed(session: OpenSession): void;
	/** What the log holds of a recording whose worker crashed. */
	crashedRecording(recordingId: string): Promise<RecordingSummary | undefined>;
}

interface OpenSessionOptions {
	readonly number: number;
	readonly port: number;
	readonly worker: WorkerHandle;
	readonly options: SessionOptions;
}

class OpenSession implements MediaSession {
	readonly number: number;
	readonly port: number;
	readonly worker: WorkerHandle;
	readonly options: SessionOptions;
	readonly #owner: SessionOwner;
	#recordingId: string | undefined;
	#closed = false;

	constructor(owner: SessionOwner, { number, port, worker, options }: OpenSessionOptions) {
		this.#owner = owner;
		this.number = number;
		this.port = port;
		this.worker = worker;
		this.options = options;
	}

	connect(negotiated: Negotiated): void {
		this.worker.tell({ type: "connect", session: this.number, negotiated });
	}

	play(playId: number, clips: readonly Clip[]): void {
		if (clips.length > MEDIA_LIMITS.clipsMax) throw new RangeError(`More than ${MEDIA_LIMITS.clipsMax} clips to play.`);
		const owned = clips.map(workersOwn);
		const moved = owned.flatMap((clip) =>
			"samples" in clip && clip.samples.buffer instanceof ArrayBuffer ? clip.samples.buffer : [],
		);
		this.worker.tell({ type: "play", session: this.number, playId, clips: owned }, moved);
	}

	pause(): void {
		this.worker.tell({ type: "pause", session: this.number });
	}

	resume(): void {
		this.worker.tell({ type: "resume", session: this.number });
	}

	stopPlaying(): void {
		this.worker.tell({ type: "stopPlaying", session: this.number });
	}

	sendDigits(digits: string): void {
		if (!isDigits(digits))
			throw new RangeError(`Digits to send are at most ${MEDIA_LIMITS.sendDigitsMax} of 0-9*#A-D.`);
		this.worker.tell({ type: "sendDigits", session: this.number, digits });
	}

	record(options: RecordOptions): void {
		checkRecordOptions(options);
		this.#recordingId = options.recordingId;
		this.#owner.recorded(options.recordingId, this.worker);
		this.worker.tell({ type: "record", session: this.number, options });
	}

	async stopRecording(): Promise<RecordingSummary | undefined> {
		const recordingId = this.#recordingId;
		this.#recordingId = undefined;
		if (recordingId === undefined || this.#closed) return undefined;
		try {
			return await this.worker.ask({ type: "stopRecording", session: this.number });
		} catch (error) {
			if (!(error instanceof MediaError) || error.code !== "workerCrashed") throw error;
			const found = await this.#owner.crashedRecording(recordingId);
			if (found === undefined) return undefined;
			const { durationMs, encoding, speechMs } = found;
			return { recordingId, durationMs, encoding, speechMs };
		}
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.worker.tell({ type: "close", session: this.number });
		this.#owner.closed(this);
	}

	async stats(): Promise<SessionStats> {
		if (this.#closed) return EMPTY_STATS;
		return (await this.worker.ask({ type: "stats", session: this.number })) ?? EMPTY_STATS;
	}
}

function checkRecordOptions({ recordingId, header, maxMs, silenceMs }: RecordOptions): void {
	if (!/^[\x21-\x7e]+$/.test(recordingId) || recordingId.length > MEDIA_LIMITS.recordingIdCharsMax) {
		throw new RangeError(`A recording id has 1 to ${MEDIA_LIMITS.recordingIdCharsMax} printable ASCII characters.`);
	}
	if (header.length > MEDIA_LIMITS.recordingHeaderBytesMax) {
		throw new RangeError(`A recording header has at most ${MEDIA_LIMITS.recordingHeaderBytesMax} bytes.`);
	}
	if (!(maxMs > 0 && maxMs <= MEDIA_LIMITS.recordingMsMax)) {
		throw new RangeError(`maxMs is above 0 and at most ${MEDIA_LIMITS.recordingMsMax}.`);
	}
	if (!(silenceMs >= 0)) throw new RangeError("silenceMs is 0 or above.");
}

/** Shared memory goes as it is; of other audio the worker gets a copy that is its alone, and lets go of it when it was played. */
function workersOwn(clip: Clip): Clip {
	if (!("samples" in clip)) return { silenceMs: Math.max(0, clip.silenceMs) };
	const { samples, encoding } = clip;
	return { encoding, samples: samples.buffer instanceof SharedArrayBuffer ? samples : new Uint8Array(samples) };
}
