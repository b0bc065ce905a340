/** Office hours: whether a schedule is open at a moment (contract 3.8). Pure. */

export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** `MondayStartTime`, `MondayEndTime` and so on as `h:mm tt`; empty or absent = closed. */
export type WeekHours = Readonly<Record<string, unknown>>;

const DAY_MINUTES = 24 * 60;

/** Minutes since midnight of `8:00 AM`; 12 AM is midnight, 12 PM is noon. Undefined for anything else. */
export function minutesOf(time: string): number | undefined {
	const match = /^\s*(0?[1-9]|1[0-2]):([0-5][0-9])\s*([AaPp])[Mm]\s*$/.exec(time);
	if (match === null) return undefined;
	const hour = Number(match[1]) % 12;
	return (/p/i.test(match[3]!) ? hour + 12 : hour) * 60 + Number(match[2]);
}

/**
 * Judged by the clock on the wall of the zone, so that hours stay what they are when clocks are put forward or back: an
 * hour that comes twice is open twice, one that is left out is never open. An end before the start lies past midnight;
 * an end that equals the start makes a whole day.
 *
 * @param zone IANA name.
 */
export function isOpen(hours: WeekHours, zone: string, at: Date): boolean {
	const { day, minutes } = wallClock(zone, at);
	const today = hoursOf(hours, day);
	if (today !== undefined) {
		const { start, end } = today;
		if (minutes >= start && (end <= start || minutes < end)) return true;
	}
	const before = hoursOf(hours, (day + WEEKDAYS.length - 1) % WEEKDAYS.length);
	return before !== undefined && before.end <= before.start && minutes < before.end;
}

/** @returns undefined for a day that is closed. */
function hoursOf(hours: WeekHours, day: number): { readonly start: number; readonly end: number } | undefined {
	const start = minutesOf(String(hours[`${WEEKDAYS[day]}StartTime`] ?? ""));
	const end = minutesOf(String(hours[`${WEEKDAYS[day]}EndTime`] ?? ""));
	return start === undefined || end === undefined ? undefined : { start, end };
}

/** Weekday from Monday = 0, and minutes since midnight, as people in the zone read them. */
function wallClock(zone: string, at: Date): { readonly day: number; readonly minutes: number } {
	const parts = new Intl.DateTimeFormat("en-US", {
		timeZone: zone,
		weekday: "long",
		hour: "numeric",
		minute: "numeric",
		hourCycle: "h23",
	}).formatToParts(at);
	const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
	const day = WEEKDAYS.indexOf(part("weekday") as Weekday);
	return { day, minutes: (Number(part("hour")) * 60 + Number(part("minute"))) % DAY_MINUTES };
}

/** Whether the runtime knows the zone. */
export function isTimeZone(zone: string): boolean {
	try {
		new Intl.DateTimeFormat("en-US", { timeZone: zone });
		return true;
	} catch {
		return false;
	}
}
