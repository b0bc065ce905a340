import { z } from "zod";
import { swapsLeft } from "../../directory/index.ts";
import { uuidv7 } from "../../domain/index.ts";
import { usDate } from "../conventions/dates.ts";
import { accountId, areaCode, pageNumber, zipCode } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { classificationOf, cnamOf } from "./number-words.ts";

const AvailabilityRequest = z.object({
	NumberType: z.enum(["mobile"]).meta({ description: "Kind of number." }),
	MessageType: z.enum(["a2p", "p2p"]).optional().meta({ description: "Kind of text messages; echoed." }),
	MessageEnabled: z.boolean().meta({ description: "Text messages wanted; echoed." }),
	VoiceEnabled: z.boolean().meta({ description: "Calls wanted; echoed." }),
	PageNumber: pageNumber,
	AreaCode: areaCode,
	ZipCode: zipCode,
});

const AvailabilityResponse = z.object({
	RequestId: z.string(),
	RequestDate: z.string(),
	NumberType: z.string(),
	VoiceEnabled: z.boolean(),
	MessageEnabled: z.boolean(),
	AreaCode: z.string(),
	ZipCode: z.string(),
	PageNumber: z.int(),
	ResultsTotal: z.int(),
	AvailableNumberAreas: z.array(z.object({ NGP: z.string(), AreaCode: z.int(), Zipcode: z.string() })),
});

/** Gateway provider: the numbers are the operator's own. */
const OWN_NUMBERS = "OWN";

const InventoryQuery = z.object({
	PageNumber: pageNumber,
	Filter: z
		.enum(["Active", "Inactive", "All"])
		.optional()
		.meta({ description: "`Active`: in use, parked ones too; `Inactive`: cancelled; `All`, also when absent." }),
	TotalNumbersRequested: z
		.int("must be a whole number")
		.min(1, "must be at least 1")
		.max(HTTP_LIMITS.inventoryPageMax, `must be at most ${HTTP_LIMITS.inventoryPageMax}`)
		.optional()
		.meta({ description: `Numbers of one page; ${HTTP_LIMITS.inventoryPageDefault} when absent.` }),
	AccountId: accountId,
});

const InventoryNumber = z.object({
	Number: z.string(),
	Tnid: z.string(),
	OrderId: z.string().nullable(),
	NumberType: z.literal("mobile"),
	MessageEnabled: z.boolean(),
	MessageType: z.string().nullable(),
	Classification: z.string().nullable(),
	VoiceEnabled: z.boolean(),
	MessageRouteId: z.string().nullable(),
	VoiceRouteId: z.string().nullable(),
	Status: z.string(),
	OriginalDatePurchased: z.string().nullable(),
	AssignedSubscriberId: z.string().nullable(),
	Iccid: z.string().nullable(),
	Cnam: z.string().nullable(),
	QrActivationLink: z.string().nullable(),
	SwapsRemaining: z.int(),
	NextSwapResetDate: z.string().nullable(),
	ProductType: z.string().nullable(),
	PortOutPin: z.string().nullable().meta({ description: "A secret: always null." }),
});

const InventoryResponse = z.object({
	AccountId: z.string().nullable(),
	TotalResults: z.int(),
	PageNumber: z.int(),
	Filter: z.string(),
	PhoneNumbers: z.array(InventoryNumber),
});

