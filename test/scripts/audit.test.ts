import { describe, expect, test } from "vitest";
// @ts-expect-error: a script of the project, without types
import { judge } from "../../scripts/audit.mjs";

const TODAY = "2026-06-01";
const hole = {
	source: 1,
	name: "leftpad",
	title: "Pads on the wrong side",
	severity: "high",
	url: "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
};
const report = (via: readonly unknown[]) =>
	JSON.stringify({
		vulnerabilities: { leftpad: { via }, user: { via: ["leftpad"] } },
		metadata: { dependencies: { prod: 80 } },
	});
const exception = { advisory: "GHSA-aaaa-bbbb-cccc", package: "leftpad", reason: "We pad right.", until: "2026-07-01" };

describe("npm run audit", () => {
	test("no hole is 0, and says how much was looked at", () => {
		expect(judge(report([]), [], TODAY)).toEqual({
			code: 0,
			lines: ["80 production dependencies, 0 known holes, 0 open."],
		});
	});

	test("a hole is 1, and is named", () => {
		const { code, lines } = judge(report([hole, hole]), [], TODAY);
		expect(code).toBe(1);
		expect(lines[0]).toBe("OPEN: leftpad GHSA-aaaa-bbbb-cccc (high) Pads on the wrong side");
		expect(lines).toHaveLength(2);
	});

	test.each([
		["with a reason and an end in the future excuses it", exception, 0],
		["whose end has come does not", { ...exception, until: "2026-05-31" }, 1],
		["for another package does not", { ...exception, package: "rightpad" }, 1],
		["without a reason does not", { ...exception, reason: "" }, 1],
		["without an end does not", { ...exception, until: undefined }, 1],
	])("an exception %s", (_which, given, code) => {
		expect(judge(report([hole]), [given], TODAY).code).toBe(code);
	});

	test.each([
		["nothing", ""],
		["a page", "<html>proxy</html>"],
		["npm's own error", JSON.stringify({ message: "request to registry failed", error: { summary: "" } })],
		["another JSON", "[]"],
	])("%s instead of a report is 3: nothing is known, which is not the same as nothing is wrong", (_what, output) => {
		const { code, lines } = judge(output, [], TODAY);
		expect(code).toBe(3);
		expect(lines.at(-1)).toBe("NOT AUDITED.");
	});
});
