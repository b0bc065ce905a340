/** Clips played one after the other, packet by packet. Pure. */
import { SILENCE_OCTET, transcodeTable } from "../../audio/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { Clip, TelephoneEncoding } from "../types.ts";

const samplesOf = (clip: Clip): number =>
	"samples" in clip ? clip.samples.length : Math.round((clip.silenceMs * MEDIA_LIMITS.clockRateHz) / 1000);

export class Player {
	#playId: number | undefined;
	#clips: readonly Clip[] = [];
	#clip = 0;
	/** Samples of the present clip that were sent. */
	#offset = 0;
	paused = false;

	/** Undefined where nothing plays. */
	get playId(): number | undefined {
		return this.#playId;
	}

	get running(): boolean {
		return this.#playId !== undefined && !this.paused;
	}

	start(playId: number, clips: readonly Clip[]): void {
		this.#playId = playId;
		this.#clips = clips;
		this.#clip = 0;
		this.#offset = 0;
		this.paused = false;
	}

	stop(): void {
		this.#playId = undefined;
		this.#clips = [];
		this.paused = false;
	}

	/**
	 * Fills `target` from `start` up to `end` with what comes next, in `encoding`; behind the last clip with silence.
	 * @returns samples of clips among them; 0 when all was played before.
	 */
	fill(target: Uint8Array, start: number, end: number, encoding: TelephoneEncoding): number {
		let at = start;
		while (at < end && this.#clip < this.#clips.length) {
			const clip = this.#clips[this.#clip]!;
			const count = Math.min(end - at, samplesOf(clip) - this.#offset);
			if ("samples" in clip) copyAs(clip.samples, clip.encoding, this.#offset, target, at, count, encoding);
			else target.fill(SILENCE_OCTET[encoding], at, at + count);
			at += count;
			this.#offset += count;
			if (this.#offset >= samplesOf(clip)) {
				this.#clip++;
				this.#offset = 0;
			}
		}
		target.fill(SILENCE_OCTET[encoding], at, end);
		return at - start;
	}
}

function copyAs(
	source: Uint8Array,
	from: TelephoneEncoding,
	offset: number,
	target: Uint8Array,
	at: number,
	count: number,
	to: TelephoneEncoding,
): void {
	const table = transcodeTable(from, to);
	if (table === undefined) target.set(source.subarray(offset, offset + count), at);
	else for (let i = 0; i < count; i++) target[at + i] = table[source[offset + i]!]!;
}
