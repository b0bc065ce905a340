import { z } from "zod";
import { type NumberView, type Provisioned, swapsLeft } from "../../directory/index.ts";
import { Failure } from "../../domain/index.ts";
import { usDate } from "../conventions/dates.ts";
import { accountId, areaCode, iccid, optionalId, phoneNumber, zipCode } from "../conventions/fields.ts";
import { type Operation, operation, refuse } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";
import { nextSwapReset } from "./number-lists.ts";
import { classificationOf, cnamOf } from "./number-words.ts";

const ProvisionRequest = z.object({
	NumberType: z.enum(["mvno", "iot"]).meta({ description: "What the number is for." }),
	MessageType: z.enum(["a2p", "p2p"]).meta({ description: "Kind of text messages; `iot` allows `p2p` only." }),
	MessageEnabled: z.boolean().optional().meta({ description: "Text messages on; false when absent." }),
	VoiceEnabled: z.boolean().optional().meta({ description: "Calls on; false when absent." }),
	DataEnabled: z.boolean().optional().meta({ description: "Data on; false when absent." }),
	MessageRouteId: optionalId(
		"Route of text messages; required with MessageEnabled.",
		"MRID-73af1e73-d7b3-4696-bdd9-5b407c96fc8a",
	),
	VoiceRouteId: optionalId("Route of calls.", "CRID-4dec6beb-3985-444b-8c06-8baa5jjvawe"),
	AreaCode: areaCode,
	ZipCode: zipCode,
	ICCID: iccid,
	ProductType: z
		.enum(["Sms-Only", "Data-Only", "Sms+Data", "Sms+Data+Voice"])
		.meta({ description: "Services that the number is sold with." }),
	AssignedSubscriberId: optionalId("Subscriber the number is for; may be assigned later.", "TSUID-1234567999"),
	AccountId: accountId,
});

const ProvisionResponse = z.object({
	OrderDate: z.string(),
	OrderId: z.string(),
	OrderStatus: z.enum(["Complete", "Pending"]),
	PhoneNumberAssigned: z.string(),
	PhoneNumberId: z.string(),
	QRCode: z.string().nullable(),
	ZipCode: z.string().nullable(),
	ICCID: z.string().nullable(),
	ErrorMessage: z.string().nullable(),
	SubscriberId: z.string().nullable(),
});

const NumberQuery = z.object({
	Number: phoneNumber.optional(),
	PhoneNumber: phoneNumber.optional().meta({ description: "The same as Number.", examples: ["+11234567890"] }),
	ICCID: iccid,
});

const NumberResponse = z.object({
	Number: z.string(),
	TNID: z.string(),
	OrderId: z.string().nullable(),
	NumberType: z.literal("mobile"),
	MessageEnabled: z.boolean(),
	MessageRouteId: z.string().nullable(),
	VoiceEnabled: z.boolean(),
	Classification: z.enum(["MVNO", "IoT"]).nullable(),
	MessageType: z.string().nullable(),
	VoiceRouteId: z.string().nullable(),
	Status: z.string(),
	OriginalDatePurchased: z.string().nullable(),
	AssignedSubscriberId: z.string().nullable(),
	Iccid: z.string().nullable(),
	Cnam: z.string().nullable(),
	QrActivationLink: z.string().nullable(),
	SwapsRemaining: z.int(),
	NextSwapResetDate: z.string().nullable(),
});

/** Rules that bind several fields of a provisioning (contract 2.4), with the words that its guides tell clients to look for. */
function assertProvisionable(input: z.output<typeof ProvisionRequest>): void {
	if (input.NumberType === "iot" && input.MessageType !== "p2p") {
		refuse("NumberType / MessageType mismatch", "A number of type iot takes MessageType p2p only.");
	}
	if (input.MessageEnabled === true && input.MessageRouteId === undefined) {
		refuse("MessageRouteId is required", "Name the message route, or send MessageEnabled false.");
	}
}

function provisionRequest(input: z.output<typeof ProvisionRequest>) {
	return {
		numberType: input.NumberType,
		messageType: input.MessageType,
		messageEnabled: input.MessageEnabled ?? false,
		voiceEnabled: input.VoiceEnabled ?? false,
		dataEnabled: input.DataEnabled ?? false,
		messageRouteId: input.MessageRouteId,
		voiceRouteId: input.VoiceRouteId,
		areaCode: input.AreaCode,
		zipCode: input.ZipCode,
		iccid: input.ICCID,
		productType: input.ProductType,
		assignedSubscriberId: input.AssignedSubscriberId,
		accountId: input.AccountId,
	};
}

function provisionResponse({ orderId, orderDate, number }: Provisioned): z.input<typeof ProvisionResponse> {
	return {
		OrderDate: orderDate.toISOString(),
		OrderId: orderId,
		OrderStatus: "Complete",
		PhoneNumberAssigned: number.number,
		PhoneNumberId: `NID-${number.id}`,
		QRCode: null,
		ZipCode: number.zipCode,
		ICCID: number.iccid,
		ErrorMessage: null,
		SubscriberId: number.assignedSubscriberId,
	};
}

