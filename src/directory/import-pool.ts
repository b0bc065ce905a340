/** Fills an operator's pool of numbers. */
import { sql } from "kysely";
import { Failure, isE164 } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { isId } from "./ids.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { areaOf, iccidText } from "./number-row.ts";
import type { NumberImport } from "./types.ts";

/**
 * All or nothing: a wrong row leaves the pool as it was. Numbers already held, and later rows of the same number, are
 * skipped and named. An example number that is imported becomes a real one; the other examples still in the pool go.
 *
 * @throws Failure `badInput` naming the first wrong row, counted from 1.
 */
export async function importPool(
	tx: Tx,
	distributorId: string,
	numbers: readonly NumberImport[],
): Promise<{ readonly imported: number; readonly skipped: readonly string[]; readonly taken: ReadonlySet<string> }> {
	if (numbers.length > DIRECTORY_LIMITS.importRowsMax) {
		throw new Failure(
			"badInput",
			`${numbers.length} numbers are too many for one import`,
			`Split them into imports of at most ${DIRECTORY_LIMITS.importRowsMax}.`,
		);
	}
	for (const [at, row] of numbers.entries()) checkRow(row, at + 1);
	const taken = new Set<string>();
	for (let at = 0; at < numbers.length; at += DIRECTORY_LIMITS.importBatchRows) {
		const batch = numbers.slice(at, at + DIRECTORY_LIMITS.importBatchRows);
		for (const number of await importBatch(tx, distributorId, batch)) taken.add(number);
	}
	if (taken.size > 0) {
		await tx
			.deleteFrom("numbers")
			.where("distributorId", "=", distributorId)
			.where("status", "=", "Pool")
			.where("example", "=", true)
			.execute();
	}
	const firstOf = new Set<string>();
	const skipped = numbers.filter((row) => {
		const first = !firstOf.has(row.number);
		firstOf.add(row.number);
		return !(first && taken.has(row.number));
	});
	return { imported: taken.size, skipped: skipped.map((row) => row.number), taken };
}

function checkRow(row: NumberImport, position: number): void {
	if (!isE164(row.number)) {
		throw new Failure(
			"badInput",
			`Row ${position}: Number is not an E.164 number`,
			"Write each number with + and country code, digits only, such as +11234567890.",
		);
	}
	const texts = { AreaCode: row.areaCode, ZipCode: row.zipCode, ICCID: row.iccid };
	for (const [name, text] of Object.entries(texts)) {
		if (text !== undefined && text !== "" && !isId(text)) {
			throw new Failure("badInput", `Row ${position}: ${name} is no short plain text`, "Correct it or leave it empty.");
		}
	}
}

/** @returns the numbers that are new in the pool. */
async function importBatch(tx: Tx, distributorId: string, batch: readonly NumberImport[]): Promise<readonly string[]> {
	const column = (of: (row: NumberImport) => string | null) => sql`${batch.map(of)}::text[]`;
	const blank = (text: string | undefined) => text?.trim() || null;
	// One statement per batch, in the order of the file: the pool is given out in that order.
	const rows = await sql<{ number: string }>`
		insert into numbers (number, id, distributor_id, status, area_code, zip_code, iccid)
		select number, gen_random_uuid(), ${distributorId}, 'Pool', area_code, zip_code, iccid
		from (
			select distinct on (number) *
			from unnest(
				${column((row) => row.number)}, ${column((row) => blank(row.areaCode) ?? areaOf(row.number))},
				${column((row) => blank(row.zipCode))}, ${column((row) => iccidText(row.iccid))}
			) with ordinality as given (number, area_code, zip_code, iccid, position)
			order by number, position
		) as each_once
		order by position
		on conflict (number) do update
			set example = false, area_code = excluded.area_code, zip_code = excluded.zip_code, iccid = excluded.iccid
			where numbers.example and numbers.status = 'Pool' and numbers.distributor_id = excluded.distributor_id
		returning number
	`.execute(tx);
	return rows.rows.map((row) => row.number);
}
