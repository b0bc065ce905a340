/**
 * From packets in order to the recording log: measures what is heard, fills what is missing, ends what is long enough;
 * and listens for keys by their tones where that is wanted. Pure but for the log's memory: time comes in as `nowMs`.
 *
 * G.711 goes to the log as it came. What is not G.711, or meets audio that was lost, is linear on its way.
 */
import {
	AUDIO_FORMS,
	type AudioForm,
	conceal,
	concealMax,
	concealReach,
	decodeG711,
	downsample,
	energyOfDbfs,
	energyTable,
	fromLinear,
	KeypadToneDetector,
	type LinearAudio,
	linearEnergy,
	NARROWBAND_HZ,
	packetEnergy,
	toLinear,
	transcodeTable,
	upsample,
	WIDEBAND_HZ,
} from "../../audio/index.ts";
import type { PacketDecoder } from "../codec/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { LogRecording } from "../recording-log/index.ts";
import type { AudioSink } from "../rtp/receiver.ts";
import type { MediaEvent } from "../types.ts";
import { ComfortNoise } from "./comfort-noise.ts";

const SPEECH_ENERGY = energyOfDbfs(MEDIA_LIMITS.silenceLevelDbfs);
const NOTHING = new Int16Array(0);

export interface Take {
	readonly recording: LogRecording;
	readonly maxMs: number;
	/** 0 = off. */
	readonly silenceMs: number;
}

type G711Encoding = "PCMU" | "PCMA";
/** What turns a payload into audio: a table, or a decoder to 16,000 Hz. */
export type AudioSource = G711Encoding | PacketDecoder;

export class Recorder implements AudioSink {
	readonly #emit: (event: MediaEvent) => void;
	readonly #sourceOf: (payloadType: number) => AudioSource;
	#ticksPerMs = 8;
	#take: Take | undefined;
	#recording: LogRecording | undefined;
	#form: AudioForm = AUDIO_FORMS.PCMU;
	#energy: Float64Array = energyTable("PCMU");
	#octetsMax = 0;
	#speechOctets = 0;
	#startedAtMs = 0;
	#loudAtMs = 0;
	#silenceTold = false;
	#fullTold = false;
	/** Lost audio that waits for what comes after it. */
	#lostOctets = 0;
	readonly #noise = new ComfortNoise();
	#keys: KeypadToneDetector | undefined;
	#keysRateHz = 0;
	#hearsKeys = false;

	/** @param sourceOf of a payload type that `audio` is called with. */
	constructor(emit: (event: MediaEvent) => void, sourceOf: (payloadType: number) => AudioSource) {
		this.#emit = emit;
		this.#sourceOf = sourceOf;
	}

	/** The recording that runs. */
	get recording(): LogRecording | undefined {
		return this.#recording;
	}

	/** Length of the recording so far; 0 where none runs. */
	get recordedMs(): number {
		return this.#recording === undefined ? 0 : this.#recording.octets / this.#form.octetsPerMs;
	}

