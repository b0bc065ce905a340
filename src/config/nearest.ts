/**
 * The known name that was probably meant: the one with the fewest edits (insert, delete, replace, swap of neighbours),
 * undefined when nothing is close.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
	const wanted = name.toLowerCase();
	let best: string | undefined;
	// Of a name of three letters two edits leave nothing: `foo` is not `log`.
	let bestEdits = (wanted.length <= 3 ? 1 : Math.max(2, Math.floor(wanted.length / 3))) + 1;
	for (const candidate of known) {
		const edits = editDistance(wanted, candidate.toLowerCase());
		if (edits < bestEdits) {
			best = candidate;
			bestEdits = edits;
		}
	}
	return best;
}

/** Optimal string alignment distance. */
function editDistance(a: string, b: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1];
			let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
			const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			if (swapped) edits = Math.min(edits, beforeLast[j - 2]! + 1);
			row.push(edits);
		}
		beforeLast = last;
		last = row;
	}
	return last[b.length]!;
}
