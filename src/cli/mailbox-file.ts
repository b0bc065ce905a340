/** The file of `afterbeep mailboxes import`: a header with Number, and what is wanted of the others. Pure. */
import { isE164 } from "../domain/index.ts";
import { lineProblem, type MailboxImportLine } from "../mailbox/index.ts";
import { type CsvProblem, parseCsv } from "./csv.ts";

const COLUMNS = ["Number", "PIN", "FirstName", "LastName", "Email", "TimeZone", "Language"] as const;
type Column = (typeof COLUMNS)[number];

export interface MailboxFile {
	readonly lines: readonly MailboxImportLine[];
	readonly problems: readonly CsvProblem[];
}

/** Every bad line is named with its number and the reason, never with its PIN; the good ones are read all the same. */
export function readMailboxFile(text: string): MailboxFile {
	const { rows, problems } = parseCsv(text);
	const [header, ...body] = rows;
	if (header === undefined) return { lines: [], problems: [...problems, { line: 1, reason: "the file is empty" }] };
	const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, "");
	const names = header.fields.map(plain);
	const place = (column: Column) => names.indexOf(column.toLowerCase());
	const wrong = headerProblem(names);
	if (wrong !== undefined) return { lines: [], problems: [...problems, { line: header.line, reason: wrong }] };

	const lines: MailboxImportLine[] = [];
	const bad: CsvProblem[] = [...problems];
	const seen = new Map<string, number>();
	for (const { line, fields } of body) {
		const cell = (column: Column): string | undefined => fields[place(column)] || undefined;
		const entry: MailboxImportLine = {
			line,
			phoneNumber: cell("Number")?.replace(/[\s().-]/g, "") ?? "",
			fields: { pin: cell("PIN"), firstName: cell("FirstName"), lastName: cell("LastName"), email: cell("Email") },
			timeZone: cell("TimeZone"),
			language: cell("Language"),
		};
		const before = seen.get(entry.phoneNumber);
		const reason =
			fields.length > names.length
				? `has ${fields.length} fields`
				: !isE164(entry.phoneNumber)
					? "Number is not in E.164 form, such as +11234567890"
					: before !== undefined
						? `${entry.phoneNumber} stands in line ${before} already`
						: lineProblem(entry);
		if (reason === undefined) {
			seen.set(entry.phoneNumber, line);
			lines.push(entry);
		} else bad.push({ line, reason });
	}
	return { lines, problems: bad.sort((a, b) => a.line - b.line) };
}

function headerProblem(names: readonly string[]): string | undefined {
	const known = COLUMNS.join(", ");
	const columns = new Set<string>(COLUMNS.map((column) => column.toLowerCase()));
	const unknown = names.findIndex((name) => !columns.has(name));
	if (!names.includes("number")) return `the header has no column Number; it may have ${known}`;
	if (unknown >= 0) return `column ${unknown + 1} of the header is unknown; it may have ${known}`;
	return new Set(names).size < names.length ? "the header names a column twice" : undefined;
}
