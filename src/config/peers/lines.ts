/** On which line of a TOML text a key stands: the parser tells that of broken syntax only. Pure. */

/** A key's place in the table: `["peers", "office", "addresses"]`; a number counts the entries of a `[[list]]`. */
export type TomlPath = readonly (string | number)[];

/**
 * The line of a key, or of the nearest table around it; 1 where nothing of it is found.
 *
 * @param text known to be good TOML. Keys inside of inline tables and lists are found at the line where those begin.
 */
export function lineOf(text: string, path: TomlPath): number {
	const lines = positions(text);
	for (let length = path.length; length > 0; length--) {
		const line = lines.get(keyOf(path.slice(0, length)));
		if (line !== undefined) return line;
	}
	return 1;
}

const keyOf = (path: TomlPath): string => JSON.stringify(path);

function positions(text: string): ReadonlyMap<string, number> {
	const found = new Map<string, number>();
	const counts = new Map<string, number>();
	let table: TomlPath = [];
	const note = (path: TomlPath, line: number): void => {
		for (let length = 1; length <= path.length; length++) {
			const key = keyOf(path.slice(0, length));
			if (!found.has(key)) found.set(key, line);
		}
	};
	for (const { line, content } of statements(text)) {
		if (!content.startsWith("[")) {
			note([...table, ...readKey(content, 0).parts], line);
			continue;
		}
		const list = content.startsWith("[[");
		const path = readKey(content, list ? 2 : 1).parts;
		// `[[a]]` begins the next entry of the list a; `[a.b]` behind it belongs to its last entry.
		const inLists = path.flatMap((part, i) => {
			const count = counts.get(keyOf(path.slice(0, i + 1)));
			const last = i === path.length - 1;
			return count === undefined || (last && list) ? [part] : [part, count - 1];
		});
		if (list) {
			const count = counts.get(keyOf(path)) ?? 0;
			counts.set(keyOf(path), count + 1);
			table = [...inLists, count];
		} else table = inLists;
		note(table, line);
	}
	return found;
}

interface Statement {
	/** Counted from 1. */
	readonly line: number;
	readonly content: string;
}

/** One key with its value, or one table header, however many lines it takes. */
function statements(text: string): readonly Statement[] {
	const found: Statement[] = [];
	const all = text.split(/\r?\n/);
	for (let i = 0; i < all.length; i++) {
		const content = all[i]!.trim();
		if (content === "" || content.startsWith("#")) continue;
		found.push({ line: i + 1, content });
		if (content.startsWith("[")) continue;
		let open = scan(content.slice(readKey(content, 0).end), BEGIN);
		while (i + 1 < all.length && (open.depth > 0 || open.quote !== "")) open = scan(all[++i]!, open);
	}
	return found;
}

interface Open {
	/** Brackets and braces that wait to be closed. */
	readonly depth: number;
	/** The quotes of a string that goes over lines, "" outside. */
	readonly quote: string;
}

const BEGIN: Open = { depth: 0, quote: "" };

/** What is open at the end of a line. */
function scan(line: string, { depth, quote }: Open): Open {
	let inside = quote;
	let open = depth;
	for (let i = 0; i < line.length; i++) {
		const c = line[i]!;
		if (inside !== "") {
			if (c === "\\" && inside.startsWith('"')) i++;
			else if (line.startsWith(inside, i)) {
				i += inside.length - 1;
				inside = "";
			}
		} else if (c === "#") break;
		else if (c === '"' || c === "'") {
			inside = line.startsWith(c.repeat(3), i) ? c.repeat(3) : c;
			i += inside.length - 1;
		} else if (c === "[" || c === "{") open++;
		else if (c === "]" || c === "}") open--;
	}
	// A string of one quote ends with its line, or the text is no TOML.
	return { depth: open, quote: inside.length === 3 ? inside : "" };
}

/** The dotted key that begins at `at`, bare parts and quoted ones, and where the text behind its `=` or `]` begins. */
function readKey(content: string, at: number): { readonly parts: readonly string[]; readonly end: number } {
	const parts: string[] = [];
	const part = /\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*([.=\]])/y;
	part.lastIndex = at;
	let end = at;
	for (let match = part.exec(content); match !== null; match = part.exec(content)) {
		end = part.lastIndex;
		parts.push(match[1] === undefined ? (match[2] ?? match[3]!) : unescaped(match[1]));
		if (match[4] !== ".") break;
	}
	return { parts, end };
}

function unescaped(text: string): string {
	try {
		return JSON.parse(`"${text}"`) as string;
	} catch {
		return text;
	}
}
