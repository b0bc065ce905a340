/** What is heard, on its way into the recording log: cut at its longest, measured for speech and silence. */
import {
	alawToPcm,
	energyOfDbfs,
	energyTable,
	packetEnergy,
	pcmToAlaw,
	pcmToUlaw,
	transcodeTable,
	ulawToPcm,
} from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { LogRecording } from "../recording-log/index.ts";
import type { AudioSink } from "../rtp/receiver.ts";
import type { MediaEvent, TelephoneEncoding } from "../types.ts";

const SAMPLES_PER_MS = MEDIA_LIMITS.clockRateHz / 1000;
const SPEECH_ENERGY = energyOfDbfs(MEDIA_LIMITS.silenceLevelDbfs);

/** Half the amplitude, for what stands in for lost audio. */
const SOFTER: Readonly<Record<TelephoneEncoding, Uint8Array>> = {
	PCMU: Uint8Array.from(ulawToPcm, (sample) => pcmToUlaw[(sample >> 1) & 0xffff]!),
	PCMA: Uint8Array.from(alawToPcm, (sample) => pcmToAlaw[(sample >> 1) & 0xffff]!),
};

export interface Take {
	readonly recording: LogRecording;
	readonly maxMs: number;
	/** 0 = off. */
	readonly silenceMs: number;
}

export class Recorder implements AudioSink {
	readonly #emit: (event: MediaEvent) => void;
	readonly #encodingOf: (payloadType: number) => TelephoneEncoding;
	#take: Take | undefined;
	#recording: LogRecording | undefined;
	#energy: Float64Array = energyTable("PCMU");
	#samplesMax = 0;
	#speechSamples = 0;
	#startedAtMs = 0;
	#loudAtMs = 0;
	#silenceTold = false;
	#fullTold = false;

	/** @param encodingOf of a payload type that `audio` is called with. */
	constructor(emit: (event: MediaEvent) => void, encodingOf: (payloadType: number) => TelephoneEncoding) {
		this.#emit = emit;
		this.#encodingOf = encodingOf;
	}

	/** The recording that runs. */
	get recording(): LogRecording | undefined {
		return this.#recording;
	}

	get speechMs(): number {
		return Math.round(this.#speechSamples / SAMPLES_PER_MS);
	}

	start(take: Take, nowMs: number): void {
		this.#take = take;
		this.#recording = take.recording;
		this.#energy = energyTable(take.recording.encoding);
		this.#samplesMax = take.maxMs * SAMPLES_PER_MS;
		this.#speechSamples = 0;
		this.#startedAtMs = nowMs;
		this.#loudAtMs = nowMs;
		this.#silenceTold = false;
		this.#fullTold = false;
	}

	/** @returns the recording that ran; it still has to be ended in the log. */
	stop(): LogRecording | undefined {
		const recording = this.#recording;
		this.#recording = undefined;
		this.#take = undefined;
		return recording;
	}

	audio(payloadType: number, octets: Uint8Array, start: number, end: number, nowMs: number): void {
		const recording = this.#recording;
		if (recording === undefined) return;
		const last = Math.min(end, start + this.#samplesMax - recording.samples);
		if (last > start) {
			const encoding = this.#encodingOf(payloadType);
			const same = encoding === recording.encoding;
			if (same) recording.append(octets, start, last);
			else recording.appendMapped(octets, start, last, transcodeTable(encoding, recording.encoding)!);
			const energy = same ? this.#energy : energyTable(encoding);
			if (packetEnergy(energy, octets, start, last) > SPEECH_ENERGY) {
				this.#speechSamples += last - start;
				this.#loudAtMs = nowMs;
			}
		}
		if (recording.samples >= this.#samplesMax) this.#full();
	}

	gap(samples: number, kind: "lost" | "silent"): void {
		const recording = this.#recording;
		// A recording begins with the first packet that is heard, not with the pause before it.
		if (recording === undefined || recording.samples === 0) return;
		const count = Math.min(samples, this.#samplesMax - recording.samples);
		const concealed = kind === "lost" ? Math.min(count, MEDIA_LIMITS.concealMs * SAMPLES_PER_MS) : 0;
		const done = recording.repeatLast(concealed, SOFTER[recording.encoding]);
		recording.skip(count - done);
		if (recording.samples >= this.#samplesMax) this.#full();
	}

	/** Time-outs by the wall's clock: they also come when the peer sends nothing at all. */
	housekeeping(nowMs: number): void {
		const take = this.#take;
		if (take === undefined) return;
		if (nowMs - this.#startedAtMs >= take.maxMs + MEDIA_LIMITS.recordingOverrunMs) this.#full();
		if (take.silenceMs === 0 || this.#silenceTold || nowMs - this.#loudAtMs < take.silenceMs) return;
		this.#silenceTold = true;
		this.#emit({ type: "silence" });
	}

	#full(): void {
		if (this.#fullTold) return;
		this.#fullTold = true;
		this.#emit({ type: "recordingFull" });
	}
}