function numberResponse(number: NumberView, now: Date): z.input<typeof NumberResponse> {
	return {
		Number: number.number,
		TNID: `TNID-${number.id}`,
		OrderId: number.orderId,
		NumberType: "mobile",
		MessageEnabled: number.messageEnabled,
		MessageRouteId: number.messageRouteId,
		VoiceEnabled: number.voiceEnabled,
		Classification: classificationOf(number),
		MessageType: number.messageType,
		VoiceRouteId: number.voiceRouteId,
		Status: number.status,
		OriginalDatePurchased: number.provisionedOn === null ? null : usDate(number.provisionedOn),
		AssignedSubscriberId: number.assignedSubscriberId,
		Iccid: number.iccid,
		Cnam: cnamOf(number),
		QrActivationLink: null,
		SwapsRemaining: swapsLeft(number, now),
		NextSwapResetDate: nextSwapReset(number.swapsResetOn, now),
	};
}

export function numberOperations({ numbers, keptAnswers, clock }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "provisionNumber",
			method: "POST",
			path: "/v1.0/numbers/provision",
			tag: "Numbers",
			summary: "Provision a number",
			description:
				"Assigns a free number of the operator's pool to an account: of the AreaCode where one is free, else of the ZipCode, else any. The order is complete at once. An empty pool is 400.\n\nNext: `POST /v1.0/numbers/voicemail/activate`.",
			idempotent: true,
			request: ProvisionRequest,
			response: ProvisionResponse,
			example: {
				request: {
					NumberType: "iot",
					MessageType: "p2p",
					MessageEnabled: true,
					VoiceEnabled: false,
					DataEnabled: true,
					MessageRouteId: "MRID-73af1e73-d7b3-4696-bdd9-5b407c96fc8a",
					VoiceRouteId: "CRID-4dec6beb-3985-444b-8c06-8baa5jjvawe",
					AreaCode: "",
					ZipCode: "84603",
					ICCID: "8901240397190195850",
					ProductType: "Sms+Data",
					AssignedSubscriberId: "TSUID-1234567999",
					AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx",
				},
				response: {
					OrderDate: "2025-10-29T12:36:19.338Z",
					OrderId: "JNUOID-76ba71a8-d7a6-4489-b695-1ad363b8d596",
					OrderStatus: "Complete",
					PhoneNumberAssigned: "+18016025346",
					PhoneNumberId: "NID-8bdf915a-ef65-46c9-8c66-96c98d42d9ca",
					QRCode: null,
					ZipCode: "84603",
					ICCID: "8901240397190195850",
					ErrorMessage: null,
					SubscriberId: "TSUID-1234567999",
				},
			},
			async handle(input, who, { idempotencyKey }) {
				assertProvisionable(input);
				const once = { key: idempotencyKey, operation: "provisionNumber", request: input };
				return keptAnswers.once(who, once, async (tx) =>
					provisionResponse(await numbers.provision(who, provisionRequest(input), tx)),
				);
			},
		}),
		operation({
			id: "getNumber",
			method: "GET",
			path: "/v1.0/numbers",
			tag: "Numbers",
			summary: "Read a number",
			description:
				"One number of yours, by itself or by its SIM. At least one parameter is needed; several must mean the same number. A `+` in the query may be sent raw or as `%2B`.",
			request: NumberQuery,
			response: NumberResponse,
			example: {
				request: { Number: "+18018018011" },
				response: {
					Number: "+18018018011",
					TNID: "TNID-8bdf915a-ef65-46c9-8c66-96c98d42d9ca",
					OrderId: "JNUOID-76ba71a8-d7a6-4489-b695-1ad363b8d596",
					NumberType: "mobile",
					MessageEnabled: true,
					MessageRouteId: "MRID-73af1e73-d7b3-4696-bdd9-5b407c96fc8a",
					VoiceEnabled: true,
					Classification: "MVNO",
					MessageType: "a2p",
					VoiceRouteId: null,
					Status: "Active",
					OriginalDatePurchased: "02/05/2023",
					AssignedSubscriberId: null,
					Iccid: "8901240397190557414F",
					Cnam: null,
					QrActivationLink: null,
					SwapsRemaining: 2,
					NextSwapResetDate: null,
				},
			},
			async handle(input, who) {
				const number = input.Number ?? input.PhoneNumber;
				if (number === undefined && input.ICCID === undefined) {
					refuse("Number, PhoneNumber or ICCID is required", "Name the number, or its SIM.");
				}
				if (input.PhoneNumber !== undefined && input.PhoneNumber !== number) {
					throw new Failure("notFound", "no number is both Number and PhoneNumber", "Send one of the two.");
				}
				return numberResponse(await numbers.get(who, { number, iccid: input.ICCID }), clock.now());
			},
		}),
	];
}