export function numberListOperations({ numbers, clock }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "findAvailableNumbers",
			method: "POST",
			path: "/v1.0/numbers/availability",
			tag: "Numbers",
			summary: "See where numbers are free",
			description:
				"Lists the areas in which the operator's pool holds free numbers, 10,000 to a page; `ResultsTotal` counts the areas of all pages. With an AreaCode only that one; the ZipCode counts where the area has nothing. Nothing free is an empty list.\n\nNext: `POST /v1.0/numbers/provision`.",
			request: AvailabilityRequest,
			response: AvailabilityResponse,
			example: {
				request: {
					NumberType: "mobile",
					MessageType: "p2p",
					MessageEnabled: true,
					VoiceEnabled: true,
					PageNumber: 1,
					AreaCode: "201",
					ZipCode: "",
				},
				response: {
					RequestId: "T-0197c1f2-7b1e-7c4d-9a55-3f0c2f8e4139",
					RequestDate: "2025-05-14T18:37:18.240Z",
					NumberType: "mobile",
					VoiceEnabled: true,
					MessageEnabled: true,
					AreaCode: "201",
					ZipCode: "",
					PageNumber: 1,
					ResultsTotal: 1,
					AvailableNumberAreas: [{ NGP: OWN_NUMBERS, AreaCode: 201, Zipcode: "07001" }],
				},
			},
			async handle(input, who) {
				const page = input.PageNumber ?? 1;
				const found = await numbers.availability(who, { areaCode: input.AreaCode, zipCode: input.ZipCode, page });
				return {
					RequestId: `T-${uuidv7(clock.now().getTime())}`,
					RequestDate: clock.now().toISOString(),
					NumberType: input.NumberType,
					VoiceEnabled: input.VoiceEnabled,
					MessageEnabled: input.MessageEnabled,
					AreaCode: input.AreaCode ?? "",
					ZipCode: input.ZipCode ?? "",
					PageNumber: page,
					ResultsTotal: found.total,
					// An integer by contract: an area that has no number of its own is 0.
					AvailableNumberAreas: found.areas.map((area) => ({
						NGP: OWN_NUMBERS,
						AreaCode: /^[0-9]{1,6}$/.test(area.areaCode ?? "") ? Number(area.areaCode) : 0,
						Zipcode: area.zipCode ?? "",
					})),
				};
			},
		}),
		operation({
			id: "listNumbers",
			method: "GET",
			path: "/v1.0/numbers/inventory",
			tag: "Numbers",
			summary: "List your numbers",
			description:
				"All numbers of an account, by number. Without an AccountId: of your only account, or of all of them together, and AccountId is null.",
			request: InventoryQuery,
			response: InventoryResponse,
			example: {
				request: { PageNumber: 1, Filter: "Active", TotalNumbersRequested: 100 },
				response: {
					AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx",
					TotalResults: 1,
					PageNumber: 1,
					Filter: "Active",
					PhoneNumbers: [
						{
							Number: "+18018018011",
							Tnid: "TNID-8bdf915a-ef65-46c9-8c66-96c98d42d9ca",
							OrderId: "JNUOID-76ba71a8-d7a6-4489-b695-1ad363b8d596",
							NumberType: "mobile",
							MessageEnabled: true,
							MessageType: "p2p",
							Classification: "MVNO",
							VoiceEnabled: true,
							MessageRouteId: "MRID-73af1e73-d7b3-4696-bdd9-5b407c96fc8a",
							VoiceRouteId: null,
							Status: "Active",
							OriginalDatePurchased: "02/05/2023",
							AssignedSubscriberId: null,
							Iccid: "8901240397190557414F",
							Cnam: "Bob's Shake Shack",
							QrActivationLink: null,
							SwapsRemaining: 2,
							NextSwapResetDate: null,
							ProductType: "Sms+Data",
							PortOutPin: null,
						},
					],
				},
			},
			async handle(input, who) {
				const filter = input.Filter ?? "All";
				const page = input.PageNumber ?? 1;
				const pageSize = input.TotalNumbersRequested ?? HTTP_LIMITS.inventoryPageDefault;
				const found = await numbers.inventory(who, { accountId: input.AccountId, filter, page, pageSize });
				const now = clock.now();
				return {
					AccountId: found.accountId,
					TotalResults: found.total,
					PageNumber: page,
					Filter: filter,
					PhoneNumbers: found.numbers.map((number) => ({
						Number: number.number,
						Tnid: `TNID-${number.id}`,
						OrderId: number.orderId,
						NumberType: "mobile" as const,
						MessageEnabled: number.messageEnabled,
						MessageType: number.messageType,
						Classification: classificationOf(number),
						VoiceEnabled: number.voiceEnabled,
						MessageRouteId: number.messageRouteId,
						VoiceRouteId: number.voiceRouteId,
						Status: number.status,
						OriginalDatePurchased: number.provisionedOn === null ? null : usDate(number.provisionedOn),
						AssignedSubscriberId: number.assignedSubscriberId,
						Iccid: number.iccid,
						Cnam: cnamOf(number),
						QrActivationLink: null,
						SwapsRemaining: swapsLeft(number, now),
						NextSwapResetDate: nextSwapReset(number.swapsResetOn, now),
						ProductType: number.productType,
						PortOutPin: null,
					})),
				};
			},
		}),
	];
}

/** Null while nothing was swapped: then no period runs. */
export function nextSwapReset(resetOn: Date | null, now: Date): string | null {
	return resetOn !== null && resetOn > now ? resetOn.toISOString() : null;
}
