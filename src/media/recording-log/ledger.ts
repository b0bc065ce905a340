/**
 * Which files of one writer are still needed. Pure.
 *
 * A file is needed while it holds audio of a recording that is not done. It is also needed while it holds the done
 * mark of a recording whose audio still lies in another file: without the mark that recording would rise again at the
 * next start.
 */

interface LedgerSegment {
	/** Recordings with audio here, done or not. */
	readonly recordings: Set<LedgerRecording>;
	/** Those not done. */
	live: number;
	readonly marks: Set<LedgerRecording>;
}

interface LedgerRecording {
	readonly segments: Set<number>;
}

export class SegmentLedger {
	readonly #segments = new Map<number, LedgerSegment>();
	readonly #recordings = new Map<number, LedgerRecording>();

	/** A file exists. */
	opened(segment: number): void {
		if (!this.#segments.has(segment)) this.#segments.set(segment, { recordings: new Set(), live: 0, marks: new Set() });
	}

	/** Something of the recording stands in the file. */
	wrote(recording: number, segment: number): void {
		this.opened(segment);
		let entry = this.#recordings.get(recording);
		if (entry === undefined) {
			entry = { segments: new Set() };
			this.#recordings.set(recording, entry);
		}
		if (entry.segments.has(segment)) return;
		entry.segments.add(segment);
		const place = this.#segments.get(segment)!;
		place.recordings.add(entry);
		place.live++;
	}

	/** The recording is done and the file holds the mark that says so. */
	marked(recording: number, segment: number): void {
		const entry = this.#recordings.get(recording);
		if (entry === undefined) return;
		this.opened(segment);
		for (const number of entry.segments) this.#segments.get(number)!.live--;
		this.#segments.get(segment)!.marks.add(entry);
		this.#recordings.delete(recording);
	}

	/** Files that nothing needs, oldest first; `current` is still written to. Say `removed` once they are gone. */
	removable(current?: number): number[] {
		const gone = new Set<number>();
		const numbers = [...this.#segments.keys()].sort((a, b) => a - b);
		for (const number of numbers) {
			const segment = this.#segments.get(number)!;
			if (number === current || segment.live > 0) continue;
			const pinned = [...segment.marks].some((entry) =>
				[...entry.segments].some((other) => other !== number && !gone.has(other)),
			);
			if (!pinned) gone.add(number);
		}
		return [...gone];
	}

	removed(segment: number): void {
		for (const entry of this.#segments.get(segment)?.recordings ?? []) entry.segments.delete(segment);
		this.#segments.delete(segment);
	}

	get size(): number {
		return this.#segments.size;
	}
}
