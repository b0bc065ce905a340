/** How a message's facts are written in a mail. Pure. */
import { NOTIFY_LIMITS } from "./limits.ts";

/**
 * Control characters end header lines and confuse terminals; direction marks turn "gpj.exe" around. A caller chooses his
 * own display name, so neither may reach a reader.
 */
const UNWRITABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * The sign of an RFC 2047 encoded word: a name that holds one travels as plain ASCII, and the reader's mail program would
 * decode what it hides, line ends included.
 */
const ENCODED_WORD_SIGN = /=\?/g;

/** One line without anything that is not writing, at most `charsMax` characters; an ellipsis marks a cut. */
export function oneLine(text: string, charsMax: number): string {
	const writable = text.toWellFormed().replaceAll(UNWRITABLE, " ").replaceAll(ENCODED_WORD_SIGN, "= ?");
	const clean = writable.replaceAll(/\s+/g, " ").trim();
	const characters = [...clean];
	return characters.length <= charsMax ? clean : `${characters.slice(0, charsMax - 1).join("")}…`;
}

/** North American numbers in their usual groups, all others as they are. */
export function writtenNumber(number: string): string {
	const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
	if (american !== null) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
	return oneLine(number, NOTIFY_LIMITS.callerNameCharsMax);
}

/** "Jane Doe, +1 801 555 1234", "+1 801 555 1234", "withheld number". */
export function writtenCaller(from: string | null, fromName: string | null): string {
	if (from === null) return "withheld number";
	const number = writtenNumber(from) || "unknown number";
	const name = oneLine(fromName ?? "", NOTIFY_LIMITS.callerNameCharsMax);
	return name === "" || name === from || name === number ? number : `${name}, ${number}`;
}

/** "0:23", "12:05": whole seconds, at least one. */
export function writtenDuration(durationMs: number): string {
	const seconds = wholeSeconds(durationMs);
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function wholeSeconds(durationMs: number): number {
	return Math.max(1, Math.round(durationMs / 1000));
}

/**
 * "Thursday, May 28, 2026 at 11:03 AM, Mountain Daylight Time"
 *
 * @param timeZone IANA name; one that Node does not know becomes UTC, since a mail late by hours is better than none.
 */
export function writtenTime(moment: Date, timeZone: string): string {
	const zone = knownZone(timeZone);
	const date = new Intl.DateTimeFormat("en-US", { timeZone: zone, dateStyle: "full" }).format(moment);
	const clock = { timeZone: zone, hour: "numeric", minute: "2-digit" } as const;
	const time = new Intl.DateTimeFormat("en-US", clock).format(moment);
	const name = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "long" })
		.formatToParts(moment)
		.find((part) => part.type === "timeZoneName")!.value;
	return `${date} at ${time}, ${name}`.replaceAll(/[\u202f\u00a0]/g, " ");
}

/** `voicemail-2026-05-28-1703-from-18015551234.wav`: the subscriber's local time; letters, digits and hyphens only. */
export function attachmentName(message: { from: string | null; receivedOn: Date }, timeZone: string): string {
	const numeric = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
	const format = new Intl.DateTimeFormat("en-US", { timeZone: knownZone(timeZone), hourCycle: "h23", ...numeric });
	const parts = new Map<string, string>(
		format.formatToParts(message.receivedOn).map(({ type, value }) => [type, value]),
	);
	const day = `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
	const digits = (message.from ?? "").replaceAll(/[^0-9]/g, "").slice(0, 20);
	const caller = message.from === null ? "withheld" : digits || "unknown";
	return `voicemail-${day}-${parts.get("hour")}${parts.get("minute")}-from-${caller}.wav`;
}

function knownZone(timeZone: string): string {
	try {
		new Intl.DateTimeFormat("en-US", { timeZone });
		return timeZone;
	} catch {
		return "UTC";
	}
}