	get speechMs(): number {
		return Math.round(this.#speechOctets / this.#form.octetsPerMs);
	}

	/** The clock that `gap` counts by. */
	setClock(ticksPerMs: number): void {
		this.#ticksPerMs = ticksPerMs;
	}

	/** Whether keys are heard by their tones. */
	hearKeys(wanted: boolean): void {
		this.#hearsKeys = wanted;
	}

	/** The peer pauses, with noise of this level (RFC 3389 §3). */
	comfortNoise(levelDbfs: number): void {
		this.#noise.levelDbfs = levelDbfs;
	}

	start(take: Take, nowMs: number): void {
		this.#take = take;
		this.#recording = take.recording;
		const { encoding } = take.recording;
		this.#form = AUDIO_FORMS[encoding];
		if (encoding !== "L16") this.#energy = energyTable(encoding);
		this.#octetsMax = take.maxMs * this.#form.octetsPerMs;
		this.#speechOctets = 0;
		this.#startedAtMs = nowMs;
		this.#loudAtMs = nowMs;
		this.#silenceTold = false;
		this.#fullTold = false;
		this.#lostOctets = 0;
	}

	/** @returns the recording that ran; it still has to be ended in the log. */
	stop(): LogRecording | undefined {
		const recording = this.#recording;
		if (recording !== undefined) this.#fillLost(recording, NOTHING);
		this.#recording = undefined;
		this.#take = undefined;
		return recording;
	}

	audio(payloadType: number, octets: Uint8Array, start: number, end: number, nowMs: number): void {
		const recording = this.#recording;
		if (recording === undefined && !this.#hearsKeys) return;
		const source = this.#sourceOf(payloadType);
		if (typeof source === "string" && !this.#hearsKeys && this.#lostOctets === 0 && recording!.encoding !== "L16") {
			this.#octets(recording!, recording!.encoding, source, octets, start, end, nowMs);
			return;
		}
		const linear = linearOf(source, octets, start, end);
		if (this.#hearsKeys) this.#listen(linear);
		if (recording !== undefined) this.#linear(recording, linear, nowMs);
	}

	gap(ticks: number, kind: "lost" | "silent"): void {
		const recording = this.#recording;
		if (kind === "silent") this.#keys?.pause();
		// A recording begins with the first packet that is heard, not with the pause before it.
		if (recording === undefined || recording.octets === 0) return;
		const { octetsPerMs, octetsPerSample } = this.#form;
		const octets = Math.round((ticks / this.#ticksPerMs) * (octetsPerMs / octetsPerSample)) * octetsPerSample;
		const left = this.#octetsMax - recording.octets - this.#lostOctets;
		if (kind === "lost") {
			this.#lostOctets += Math.min(octets, left);
			if (octets < left) return;
		}
		this.#fillLost(recording, NOTHING);
		if (kind === "silent") this.#noise.fill(recording, Math.min(octets, left));
		if (recording.octets >= this.#octetsMax) this.#full();
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

	/** G.711 into a recording of G.711: the way of nearly every packet. */
	#octets(
		recording: LogRecording,
		kept: G711Encoding,
		source: G711Encoding,
		octets: Uint8Array,
		start: number,
		end: number,
		nowMs: number,
	): void {
		const last = Math.min(end, start + this.#octetsMax - recording.octets);
		if (last > start) {
			const same = source === kept;
			if (same) recording.append(octets, start, last);
			else recording.appendMapped(octets, start, last, transcodeTable(source, kept)!);
			const energy = same ? this.#energy : energyTable(source);
			if (packetEnergy(energy, octets, start, last) > SPEECH_ENERGY) {
				this.#speechOctets += last - start;
				this.#loudAtMs = nowMs;
			}
		}
		if (recording.octets >= this.#octetsMax) this.#full();
	}

	#linear(recording: LogRecording, { rateHz, pcm }: LinearAudio, nowMs: number): void {
		const { encoding } = recording;
		const kept = rateHz === this.#form.rateHz ? pcm : rateHz === NARROWBAND_HZ ? upsample(pcm) : downsample(pcm);
		this.#fillLost(recording, kept);
		const { samples } = fromLinear({ rateHz: this.#form.rateHz, pcm: kept }, encoding);
		const last = Math.min(samples.length, this.#octetsMax - recording.octets);
		if (last > 0) {
			recording.append(samples, 0, last);
			if (linearEnergy(kept) > SPEECH_ENERGY) {
				this.#speechOctets += last;
				this.#loudAtMs = nowMs;
			}
		}
		if (recording.octets >= this.#octetsMax) this.#full();
	}

	/** @param after what is heard next; nothing where nothing is. */
	#fillLost(recording: LogRecording, after: Int16Array): void {
		const octets = this.#lostOctets;
		if (octets === 0) return;
		this.#lostOctets = 0;
		const { rateHz, octetsPerSample } = this.#form;
		const { encoding } = recording;
		const reach = concealReach(rateHz);
		const past = toLinear({ encoding, samples: recording.tail(reach * octetsPerSample) }).pcm;
		const longest = concealMax(rateHz) * octetsPerSample;
		// Across a long gap the two ends have nothing to do with each other: the first fades out.
		const future = octets > longest ? NOTHING : after.subarray(0, reach);
		const made = Math.min(octets, longest);
		const pcm = conceal(past, future, made / octetsPerSample, rateHz);
		recording.append(fromLinear({ rateHz, pcm }, encoding).samples, 0, made);
		recording.skip(octets - made);
	}

	#listen({ pcm, rateHz }: LinearAudio): void {
		if (this.#keys === undefined || this.#keysRateHz !== rateHz) {
			this.#keys = new KeypadToneDetector(rateHz);
			this.#keysRateHz = rateHz;
		}
		for (const digit of this.#keys.hear(pcm)) this.#emit({ type: "digit", digit });
	}

	#full(): void {
		if (this.#fullTold) return;
		this.#fullTold = true;
		this.#emit({ type: "recordingFull" });
	}
}

function linearOf(source: AudioSource, octets: Uint8Array, start: number, end: number): LinearAudio {
	if (typeof source !== "string") return { rateHz: WIDEBAND_HZ, pcm: source.decode(octets, start, end) };
	return { rateHz: NARROWBAND_HZ, pcm: decodeG711({ encoding: source, samples: octets.subarray(start, end) }) };
}
