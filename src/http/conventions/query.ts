/**
 * A query string as names with their values, one or several. A number typed with its raw `+` arrives with a space in
 * its place (contract 1.8); a value without anything in it counts as absent.
 */
export function parseQuery(query: string): Record<string, string | string[]> {
	const values = new Map<string, string | string[]>();
	for (const [name, raw] of new URLSearchParams(query)) {
		if (raw === "") continue;
		const value = /^ [1-9][0-9]*$/.test(raw) ? `+${raw.slice(1)}` : raw;
		const before = values.get(name);
		if (before === undefined) values.set(name, value);
		else if (typeof before === "string") values.set(name, [before, value]);
		else before.push(value);
	}
	return Object.fromEntries(values);
}
