/** Media without sockets: plays take their real length, recordings hold as much as time went by. */
import type {
	Clip,
	LoggedRecording,
	Media,
	MediaEvent,
	MediaSession,
	Negotiated,
	Recordings,
	RecordOptions,
	SessionOptions,
} from "../../../src/media/index.ts";

export class FakeMedia implements Media {
	readonly sessions: FakeSession[] = [];
	readonly log = new Map<string, LoggedRecording>();
	/** What an earlier run left. */
	readonly left: LoggedRecording[] = [];
	openFails = false;
	/** Opening a session takes so long. */
	openMs = 0;

	readonly recordings: Recordings = {
		read: async (recordingId) => this.log.get(recordingId),
		done: async (recordingId) => void this.log.delete(recordingId),
		release: () => {},
		unfinished: () => this.#unfinished(),
	};

	async open(options: SessionOptions): Promise<MediaSession> {
		if (this.openMs > 0) await new Promise((resolve) => setTimeout(resolve, this.openMs));
		if (this.openFails) throw new Error("no port is free");
		const session = new FakeSession(this, options);
		const negotiated = options.negotiate?.(session.port);
		if (negotiated !== undefined) session.connect(negotiated);
		this.sessions.push(session);
		return session;
	}

	get session(): FakeSession {
		const session = this.sessions.at(-1);
		if (!session) throw new Error("no media session was opened");
		return session;
	}

	async counters(): Promise<Readonly<Record<string, number>>> {
		return {};
	}

	async [Symbol.asyncDispose](): Promise<void> {}

	async *#unfinished(): AsyncIterable<LoggedRecording> {
		for (const recording of this.left) {
			this.log.set(recording.recordingId, recording);
			yield recording;
		}
	}
}

export class FakeSession implements MediaSession {
	readonly port = 20_000;
	readonly played: (readonly Clip[])[] = [];
	readonly negotiated: Negotiated[] = [];
	closed = false;
	failOnPlay: Error | undefined;
	readonly #media: FakeMedia;
	readonly #options: SessionOptions;
	#playing: NodeJS.Timeout | undefined;
	#recording: { readonly options: RecordOptions; readonly sinceMs: number } | undefined;

	constructor(media: FakeMedia, options: SessionOptions) {
		this.#media = media;
		this.#options = options;
	}

	get recording(): string | undefined {
		return this.#recording?.options.recordingId;
	}

	tell(event: MediaEvent): void {
		this.#options.onEvent(event);
	}

	key(digit: string): void {
		this.tell({ type: "digit", digit });
	}

	connect(negotiated: Negotiated): void {
		this.negotiated.push(negotiated);
	}

	play(playId: number, clips: readonly Clip[]): void {
		if (this.failOnPlay) throw this.failOnPlay;
		this.stopPlaying();
		this.played.push(clips);
		const ms = clips.reduce((sum, clip) => sum + ("samples" in clip ? clip.samples.length / 8 : clip.silenceMs), 0);
		this.#playing = setTimeout(() => this.tell({ type: "playEnded", playId }), ms);
	}

	pause(): void {}

	resume(): void {}

	stopPlaying(): void {
		clearTimeout(this.#playing);
	}

	sendDigits(): void {}

	record(options: RecordOptions): void {
		if (this.#recording) throw new Error("two recordings at once");
		this.#recording = { options, sinceMs: Date.now() };
	}

	async stopRecording() {
		const recording = this.#recording;
		if (!recording) return undefined;
		this.#recording = undefined;
		const logged = loggedRecording(recording.options, Date.now() - recording.sinceMs);
		this.#media.log.set(logged.recordingId, logged);
		return logged;
	}

	close(): void {
		this.closed = true;
		this.stopPlaying();
		void this.stopRecording();
	}

	async stats() {
		return { packetsReceived: 0, packetsLost: 0, packetsForeign: 0, packetsDuplicate: 0, packetsSent: 0 };
	}
}

export function loggedRecording(
	{ recordingId, header }: Pick<RecordOptions, "recordingId" | "header">,
	durationMs: number,
): LoggedRecording {
	const audio = { encoding: "PCMU", samples: new Uint8Array(durationMs * 8) } as const;
	return { recordingId, header, durationMs, encoding: "PCMU", speechMs: durationMs, audio };
}
