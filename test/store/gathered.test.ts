import { describe, expect, test } from "vitest";
import { gathered } from "../../src/store/index.ts";

/** A reading that answers when it is told to. */
function slowReading() {
	const asked: (readonly string[])[] = [];
	const waiting: PromiseWithResolvers<ReadonlyMap<string, string>>[] = [];
	return {
		asked,
		read: (keys: readonly string[]) => {
			asked.push(keys);
			const answer = Promise.withResolvers<ReadonlyMap<string, string>>();
			waiting.push(answer);
			return answer.promise;
		},
		answer: (entries: readonly (readonly [string, string])[]) => waiting.shift()!.resolve(new Map(entries)),
		fail: (error: Error) => waiting.shift()!.reject(error),
	};
}

const turn = () => new Promise((done) => setImmediate(done));

describe("gathered readings", () => {
	test("what is asked in one turn of the event loop is one reading, each key once", async () => {
		const { asked, read, answer } = slowReading();
		const get = gathered(read, { keysMax: 10, atOnceMax: 1 });
		const all = [get("a"), get("b"), get("a"), get("c")];
		await turn();
		expect(asked).toEqual([["a", "b", "c"]]);
		answer([
			["a", "A"],
			["c", "C"],
		]);
		expect(await Promise.all(all)).toEqual(["A", undefined, "A", "C"]);
	});

	test("a reading alone is asked for in the same turn", async () => {
		const { asked, read, answer } = slowReading();
		const get = gathered(read, { keysMax: 10, atOnceMax: 1 });
		const one = get("a");
		await turn();
		expect(asked).toEqual([["a"]]);
		answer([["a", "A"]]);
		expect(await one).toBe("A");
	});

	test("while as many are under way as may be, the others wait and then go together", async () => {
		const { asked, read, answer } = slowReading();
		const get = gathered(read, { keysMax: 10, atOnceMax: 2 });
		const results = [get("a")];
		await turn();
		results.push(get("b"));
		await turn();
		results.push(get("c"));
		await turn();
		results.push(get("d"));
		await turn();
		expect(asked).toEqual([["a"], ["b"]]);
		answer([["a", "A"]]);
		await results[0];
		await turn();
		expect(asked).toEqual([["a"], ["b"], ["c", "d"]]);
		answer([["b", "B"]]);
		answer([
			["c", "C"],
			["d", "D"],
		]);
		expect(await Promise.all(results)).toEqual(["A", "B", "C", "D"]);
	});

	test("no reading has more keys than its bound", async () => {
		const { asked, read, answer } = slowReading();
		const get = gathered(read, { keysMax: 2, atOnceMax: 1 });
		const all = ["a", "b", "c", "d", "e"].map(get);
		for (let i = 0; i < 3; i++) {
			await turn();
			answer(asked.at(-1)!.map((key) => [key, key.toUpperCase()] as const));
			await all[i * 2];
		}
		expect(asked).toEqual([["a", "b"], ["c", "d"], ["e"]]);
		expect(await Promise.all(all)).toEqual(["A", "B", "C", "D", "E"]);
	});

	test("a failure reaches all who asked, and nobody who asks later", async () => {
		const { read, answer, fail } = slowReading();
		const get = gathered(read, { keysMax: 10, atOnceMax: 1 });
		const failed = Promise.allSettled([get("a"), get("b")]);
		await turn();
		fail(new Error("gone"));
		expect((await failed).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
		const later = get("a");
		await turn();
		answer([["a", "A"]]);
		expect(await later).toBe("A");
	});
});
