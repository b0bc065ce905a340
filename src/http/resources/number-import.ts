import { z } from "zod";
import { accountId, areaCode, iccid, optionalCode, phoneNumber } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";
import { HTTP_LIMITS } from "../limits.ts";

const ImportRequest = z.object({
	Numbers: z
		.array(
			z.object({
				Number: phoneNumber,
				AccountId: accountId,
				AreaCode: areaCode,
				ZipCode: optionalCode(
					"[A-Za-z0-9 -]{2,10}",
					"must be 2 to 10 letters and digits",
					"Postal area of the number.",
					"84603",
				),
				ICCID: iccid,
			}),
		)
		.min(1, "must name at least one number")
		.max(HTTP_LIMITS.importNumbersMax, `must name at most ${HTTP_LIMITS.importNumbersMax} numbers`)
		.meta({ description: "Numbers that the operator holds." }),
	Provision: z
		.boolean()
		.optional()
		.meta({ description: "Assign them to their AccountId at once, instead of filling the pool." }),
});

const ImportResponse = z.object({
	OrderId: z.string(),
	OrderStatus: z.string(),
	Imported: z.int(),
	Skipped: z.array(z.string()).meta({ description: "Numbers that are held already, or stand in the list twice." }),
});

export function numberImportOperations({ numbers }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "importNumbers",
			method: "POST",
			path: "/v1.0/numbers/import",
			tag: "Numbers",
			summary: "Bring in the operator's own numbers",
			description:
				"Fills the pool of `POST /v1.0/numbers/provision` with numbers that the operator holds, or provisions them at once (`mvno`, `p2p`, calls on). Nothing is imported where one row is wrong; numbers held already are skipped and named. Needs a key of the whole operator. For files of any length: `afterbeep numbers import FILE.csv`.",
			ours: true,
			request: ImportRequest,
			response: ImportResponse,
			example: {
				request: {
					Numbers: [{ Number: "+12016093901", AreaCode: "201", ZipCode: "07001" }, { Number: "+12016093902" }],
					Provision: false,
				},
				response: {
					OrderId: "JNUOID-76ba71a8-d7a6-4489-b695-1ad363b8d596",
					OrderStatus: "Complete",
					Imported: 2,
					Skipped: [],
				},
			},
			async handle(input, who) {
				const rows = input.Numbers.map((row) => ({
					number: row.Number,
					accountId: row.AccountId,
					areaCode: row.AreaCode,
					zipCode: row.ZipCode,
					iccid: row.ICCID,
				}));
				const done = await numbers.importNumbers(who, rows, input.Provision ?? false);
				return {
					OrderId: done.orderId,
					OrderStatus: done.orderStatus,
					Imported: done.imported,
					Skipped: [...done.skipped],
				};
			},
		}),
	];
}
