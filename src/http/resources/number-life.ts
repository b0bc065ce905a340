import { z } from "zod";
import { readDate } from "../conventions/dates.ts";
import { accountId, areaCode, effectiveDate, iccid, phoneNumber, requiredId, zipCode } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import { textMeans } from "../conventions/reading.ts";
import type { HttpDeps } from "../deps.ts";
import { HTTP_LIMITS } from "../limits.ts";

const OrderQuery = z.object({
	OrderId: requiredId("Order to look up.", "JNUOID-76ba71a8-d7a6-4489-b695-1ad363b8d596"),
});

const OrderResponse = z.object({
	OrderDate: z.string(),
	OrderId: z.string(),
	OrderStatus: z.string(),
	OrderStatusMessage: z.string().nullable(),
	OrderType: z.string(),
	PhoneNumbersOrdered: z.array(z.object({ Number: z.string() })),
});

const StatusRequest = z.object({
	StatusChange: z.enum(["activate", "cancel", "park", "swap", "swap-sim", "replace"]).meta({
		description:
			"`activate`: back from parked or cancelled; `park`: suspended, voicemail goes on; `cancel`: given up, voicemail closes at once; `swap`: another number of the same area; `replace`: another number of any area; `swap-sim`: another SIM.",
	}),
	EffectiveDate: effectiveDate,
	AreaCode: areaCode,
	ZipCode: zipCode,
	PhoneNumbers: z
		.array(z.object({ Number: phoneNumber, ICCID: iccid }).register(textMeans, { member: "Number" }))
		.min(1, "must name at least one number")
		.max(HTTP_LIMITS.statusNumbersMax, `must name at most ${HTTP_LIMITS.statusNumbersMax} numbers`)
		.meta({ description: "All of them are changed, or none. Plain texts are taken as the Number." }),
});

const StatusResponse = z.object({
	OrderId: z.string(),
	OrderDate: z.string(),
	OrderStatus: z.string(),
	ChangeType: z.string(),
	EffectiveDate: z.string(),
	Numbers: z.array(z.object({ Number: z.string(), QrCode: z.string().nullable(), PreviousNumber: z.string() })),
});

const ReactivateRequest = z.object({ PhoneNumber: phoneNumber, AccountId: accountId });
const ReactivateResponse = z.object({
	PhoneNumber: z.string().nullable(),
	AccountId: z.string().nullable(),
	Status: z.string().nullable(),
	StatusMessage: z.string().nullable(),
});

export function numberLifeOperations({ numbers }: HttpDeps): readonly Operation[] {
	const reactivate = {
		method: "POST",
		tag: "Numbers",
		summary: "Take a cancelled number back",
		description:
			"Within 30 days of its cancellation, a number comes back with its mailbox and messages. Later 400: it is erased, and somebody else's. A number that was not cancelled is simply active.",
		request: ReactivateRequest,
		response: ReactivateResponse,
		example: {
			request: { PhoneNumber: "+12345678901", AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx" },
			response: {
				PhoneNumber: "+12345678901",
				AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx",
				Status: "Active",
				StatusMessage: "",
			},
		},
	} as const;
	const takeBack = async (
		input: z.output<typeof ReactivateRequest>,
		who: Parameters<typeof numbers.reactivate>[0],
	): Promise<z.input<typeof ReactivateResponse>> => {
		const number = await numbers.reactivate(who, input.PhoneNumber, input.AccountId);
		return { PhoneNumber: number.number, AccountId: number.accountId, Status: number.status, StatusMessage: "" };
	};
	return [
		operation({
			id: "getOrder",
			method: "GET",
			path: "/v1.0/numbers/order",
			tag: "Numbers",
			summary: "Look up an order",
			description:
				"What became of an order: `Complete`, `Pending` until its EffectiveDate, `Error` with the reason, or `Cancelled`.",
			request: OrderQuery,
			response: OrderResponse,
			example: {
				request: { OrderId: "JNUOID-12390e1f-d7a6-4489-b695-1ad363b8d596" },
				response: {
					OrderDate: "2025-12-08T00:12:08.890Z",
					OrderId: "JNUOID-12390e1f-d7a6-4489-b695-1ad363b8d596",
					OrderStatus: "Complete",
					OrderStatusMessage: null,
					OrderType: "provision",
					PhoneNumbersOrdered: [{ Number: "+12815703894" }],
				},
			},
			async handle({ OrderId }, who) {
				const order = await numbers.order(who, OrderId);
				return {
					OrderDate: order.orderDate.toISOString(),
					OrderId: order.orderId,
					OrderStatus: order.orderStatus,
					OrderStatusMessage: order.statusMessage,
					OrderType: order.orderType,
					PhoneNumbersOrdered: order.numbers.map((number) => ({ Number: number })),
				};
			},
		}),
		operation({
			id: "changeNumberStatus",
			method: "POST",
			path: "/v1.0/numbers/status",
			tag: "Numbers",
			summary: "Change the life of numbers",
			description:
				"Activates, parks, cancels, swaps or replaces numbers: all or none, now or on a later day (UTC), then `Pending` until it is done. Swap and replace move the mailbox along with its messages; `Number` is the new number then, `PreviousNumber` the one given up. A number can be swapped twice in 30 days. A cancelled number can be taken back for 30 days; then its mailbox is erased and it returns to the pool.\n\nNext: `GET /v1.0/numbers/order`.",
			request: StatusRequest,
			response: StatusResponse,
			example: {
				request: {
					StatusChange: "replace",
					EffectiveDate: "12/31/2023",
					AreaCode: "201",
					ZipCode: "84043",
					PhoneNumbers: [{ Number: "+12016093801" }],
				},
				response: {
					OrderId: "JNUOID-76ba71a8-d7a6-4489-b695-1ad363b8d596",
					OrderDate: "2023-12-31T08:00:00.000Z",
					OrderStatus: "Complete",
					ChangeType: "replace",
					EffectiveDate: "2023-12-31T00:00:00.000Z",
					Numbers: [{ Number: "+12016093802", QrCode: null, PreviousNumber: "+12016093801" }],
				},
			},
			async handle(input, who) {
				const changed = await numbers.changeStatus(who, {
					change: input.StatusChange,
					effectiveOn: input.EffectiveDate === undefined ? undefined : readDate(input.EffectiveDate),
					areaCode: input.AreaCode,
					zipCode: input.ZipCode,
					numbers: input.PhoneNumbers.map((each) => ({ number: each.Number, iccid: each.ICCID })),
				});
				return {
					OrderId: changed.orderId,
					OrderDate: changed.orderDate.toISOString(),
					OrderStatus: changed.orderStatus,
					ChangeType: input.StatusChange,
					EffectiveDate: changed.effectiveOn.toISOString(),
					Numbers: changed.numbers.map((each) => ({
						Number: each.number,
						QrCode: null,
						PreviousNumber: each.previous,
					})),
				};
			},
		}),
		operation({ ...reactivate, id: "reactivateNumber", path: "/v1.0/numbers/reactivate", handle: takeBack }),
		operation({
			...reactivate,
			id: "reactivateNumberAsInGuide",
			path: "/v1.0/numbers/reactivation",
			description: `Another name of \`POST /v1.0/numbers/reactivate\`. ${reactivate.description}`,
			handle: takeBack,
		}),
	];
}
