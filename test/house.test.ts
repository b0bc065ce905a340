/** The rules of the house as tests: which room may import which, how long a file may be, what pure files may not call. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const src = join(root, "src");

/** The arrows of ARCHITECTURE.md. `config`, `platform`, `cli` and `main.ts` may import everything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
	domain: [],
	client: [],
	audio: [],
	sip: [],
	media: ["audio"],
	speech: ["audio", "domain"],
	store: ["domain"],
	directory: ["domain", "store"],
	routing: ["domain", "store"],
	mailbox: ["audio", "domain", "store", "directory"],
	calls: ["audio", "domain", "sip", "media", "speech"],
	lamps: ["domain", "sip"],
	notify: ["audio", "domain", "mailbox", "directory", "store"],
	http: ["domain", "mailbox", "directory", "routing"],
};
const OPEN_ROOMS = new Set(["config", "platform", "cli", "main.ts"]);

/**
 * Files in which a step depends on nothing but its arguments. `running.ts` is the shell that gives the transaction
 * machines their timers.
 */
const PURE =
	/^(domain\/(?!clock|ids)|sip\/(message|transaction|dialog|digest|overload)\/(?!running)|sip\/(locate\/order|transport\/(advertising|certificate-names))|audio\/|media\/(sdp|rtp|dtmf)\/|calls\/(deposit|retrieval|resolver|caller|diversion|privacy|attestation|keys|decision)|speech\/say|routing\/(decide|schedule-hours|ring-plan)|lamps\/(subscription|message-summary|addressing|announcement))/;
const IMPURE_CALLS =
	/\b(Date\.now\(|new Date\(\)|Math\.random\(|randomBytes\(|randomUUID\(|setTimeout\(|setInterval\(|performance\.now\()|from "node:(fs|dgram|http|https|tls|worker_threads|child_process|timers)/;

const FILE_LINES_MAX = 400;

function sourceFiles(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(text: string): string[] {
	return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1]!);
}

const files = sourceFiles(src).map((path) => ({
	path,
	name: relative(src, path).split(sep).join("/"),
	text: readFileSync(path, "utf8"),
}));
const roomOf = (name: string) => name.split("/")[0]!;

describe("the house", () => {
	test("every folder of src is a room with its arrows written down", () => {
		const rooms = new Set(files.map((file) => roomOf(file.name)));
		const unknown = [...rooms].filter((room) => !(room in MAY_IMPORT) && !OPEN_ROOMS.has(room));
		expect(unknown).toEqual([]);
	});

	test("a room imports only the rooms its arrows point to, and those only through their index.ts", () => {
		const wrong: string[] = [];
		for (const file of files) {
			const room = roomOf(file.name);
			for (const specifier of importsOf(file.text)) {
				const target = relative(src, resolve(dirname(file.path), specifier))
					.split(sep)
					.join("/");
				if (target.startsWith("..")) continue;
				const targetRoom = roomOf(target);
				if (targetRoom === room) continue;
				if (!OPEN_ROOMS.has(room) && !MAY_IMPORT[room]?.includes(targetRoom)) wrong.push(`${file.name} -> ${target}`);
				else if (!OPEN_ROOMS.has(targetRoom) && target !== `${targetRoom}/index.ts`) {
					wrong.push(`${file.name} -> ${target} (not its index.ts)`);
				} else if (targetRoom === "main.ts" && room !== "cli") wrong.push(`${file.name} -> ${target}`);
			}
		}
		expect(wrong).toEqual([]);
	});

	test("pure files read no clock, draw no random number, open no file or socket", () => {
		const wrong = files
			.filter((file) => PURE.test(file.name))
			.flatMap((file) =>
				file.text
					.split("\n")
					.map((line, i) => ({ line, at: `${file.name}:${i + 1}` }))
					.filter(({ line }) => IMPURE_CALLS.test(line) && !/^\s*(\*|\/\/)/.test(line))
					.map(({ at, line }) => `${at} ${line.trim()}`),
			);
		expect(wrong).toEqual([]);
	});

	test(`no file is longer than ${FILE_LINES_MAX} lines`, () => {
		const long = files
			.map((file) => ({ name: file.name, lines: file.text.split("\n").length }))
			.filter((file) => file.lines > FILE_LINES_MAX)
			.map((file) => `${file.name} (${file.lines})`);
		expect(long).toEqual([]);
	});

	test("no mark is left in the code that says work is unfinished", () => {
		const marks = /\b(TODO|FIXME|XXX|HACK)\b|\b(test|describe|it)\.(skip|only|todo)\(/;
		const wrong = files.filter((file) => marks.test(file.text)).map((file) => file.name);
		expect(wrong).toEqual([]);
	});
});
