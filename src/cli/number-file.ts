/** The file of `afterbeep numbers import`: a header `Number` and optional `AreaCode,ZipCode,ICCID`. Pure. */
import type { NumberImport } from "../directory/index.ts";
import { isE164 } from "../domain/index.ts";
import { type CsvProblem, parseCsv } from "./csv.ts";

const COLUMNS = { number: "Number", areacode: "AreaCode", zipcode: "ZipCode", iccid: "ICCID" } as const;
type Column = keyof typeof COLUMNS;

export interface NumberFile {
	readonly numbers: readonly NumberImport[];
	readonly problems: readonly CsvProblem[];
}

/** Every bad line is named with its number and the reason; the good ones are read all the same. */
export function readNumberFile(text: string): NumberFile {
	const { rows, problems } = parseCsv(text);
	const [header, ...body] = rows;
	if (header === undefined) return { numbers: [], problems: [...problems, { line: 1, reason: "the file is empty" }] };
	const columns = header.fields.map((name) => name.toLowerCase().replace(/[^a-z]/g, ""));
	const wrong = headerProblem(header.fields, columns);
	if (wrong !== undefined) return { numbers: [], problems: [...problems, { line: header.line, reason: wrong }] };

	const numbers: NumberImport[] = [];
	const bad: CsvProblem[] = [...problems];
	const seen = new Map<string, number>();
	for (const { line, fields } of body) {
		const cell = (column: Column): string | undefined => fields[columns.indexOf(column)] || undefined;
		const number = cell("number")?.replace(/[\s().-]/g, "");
		const entry = { number: number ?? "", areaCode: cell("areacode"), zipCode: cell("zipcode"), iccid: cell("iccid") };
		const reason = fields.length > columns.length ? `has ${fields.length} fields` : entryProblem(entry, seen);
		if (reason === undefined) {
			seen.set(entry.number, line);
			numbers.push(entry);
		} else bad.push({ line, reason });
	}
	return { numbers, problems: bad.sort((a, b) => a.line - b.line) };
}

function headerProblem(names: readonly string[], columns: readonly string[]): string | undefined {
	const unknown = names.filter((_, i) => !(columns[i]! in COLUMNS));
	const known = Object.values(COLUMNS).join(", ");
	if (!columns.includes("number")) return `the header has no column Number; it may have ${known}`;
	if (unknown.length > 0)
		return `the header has the unknown column ${JSON.stringify(unknown[0])}; it may have ${known}`;
	return new Set(columns).size < columns.length ? "the header names a column twice" : undefined;
}

function entryProblem(entry: NumberImport, seen: ReadonlyMap<string, number>): string | undefined {
	const shown = JSON.stringify(entry.number.slice(0, 40));
	if (!isE164(entry.number)) return `${shown} is not a number in E.164 form, such as +11234567890`;
	const before = seen.get(entry.number);
	if (before !== undefined) return `${entry.number} stands in line ${before} already`;
	if (entry.areaCode !== undefined && !/^\d{3}$/.test(entry.areaCode)) return "AreaCode is not 3 digits";
	if (entry.zipCode !== undefined && !/^[A-Za-z0-9 -]{2,10}$/.test(entry.zipCode)) {
		return "ZipCode is not 2 to 10 letters and digits";
	}
	if (entry.iccid !== undefined && !/^\d{18,20}[A-Fa-f]?$/.test(entry.iccid)) return "ICCID is not 18 to 20 digits";
	return undefined;
}
