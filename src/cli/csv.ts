/** Comma-separated values: RFC 4180, tolerant of a byte order mark, bare line feeds and semicolons. Pure. */

export interface CsvRow {
	/** Line of the file where the row starts, from 1. */
	readonly line: number;
	readonly fields: readonly string[];
}

export interface CsvProblem {
	readonly line: number;
	readonly reason: string;
}

/** Rows in order, empty lines left out. An unclosed quote is a problem of the line where it was opened. */
export function parseCsv(input: string): {
	readonly rows: readonly CsvRow[];
	readonly problems: readonly CsvProblem[];
} {
	const text = input.replace(/^\ufeff/, "");
	const separator = separatorOf(text);
	const rows: CsvRow[] = [];
	const problems: CsvProblem[] = [];
	let line = 1;
	let at = 0;
	while (at < text.length) {
		const row = readRow(text, at, separator);
		const wanted = row.fields.length > 1 || row.fields[0]!.trim() !== "";
		if (row.problem !== undefined) problems.push({ line, reason: row.problem });
		else if (wanted) rows.push({ line, fields: row.fields });
		line += row.lines;
		at = row.end;
	}
	return { rows, problems };
}

/** Spreadsheets of countries with a decimal comma write semicolons. */
function separatorOf(text: string): "," | ";" {
	const header = text.slice(0, (text.indexOf("\n") + 1 || text.length + 1) - 1);
	return header.includes(";") && !header.includes(",") ? ";" : ",";
}

interface ReadRow {
	readonly fields: readonly string[];
	/** Offset behind the row's line end. */
	readonly end: number;
	readonly lines: number;
	readonly problem: string | undefined;
}

function readRow(text: string, start: number, separator: string): ReadRow {
	const fields: string[] = [];
	let problem: string | undefined;
	let at = start;
	for (;;) {
		const field = /^[ \t]*"/.test(text.slice(at, at + 32)) ? readQuoted(text, at) : readBare(text, at, separator);
		fields.push(field.value.trim());
		problem ??= field.problem;
		at = field.end;
		if (text[at] !== separator) break;
		at++;
	}
	if (problem === undefined && at < text.length && !/^\r?\n/.test(text.slice(at, at + 2))) {
		problem = "has text behind a closing quote";
	}
	// An unclosed quote would swallow the rest of the file: go on with the line behind the one that opened it.
	const from = problem === undefined ? at : start;
	const newline = text.indexOf("\n", from);
	const end = newline === -1 ? text.length : newline + 1;
	return { fields, end, lines: text.slice(start, end).split("\n").length - 1 || 1, problem };
}

interface ReadField {
	readonly value: string;
	readonly end: number;
	readonly problem?: string;
}

function readBare(text: string, start: number, separator: string): ReadField {
	let end = start;
	while (end < text.length && text[end] !== separator && text[end] !== "\n" && text[end] !== "\r") end++;
	return { value: text.slice(start, end), end };
}

function readQuoted(text: string, start: number): ReadField {
	let value = "";
	let at = text.indexOf('"', start) + 1;
	for (;;) {
		const quote = text.indexOf('"', at);
		if (quote === -1) return { value, end: text.length, problem: "has a quote that is never closed" };
		value += text.slice(at, quote);
		if (text[quote + 1] !== '"') {
			const blanks = /^[ \t]*/.exec(text.slice(quote + 1, quote + 33))![0].length;
			return { value, end: quote + 1 + blanks };
		}
		value += '"';
		at = quote + 2;
	}
}
