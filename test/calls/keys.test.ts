import { describe, expect, test } from "vitest";
import { hearKey, type KeySource, type KeysHeard, noKeys } from "../../src/calls/keys.ts";

/** Keys that count, of presses such as `info 5 0`: source, key, milliseconds. */
function taken(...presses: string[]): string {
	let heard: KeysHeard = noKeys;
	let keys = "";
	for (const press of presses) {
		const [source, digit, at] = press.split(" ");
		const step = hearKey(heard, { source: source as KeySource, digit: digit as string, atMs: Number(at) });
		heard = step.heard;
		if (step.isNew) keys += digit;
	}
	return keys;
}

describe("keys by RFC 4733 and by INFO", () => {
	test.each([
		["by one way alone, each counts, the same one twice too", ["media 5 0", "media 5 200", "media 1 400"], "551"],
		[
			"by both ways, each counts once, whichever comes first",
			["info 5 0", "media 5 40", "media 7 500", "info 7 700"],
			"57",
		],
		[
			"a quick pair, and its echo behind it",
			["media 5 0", "media 5 150", "info 5 300", "info 5 450", "media 1 600", "info 1 900"],
			"551",
		],
		["another key by the other way is no echo", ["media 5 0", "info 6 50"], "56"],
		["one that comes later than any echo is a press of its own", ["info 5 0", "media 5 2000"], "55"],
	])("%s", (_title, presses, keys) => {
		expect(taken(...presses)).toBe(keys);
	});

	test("a caller who never stops pressing keeps a bounded memory", () => {
		let heard: KeysHeard = noKeys;
		for (let i = 0; i < 1000; i++) heard = hearKey(heard, { source: "info", digit: "1", atMs: i }).heard;
		expect(heard.length).toBeLessThanOrEqual(32);
	});
});
