import { setImmediate } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { Rest, type RestOptions, ring } from "../../src/media/session/rest.ts";

const newBell = () => new Int32Array(new SharedArrayBuffer(4));

/** A thread whose clock stands still but for its rests, which take their whole time at once. */
function bench(options: Partial<RestOptions> = {}) {
	const clock = { ms: 1_000 };
	const rests: number[] = [];
	const wait = vi.spyOn(Atomics, "wait").mockImplementation(((
		bell: Int32Array,
		at: number,
		value: number,
		ms: number,
	) => {
		if (bell[at] !== value) return "not-equal";
		rests.push(ms);
		clock.ms += ms;
		return "timed-out";
	}) as typeof Atomics.wait);
	const rest = new Rest({
		everyMs: 5,
		bell: newBell(),
		now: () => clock.ms,
		dueMs: () => Number.POSITIVE_INFINITY,
		beforeRest: () => {},
		...options,
	});
	return { clock, rests, rest, [Symbol.dispose]: () => wait.mockRestore() };
}

describe("The rests of a media worker", () => {
	test("A packet after a quiet time is followed by no rest", async () => {
		using thread = bench();
		thread.rest.heard();
		await setImmediate();
		thread.clock.ms += 20;
		thread.rest.heard();
		await setImmediate();
		expect(thread.rests).toEqual([]);
	});

	test("Turns that bring packets follow each other in the set time, however long a turn takes", async () => {
		using thread = bench();
		thread.rest.heard();
		await setImmediate();
		for (const turnMs of [1, 2, 7]) {
			thread.rest.heard();
			thread.clock.ms += turnMs;
			await setImmediate();
		}
		expect(thread.rests).toEqual([4, 3]);
	});

	test("All packets of one turn have its time, those of the next one another", async () => {
		using thread = bench();
		const first = thread.rest.heard();
		thread.clock.ms += 3;
		expect(thread.rest.heard()).toBe(first);
		await setImmediate();
		expect(thread.rest.heard()).toBe(first + 3);
		await setImmediate();
	});

	test("A rest ends when the next packet is to be sent", async () => {
		using thread = bench({ dueMs: () => 1_001.5 });
		thread.rest.heard();
		await setImmediate();
		thread.rest.heard();
		await setImmediate();
		expect(thread.rests).toEqual([1.5]);
	});

	test("A message to the worker spares it one rest", async () => {
		const bell = newBell();
		using thread = bench({ bell });
		thread.rest.heard();
		await setImmediate();
		ring(bell);
		thread.rest.heard();
		await setImmediate();
		expect(thread.rests).toEqual([]);
		thread.rest.heard();
		await setImmediate();
		expect(thread.rests).toEqual([5]);
	});

	test("What waits for the end of a turn goes before the rest", async () => {
		const said: number[] = [];
		using thread = bench({ beforeRest: () => said.push(thread.rests.length) });
		thread.rest.heard();
		await setImmediate();
		thread.rest.heard();
		await setImmediate();
		expect([said, thread.rests]).toEqual([[0, 0], [5]]);
	});
});
