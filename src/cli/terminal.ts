/** Output: colours only where a person reads, tables, masks of nothing. */
import type { WriteStream } from "node:tty";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const CODES: Record<Style, readonly [open: number, close: number]> = {
	bold: [1, 22],
	dim: [2, 22],
	red: [31, 39],
	green: [32, 39],
	yellow: [33, 39],
	cyan: [36, 39],
};

export interface Output {
	write(chunk: string | Uint8Array): unknown;
	readonly isTTY?: boolean | undefined;
	readonly columns?: number | undefined;
}

export interface Terminal {
	/** Results: what a script reads. */
	line(text?: string): void;
	json(value: unknown): void;
	/** Bytes as they are, flushed before it resolves. */
	bytes(data: Uint8Array): Promise<void>;
	/** Remarks and errors, apart from results. */
	remark(text: string): void;
	/** Styled where standard output is a terminal. */
	style(style: Style, text: string): string;
	/** Styled where standard error is a terminal. */
	remarkStyle(style: Style, text: string): string;
	readonly interactive: boolean;
	/** Width where a person reads; undefined where a program does. */
	readonly columns: number | undefined;
}

/** NO_COLOR (no-color.org) and TERM=dumb turn colours off; FORCE_COLOR turns them on for a pipe. */
export function colours(stream: Output, env: NodeJS.ProcessEnv): boolean {
	if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
	if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "" && env.FORCE_COLOR !== "0") return true;
	return stream.isTTY === true && env.TERM !== "dumb";
}

export function createTerminal(stdout: WriteStream, stderr: WriteStream, env: NodeJS.ProcessEnv): Terminal {
	const painter = (on: boolean) => (style: Style, text: string) =>
		on ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text;
	return {
		line: (text = "") => void stdout.write(`${text}\n`),
		json: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
		bytes: (data) =>
			new Promise((resolve, reject) => stdout.write(data, (error) => (error ? reject(error) : resolve()))),
		remark: (text) => void stderr.write(`${text}\n`),
		style: painter(colours(stdout, env)),
		remarkStyle: painter(colours(stderr, env)),
		interactive: stdout.isTTY === true,
		get columns() {
			return stdout.isTTY === true ? stdout.columns : undefined;
		},
	};
}

/**
 * Rows under their titles, columns as wide as their longest cell.
 *
 * @param rows cells as text; a missing one is shown as `-`.
 */
export function table(titles: readonly string[], rows: readonly (readonly (string | null | undefined)[])[]): string[] {
	const cells = [titles, ...rows.map((row) => titles.map((_, i) => printable(row[i] ?? "-")))];
	const widths = titles.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
	return cells.map((row) =>
		row
			.map((cell, i) => cell.padEnd(widths[i]!))
			.join("  ")
			.trimEnd(),
	);
}

/** A table where it is no wider than the terminal, else a block for each row: ids are too long to share 80 columns. */
export function listing(
	{ columns = Number.POSITIVE_INFINITY, style }: Pick<Terminal, "columns" | "style">,
	titles: readonly string[],
	rows: readonly (readonly (string | null | undefined)[])[],
): string[] {
	const lines = table(titles, rows);
	if (lines.every((line) => line.length <= columns)) return lines;
	const width = Math.max(...titles.map((title) => title.length));
	return rows.flatMap((row, i) => [
		...(i > 0 ? [""] : []),
		...titles.map((title, at) => `${style("dim", title.padEnd(width))}  ${printable(row[at] ?? "-")}`),
	]);
}

/** Control characters out: a caller's name must not move the cursor of the operator who reads it. */
export function printable(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
