/** Figures for people: medians, spreads, tables. */

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which `share` (0 to 1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Ratios of ours to the limit runs around it (limit, ours, limit, ours, limit): each of ours to the mean of its neighbours. */
export function ratios(
	limits: readonly number[],
	ours: readonly number[],
): { readonly median: number; readonly spread: string } {
	const each = ours.map((value, i) => value / ((limits[i]! + limits[i + 1]!) / 2));
	return { median: median(each), spread: `${Math.min(...each).toFixed(2)}-${Math.max(...each).toFixed(2)}` };
}

export function printTable(title: string, rows: readonly Record<string, string | number>[]): void {
	const columns = Object.keys(rows[0] ?? {});
	const cells = rows.map((row) => columns.map((column) => String(row[column])));
	const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]!.length)));
	const line = (texts: readonly string[]) => `| ${texts.map((text, i) => text.padEnd(widths[i]!)).join(" | ")} |`;
	console.log(`\n${title}\n`);
	console.log(line(columns));
	console.log(line(widths.map((width) => "-".repeat(width))));
	for (const row of cells) console.log(line(row));
}
