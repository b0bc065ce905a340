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
