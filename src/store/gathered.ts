/**
 * Readings that come at the same time, taken together: what is asked for in one turn of the event loop, and while earlier
 * readings are under way, is one statement. Alone, a reading waits for nothing; under load each statement serves many.
 */

/** @returns undefined for a key of which nothing is there. */
export type GatheredReading<Key, Value> = (key: Key) => Promise<Value | undefined>;

interface Asked<Value> {
	readonly resolve: (value: Value | undefined) => void;
	readonly reject: (error: unknown) => void;
}

/**
 * @param read all of the keys at once, each of them once. What it throws, each of those who asked gets.
 * @param bounds.keysMax keys of one reading.
 * @param bounds.atOnceMax readings under way: a slow one shall not hold all others up.
 */
export function gathered<Key, Value>(
	read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
	bounds: { readonly keysMax: number; readonly atOnceMax: number },
): GatheredReading<Key, Value> {
	let waiting = new Map<Key, Asked<Value>[]>();
	let running = 0;
	let due = false;

	function readSoon(): void {
		if (due || waiting.size === 0 || running >= bounds.atOnceMax) return;
		due = true;
		// After all that this turn of the event loop still brings.
		setImmediate(() => {
			due = false;
			void readNow();
		});
	}

	async function readNow(): Promise<void> {
		const asked = [...waiting].slice(0, bounds.keysMax);
		waiting = new Map([...waiting].slice(bounds.keysMax));
		running++;
		readSoon();
		try {
			const found = await read(asked.map(([key]) => key));
			for (const [key, all] of asked) for (const { resolve } of all) resolve(found.get(key));
		} catch (error) {
			for (const [, all] of asked) for (const { reject } of all) reject(error);
		} finally {
			running--;
			readSoon();
		}
	}

	return (key) =>
		new Promise((resolve, reject) => {
			const same = waiting.get(key);
			if (same === undefined) waiting.set(key, [{ resolve, reject }]);
			else same.push({ resolve, reject });
			readSoon();
		});
}
