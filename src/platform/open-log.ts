/** The log: JSON lines on a pipe, readable lines on a terminal. */
import { type Logger, pino } from "pino";
import { colours, type Output } from "../cli/terminal.ts";
import type { LogLevel } from "../config/index.ts";

/** A second net under the rule that no such thing is handed to the log. */
const HIDDEN_FIELDS = [
	"pin",
	"PIN",
	"secret",
	"accountSecret",
	"AccountSecret",
	"token",
	"authorization",
	"password",
	"digits",
];

export interface LogOptions {
	readonly level: LogLevel;
	readonly output: Output;
	readonly env: NodeJS.ProcessEnv;
}

export function openLog(options: LogOptions): Logger {
	const { output } = options;
	const readable = output.isTTY === true;
	const paint = colours(output, options.env);
	const destination = { write: (line: string) => void output.write(readable ? readableLine(line, paint) : line) };
	return pino(
		{
			level: options.level,
			base: null,
			timestamp: () => `,"time":"${new Date().toISOString()}"`,
			formatters: { level: (label) => ({ level: label }) },
			redact: { paths: HIDDEN_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: "(hidden)" },
			serializers: { error: pino.stdSerializers.err },
		},
		destination,
	);
}

const LEVEL_COLOURS: Readonly<Record<string, number>> = { debug: 90, info: 36, warn: 33, error: 31, fatal: 31 };

/** `17:03:12.345 INFO  message  field=value`; an error's stack below. */
export function readableLine(json: string, paint: boolean): string {
	let entry: Record<string, unknown>;
	try {
		entry = JSON.parse(json) as Record<string, unknown>;
	} catch {
		return json;
	}
	const { level, time, msg, err, error, ...fields } = entry;
	const code = (open: number, text: string): string => (paint ? `\u001b[${open}m${text}\u001b[0m` : text);
	const clock = String(time).slice(11, 23);
	const name = String(level);
	const rest = Object.entries(fields).map(([key, value]) => `${key}=${fieldText(value)}`);
	const line = [code(90, clock), code(LEVEL_COLOURS[name] ?? 0, name.toUpperCase().padEnd(5)), String(msg ?? "")];
	if (rest.length > 0) line.push(code(90, rest.join(" ")));
	const failure = (err ?? error) as { stack?: string; message?: string } | string | undefined;
	const details = typeof failure === "object" ? (failure.stack ?? failure.message) : failure;
	return `${line.join(" ")}${details === undefined ? "" : `\n${details.replace(/^/gm, "    ")}`}\n`;
}

function fieldText(value: unknown): string {
	if (typeof value === "string") return /[\s"=]/.test(value) || value === "" ? JSON.stringify(value) : value;
	return JSON.stringify(value) ?? "undefined";
}
