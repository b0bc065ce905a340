import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { describe, expect, test } from "vitest";
import { lineOf } from "../../../src/config/index.ts";

const FILE = `realm = "x" # not [peers.a]

[defaults]
country = "DE"
"odd = key" = 1
note = """
[peers.a]
addresses = 1
"""

[peers.a] # the first
addresses = [
	"10.0.0.1", # with ] and "
	"10.0.0.2",
]
limits.calls = 3
[[peers.a.credentials]]
username = 'one]'
[[ peers . "a" . credentials ]]
username = "two"
[peers.a.credentials.extra]
deep = { x = 1, y = [2] }

[peers."b c"]
codecs = []
`;

describe("the line of a key", () => {
	test.each([
		[["realm"], 1],
		[["defaults"], 3],
		[["defaults", "country"], 4],
		[["defaults", "odd = key"], 5],
		[["defaults", "note"], 6],
		[["peers"], 11],
		[["peers", "a"], 11],
		[["peers", "a", "addresses"], 12],
		[["peers", "a", "addresses", 1], 12],
		[["peers", "a", "limits", "calls"], 16],
		[["peers", "a", "credentials", 0], 17],
		[["peers", "a", "credentials", 0, "username"], 18],
		[["peers", "a", "credentials", 1, "username"], 20],
		[["peers", "a", "credentials", 1, "extra", "deep"], 22],
		[["peers", "a", "credentials", 1, "extra", "deep", "y"], 22],
		[["peers", "b c", "codecs"], 25],
		[["peers", "b c", "absent"], 24],
		[["absent"], 1],
	])("%j stands on line %i", (path, line) => {
		expect(() => parse(FILE)).not.toThrow();
		expect(lineOf(FILE, path)).toBe(line);
	});

	test("of every file that can be written, each key is found on a line that begins with it", () => {
		const key = fc.stringMatching(/^[a-z"'# =.[\]]{1,6}$/);
		const value = fc.oneof(fc.integer(), fc.string(), fc.array(fc.string(), { maxLength: 3 }));
		const tables = fc.dictionary(key, fc.dictionary(key, value, { minKeys: 1, maxKeys: 3 }), { maxKeys: 4 });
		fc.assert(
			fc.property(tables, (file) => {
				const text = stringify(file);
				const lines = text.split("\n");
				for (const [table, keys] of Object.entries(file)) {
					for (const [name, content] of Object.entries(keys)) {
						// One key to a line, so that what stands there can be read by itself.
						expect(parse(lines[lineOf(text, [table, name]) - 1]!)).toEqual({ [name]: content });
					}
				}
			}),
		);
	});

	test("no text makes it throw", () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom(..."a.=[]{}\"'#\n\\ ") }), (text) => {
				expect(lineOf(text, ["a", "a"])).toBeGreaterThan(0);
			}),
		);
	});
});
