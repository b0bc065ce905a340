import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/cli/command.ts";
import { readKeyScript } from "../../src/cli/phone/key-script.ts";

describe("The key script of `afterbeep call`", () => {
	test("1w5 9 is: press 1, wait 5 s, wait until it is quiet, press 9", () => {
		expect(readKeyScript("1w5 9")).toEqual([
			{ type: "press", keys: "1" },
			{ type: "wait", seconds: 5 },
			{ type: "untilQuiet" },
			{ type: "press", keys: "9" },
		]);
	});

	test("a comma only separates, so that keys may follow a wait", () => {
		expect(readKeyScript("w1,4821#w0.5,*")).toEqual([
			{ type: "wait", seconds: 1 },
			{ type: "press", keys: "4821#" },
			{ type: "wait", seconds: 0.5 },
			{ type: "press", keys: "*" },
		]);
	});

	test.each(["x", "1w", "1-2", "1".repeat(300)])("%j is refused", (script) => {
		expect(() => readKeyScript(script)).toThrow(UsageError);
	});
});
