/** How results are printed: JSON for scripts, tables and lists for people. */
import type { Invocation } from "./command.ts";
import { listing, printable } from "./terminal.ts";

type View = Readonly<Record<string, unknown>>;

/** Rows under the titles; `--json` prints all members. */
export function printRows(
	invocation: Invocation,
	views: readonly View[],
	titles: readonly string[],
	none: string,
): void {
	const { terminal } = invocation;
	if (invocation.json) terminal.json(views);
	else if (views.length === 0) terminal.remark(none);
	else {
		const cells = views.map((view) => titles.map((title) => cell(view[title])));
		for (const line of listing(terminal, titles, cells)) terminal.line(line);
	}
}

/** One thing, a line for each member. */
export function printOne(invocation: Invocation, view: View): void {
	const { terminal } = invocation;
	if (invocation.json) {
		terminal.json(view);
		return;
	}
	const width = Math.max(...Object.keys(view).map((name) => name.length)) + 1;
	for (const [name, value] of Object.entries(view)) {
		terminal.line(`${terminal.style("dim", name.padEnd(width))} ${printable(cell(value) ?? "-")}`);
	}
}

function cell(value: unknown): string | null {
	if (value === null || value === undefined) return null;
	if (Array.isArray(value)) return value.length === 0 ? null : value.join(", ");
	if (typeof value !== "object") return String(value);
	const parts = Object.values(value).filter((part) => part !== null && part !== "");
	return parts.length === 0 ? null : parts.join(", ");
}
