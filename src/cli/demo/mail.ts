/** Reads enough of a mail in a Maildir to show it: headers, and the parts that are attached (RFC 5322, RFC 2045). */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

export interface ShownMail {
	readonly file: string;
	readonly from: string;
	readonly to: string;
	readonly subject: string;
	readonly attachments: readonly { readonly name: string; readonly type: string; readonly content: Buffer }[];
}

/** The mails in `new` and `cur`, in the order of their names. */
export async function readMaildir(folder: string): Promise<readonly ShownMail[]> {
	const mails: ShownMail[] = [];
	for (const part of ["new", "cur"]) {
		const names = await readdir(path.join(folder, part)).catch((): string[] => []);
		for (const name of names.sort()) {
			const file = path.join(folder, part, name);
			mails.push(parseMail(file, await readFile(file, "latin1")));
		}
	}
	return mails;
}

export function parseMail(file: string, text: string): ShownMail {
	const whole = parsePart(text);
	const attachments = leaves(whole).flatMap((part) => {
		const disposition = part.headers.get("content-disposition") ?? "";
		if (!/^attachment/i.test(disposition)) return [];
		const name = /filename="?([^";]+)"?/i.exec(disposition)?.[1] ?? "unnamed";
		const type = (part.headers.get("content-type") ?? "").split(";")[0]!.trim();
		const base64 = /base64/i.test(part.headers.get("content-transfer-encoding") ?? "");
		return [{ name, type, content: Buffer.from(part.body, base64 ? "base64" : "latin1") }];
	});
	const header = (name: string): string => decodeWords(whole.headers.get(name) ?? "");
	return { file, from: header("from"), to: header("to"), subject: header("subject"), attachments };
}

interface Part {
	readonly headers: ReadonlyMap<string, string>;
	readonly body: string;
}

function parsePart(text: string): Part {
	const end = /\r?\n\r?\n/.exec(text);
	const head = end === null ? text : text.slice(0, end.index);
	const body = end === null ? "" : text.slice(end.index + end[0].length);
	const headers = new Map<string, string>();
	for (const line of head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
		const colon = line.indexOf(":");
		if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
	}
	return { headers, body };
}

/** Parts that hold no others; multiparts within multiparts are opened. */
function leaves(part: Part, depth = 0): readonly Part[] {
	const boundary = /boundary="?([^";]+)"?/i.exec(part.headers.get("content-type") ?? "")?.[1];
	if (boundary === undefined || depth > 5) return [part];
	const pieces = `\n${part.body}`.split(`\n--${boundary}`).slice(1);
	return pieces
		.filter((piece) => !piece.startsWith("--"))
		.flatMap((piece) => leaves(parsePart(piece.replace(/^[ \t]*\r?\n/, "")), depth + 1));
}

/** Encoded words (RFC 2047) of UTF-8. */
function decodeWords(text: string): string {
	const word = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;
	return text.replace(/\?=\s+=\?/g, "?==?").replace(word, (_, encoding: string, content: string) => {
		if (encoding.toLowerCase() === "b") return Buffer.from(content, "base64").toString("utf8");
		const octets = content
			.replaceAll("_", " ")
			.replace(/=([0-9A-F]{2})/gi, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
		return Buffer.from(octets, "latin1").toString("utf8");
	});
}
