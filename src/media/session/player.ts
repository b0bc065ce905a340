/** Clips played one after the other, packet by packet, at the rate that the peer hears. Pure. */
import {
	AUDIO_FORMS,
	downsampleAt,
	type G711Audio,
	HALFBAND_REACH,
	isG711,
	l16ToPcm,
	SILENCE_OCTET,
	type TelephoneAudio,
	toG711Table,
	toPcmTable,
	transcodeTable,
	upsampleAt,
	WIDEBAND_HZ,
} from "../../audio/index.ts";
import type { Clip } from "../types.ts";

type G711Encoding = G711Audio["encoding"];

/** Places within a clip are counted in the finer of the two rates, whatever it is played at. */
const STEPS_PER_MS = WIDEBAND_HZ / 1000;
/** Steps of one sample at 8,000 Hz. */
const NARROW = 2;

const stepsOf = (clip: Clip): number =>
	"samples" in clip
		? (clip.samples.length * STEPS_PER_MS) / AUDIO_FORMS[clip.encoding].octetsPerMs
		: Math.round(clip.silenceMs * STEPS_PER_MS);

export class Player {
	readonly #played: (clips: readonly Clip[]) => void;
	#playId: number | undefined;
	#clips: readonly Clip[] = [];
	#clip = 0;
	/** Steps of the present clip that were sent. */
	#offset = 0;
	paused = false;

	/** @param played takes the clips of a play that is over, also of one that another takes the place of. */
	constructor(played: (clips: readonly Clip[]) => void = () => {}) {
		this.#played = played;
	}

	/** Undefined where nothing plays. */
	get playId(): number | undefined {
		return this.#playId;
	}

	get running(): boolean {
		return this.#playId !== undefined && !this.paused;
	}

	start(playId: number, clips: readonly Clip[]): void {
		this.stop();
		this.#playId = playId;
		this.#clips = clips;
		this.#clip = 0;
		this.#offset = 0;
	}

	stop(): void {
		this.#played(this.#clips);
		this.#playId = undefined;
		this.#clips = [];
		this.paused = false;
	}

	/**
	 * Fills `target` from `start` up to `end` with what comes next, in `encoding`; behind the last clip with silence.
	 * @returns samples of clips among them; 0 when all was played before.
	 */
	fill(target: Uint8Array, start: number, end: number, encoding: G711Encoding): number {
		let at = start;
		while (at < end && this.#clip < this.#clips.length) {
			const clip = this.#clips[this.#clip]!;
			const count = Math.min(end - at, Math.ceil((stepsOf(clip) - this.#offset) / NARROW));
			if (!("samples" in clip)) target.fill(SILENCE_OCTET[encoding], at, at + count);
			else if (isG711(clip)) copyAs(clip, this.#offset / NARROW, target, at, count, encoding);
			else copyNarrowed(clip, this.#offset, target, at, count, encoding);
			at += count;
			this.#advance(clip, count * NARROW);
		}
		target.fill(SILENCE_OCTET[encoding], at, end);
		return at - start;
	}

	/** As `fill`, with linear samples at 16,000 Hz. `target` has an even length. */
	fillWide(target: Int16Array): number {
		let at = 0;
		while (at < target.length && this.#clip < this.#clips.length) {
			const clip = this.#clips[this.#clip]!;
			const count = Math.min(target.length - at, stepsOf(clip) - this.#offset);
			if (!("samples" in clip)) target.fill(0, at, at + count);
			else if (isG711(clip)) copyWidened(clip, this.#offset / NARROW, target, at, count);
			else target.set(l16ToPcm(clip.samples).subarray(this.#offset, this.#offset + count), at);
			at += count;
			this.#advance(clip, count);
		}
		target.fill(0, at);
		return at;
	}

	#advance(clip: Clip, steps: number): void {
		this.#offset += steps;
		if (this.#offset < stepsOf(clip)) return;
		this.#clip++;
		this.#offset = 0;
	}
}

function copyAs(
	{ samples, encoding }: G711Audio,
	offset: number,
	target: Uint8Array,
	at: number,
	count: number,
	to: G711Encoding,
): void {
	const table = transcodeTable(encoding, to);
	if (table === undefined) target.set(samples.subarray(offset, offset + count), at);
	else for (let i = 0; i < count; i++) target[at + i] = table[samples[offset + i]!]!;
}

/** Telephone audio to a wideband peer. The filter looks a little beyond the stretch on both sides. */
function copyWidened(
	{ samples, encoding }: G711Audio,
	offset: number,
	target: Int16Array,
	at: number,
	count: number,
): void {
	const table = toPcmTable(encoding);
	const before = Math.min(offset, HALFBAND_REACH);
	const around = Int16Array.from(
		samples.subarray(offset - before, offset + count / NARROW + HALFBAND_REACH + 1),
		(octet) => table[octet]!,
	);
	upsampleAt(around, before, target, at, count);
}

/** Wideband audio to a narrowband peer. */
function copyNarrowed(
	{ samples }: TelephoneAudio,
	offset: number,
	target: Uint8Array,
	at: number,
	count: number,
	to: G711Encoding,
): void {
	const pcm = new Int16Array(count);
	downsampleAt(l16ToPcm(samples), offset, pcm, 0, count);
	const table = toG711Table(to);
	for (let i = 0; i < count; i++) target[at + i] = table[pcm[i]! & 0xffff]!;
}
