/** What the main thread and its media workers say to each other. Never one message per packet. */
import type { SharedLateness } from "./lateness.ts";
import type {
	Clip,
	LoggedRecording,
	MediaEvent,
	Negotiated,
	RecordingSummary,
	RecordOptions,
	SessionStats,
} from "./types.ts";

/** An error, in a form that crosses threads whole. */
export interface WorkerFailure {
	readonly name: string;
	readonly message: string;
	/** Of the system, such as EADDRINUSE. */
	readonly code: string | undefined;
}

/** `workerData`. */
export interface WorkerSetup {
	readonly recordingLogFolder: string;
	readonly lineage: string;
	/** One number, see `Rest`: rung with every message to the worker. */
	readonly bell: Int32Array<SharedArrayBuffer>;
	readonly lateness: SharedLateness;
}

/** Commands without answer. */
export type Command =
	| { readonly type: "connect"; readonly session: number; readonly negotiated: Negotiated }
	| { readonly type: "play"; readonly session: number; readonly playId: number; readonly clips: readonly Clip[] }
	| { readonly type: "pause" | "resume" | "stopPlaying" | "close"; readonly session: number }
	| { readonly type: "sendDigits"; readonly session: number; readonly digits: string }
	| { readonly type: "record"; readonly session: number; readonly options: RecordOptions };

/** Questions, and the types of their answers. */
export interface Answers {
	open: undefined;
	stopRecording: RecordingSummary | undefined;
	stats: SessionStats | undefined;
	read: LoggedRecording | undefined;
	done: undefined;
	counters: Readonly<Record<string, number>>;
	shutdown: undefined;
}

export type Question =
	| {
			readonly type: "open";
			readonly session: number;
			readonly bind: string;
			readonly port: number;
			readonly rtpLostMs: number;
			readonly inbandDtmf: boolean;
			/** Connected from the start. */
			readonly negotiated: Negotiated | undefined;
	  }
	| { readonly type: "stopRecording" | "stats"; readonly session: number }
	| { readonly type: "read" | "done"; readonly recordingId: string }
	| { readonly type: "counters" | "shutdown" };

export type ToWorker = Command | { readonly type: "ask"; readonly ask: number; readonly question: Question };

export type FromWorker =
	| { readonly type: "answer"; readonly ask: number; readonly value: unknown }
	| { readonly type: "failed"; readonly ask: number; readonly failure: WorkerFailure }
	| { readonly type: "event"; readonly session: number; readonly event: MediaEvent }
	| {
			readonly type: "log";
			readonly level: "debug" | "info" | "warn" | "error";
			readonly fields: object;
			readonly message: string;
	  };
