const two = (value: number) => String(value).padStart(2, "0");

/** `MM/dd/yyyy hh:mm:ss tt` in UTC: the form of `tokenExpiry` (contract 1.8); noon is 12 PM, midnight 12 AM. */
export function usDateTime(at: Date): string {
	const hour = at.getUTCHours();
	const time = [hour % 12 === 0 ? 12 : hour % 12, at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(":");
	return `${usDate(at)} ${time} ${hour < 12 ? "AM" : "PM"}`;
}

/** `MM/dd/yyyy` in UTC: the form of `OriginalDatePurchased` (contract 1.8). */
export function usDate(at: Date): string {
	return `${two(at.getUTCMonth() + 1)}/${two(at.getUTCDate())}/${String(at.getUTCFullYear()).padStart(4, "0")}`;
}

/**
 * A date as clients write it (contract 1.8): `M/d/yyyy`, or ISO 8601 with 0 to 7 digits of a second; without a zone it
 * is UTC, without a time midnight.
 *
 * @returns undefined for what is no date of the calendar.
 */
export function readDate(text: string): Date | undefined {
	const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
	if (us !== null) return calendarDay(Number(us[3]), Number(us[1]), Number(us[2]));
	const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text);
	if (iso === null) return undefined;
	const day = calendarDay(Number(iso[1]), Number(iso[2]), Number(iso[3]));
	if (day === undefined || iso[4] === undefined) return day;
	const moment = new Date(`${iso[1]}-${iso[2]}-${iso[3]}T${iso[4]}${iso[5]?.toUpperCase() ?? "Z"}`);
	return Number.isNaN(moment.getTime()) ? undefined : moment;
}

function calendarDay(year: number, month: number, day: number): Date | undefined {
	const date = new Date(Date.UTC(year, month - 1, day));
	const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
	return same ? date : undefined;
}
