/** The calendar day and clock time of a moment in a time zone. Pure: Intl only. */

export interface LocalMoment {
	readonly year: number;
	/** 1-12 */
	readonly month: number;
	/** 1-31 */
	readonly day: number;
	/** 0 Sunday to 6 Saturday. */
	readonly weekday: number;
	/** 0-23 */
	readonly hour: number;
	/** 0-59 */
	readonly minute: number;
}

/** Making a formatter costs some 50 µs, so each zone keeps its own. The platform accepts at most the IANA names. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
	const known = formatters.get(timeZone);
	if (known !== undefined) return known;
	const made = new Intl.DateTimeFormat("en-US", {
		timeZone,
		calendar: "gregory",
		numberingSystem: "latn",
		hourCycle: "h23",
		year: "numeric",
		month: "numeric",
		day: "numeric",
		hour: "numeric",
		minute: "numeric",
	});
	formatters.set(timeZone, made);
	return made;
}

/**
 * @param timeZone IANA name.
 * @throws RangeError for a zone that Node does not know.
 */
export function localMoment(moment: Date, timeZone: string): LocalMoment {
	const parts = new Map<string, string>();
	for (const { type, value } of formatter(timeZone).formatToParts(moment)) parts.set(type, value);
	const read = (name: string): number => Number(parts.get(name));
	const [year, month, day] = [read("year"), read("month"), read("day")];
	const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
	return { year, month, day, weekday, hour: read("hour"), minute: read("minute") };
}

/** Calendar days from `earlier` to `later`, whatever the clock did in between: a day of 23 or 25 hours counts as one. */
export function dayDistance(earlier: LocalMoment, later: LocalMoment): number {
	const dayNumber = ({ year, month, day }: LocalMoment): number => Date.UTC(year, month - 1, day) / 86_400_000;
	return dayNumber(later) - dayNumber(earlier);
}
