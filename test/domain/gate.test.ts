import { describe, expect, test } from "vitest";
import { createGate } from "../../src/domain/index.ts";

/** A piece of work that ends when told to. */
function work(name: string, log: string[]) {
	const { promise, resolve } = Promise.withResolvers<string>();
	return {
		run: () => {
			log.push(name);
			return promise;
		},
		end: () => resolve(name),
	};
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("a gate", () => {
	test("lets so many in at once, then those in a hurry, then the others", async () => {
		const gate = createGate({ atOnce: 2, waitingMax: 10, full: "Too much" });
		const began: string[] = [];
		const pieces = ["a", "b", "change", "check1", "check2"].map((name) => work(name, began));
		const [a, b, change, check1, check2] = pieces as [ReturnType<typeof work>, ...ReturnType<typeof work>[]];
		const all = [
			gate.run("last", a.run),
			gate.run("last", b!.run),
			gate.run("last", change!.run),
			gate.run("first", check1!.run),
			gate.run("first", check2!.run),
		];
		await settle();
		expect(began).toEqual(["a", "b"]);
		a.end();
		await settle();
		expect(began).toEqual(["a", "b", "check1"]);
		b!.end();
		check1!.end();
		await settle();
		expect(began).toEqual(["a", "b", "check1", "check2", "change"]);
		check2!.end();
		change!.end();
		expect(await Promise.all(all)).toEqual(["a", "b", "change", "check1", "check2"]);
	});

	test("refuses clearly when the line is full, and works on after that", async () => {
		const gate = createGate({ atOnce: 1, waitingMax: 1, full: "Too much" });
		const running = work("running", []);
		const first = gate.run("first", running.run);
		const second = gate.run("first", async () => "waited");
		await expect(gate.run("first", async () => "late")).rejects.toMatchObject({ code: "tooManyRequests" });
		running.end();
		expect(await Promise.all([first, second])).toEqual(["running", "waited"]);
	});

	test("work that fails gives its place back", async () => {
		const gate = createGate({ atOnce: 1, waitingMax: 0, full: "Too much" });
		await expect(gate.run("last", async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
		expect(await gate.run("last", async () => "fine")).toBe("fine");
	});
});
