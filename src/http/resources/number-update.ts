import { z } from "zod";
import { clearable, iccidText, idText, personName, phoneNumber } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";
import { CLASSIFICATIONS, classificationOf, TYPE_OF } from "./number-words.ts";

const UpdateRequest = z.object({
	Number: phoneNumber,
	MessageEnabled: z.boolean().optional().meta({ description: "Text messages on; needs a message route." }),
	MessageType: z.enum(["a2p", "p2p"]).optional().meta({ description: "`IoT` allows `p2p` only." }),
	Classification: z.enum(CLASSIFICATIONS).optional().meta({ description: "What the number is for." }),
	VoiceEnabled: z.boolean().optional().meta({ description: "Calls on." }),
	MessageRouteId: idText(0)
		.optional()
		.meta({ description: "Route of text messages; empty clears it.", examples: ["MRID-1"] }),
	VoiceRouteId: idText(0)
		.optional()
		.meta({ description: "Route of calls; empty clears it.", examples: ["CRID-1"] }),
	AssignedSubscriberId: idText(0)
		.optional()
		.meta({ description: "Subscriber the number is for; empty clears it.", examples: ["TSUID-1234567999"] }),
	Iccid: iccidText.optional().meta({ description: "Serial number of the SIM; empty clears it." }),
	CnamFirstName: personName.optional().meta({ description: "First part of the caller name; empty clears it." }),
	CnamLastName: personName.optional().meta({ description: "Last part of the caller name; empty clears it." }),
	ProductType: z
		.enum(["Sms-Only", "Data-Only", "Sms+Data", "Sms+Data+Voice"])
		.optional()
		.meta({ description: "Services that the number is sold with." }),
});

const UpdateResponse = z.object({
	Number: z.string(),
	Tnid: z.string(),
	UpdateOrderId: z.string(),
	UpdateOrderDate: z.string(),
	UpdateOrderStatus: z.string(),
	MessageType: z.string().nullable(),
	MessageEnabled: z.boolean(),
	Classification: z.string().nullable(),
	VoiceEnabled: z.boolean(),
	MessageRouteId: z.string().nullable(),
	VoiceRouteId: z.string().nullable(),
	Iccid: z.string().nullable(),
	CnamFirstName: z.string().nullable(),
	CnamLastName: z.string().nullable(),
	ProductType: z.string().nullable(),
	AssignedSubscriberId: z.string().nullable(),
});

export function numberUpdateOperations({ numbers }: HttpDeps): readonly Operation[] {
	return [
		operation({
			id: "updateNumber",
			method: "POST",
			path: "/v1.0/numbers/update",
			tag: "Numbers",
			summary: "Change a number",
			description:
				"Changes what is sent, at once; what is left out stays, an empty text clears. Rules of provisioning hold for the result: MessageEnabled needs a message route, `IoT` takes `p2p` only.",
			request: UpdateRequest,
			response: UpdateResponse,
			example: {
				request: { Number: "+18018018011", VoiceEnabled: true, CnamFirstName: "Bob's", CnamLastName: "Shake Shack" },
				response: {
					Number: "+18018018011",
					Tnid: "TNID-8bdf915a-ef65-46c9-8c66-96c98d42d9ca",
					UpdateOrderId: "JNUOID-76ba71a8-d7a6-4489-b695-1ad363b8d596",
					UpdateOrderDate: "2025-05-14T18:37:18.240Z",
					UpdateOrderStatus: "Complete",
					MessageType: "p2p",
					MessageEnabled: false,
					Classification: "MVNO",
					VoiceEnabled: true,
					MessageRouteId: null,
					VoiceRouteId: null,
					Iccid: null,
					CnamFirstName: "Bob's",
					CnamLastName: "Shake Shack",
					ProductType: "Sms+Data",
					AssignedSubscriberId: null,
				},
			},
			async handle(input, who) {
				const { order, number } = await numbers.update(who, input.Number, {
					messageEnabled: input.MessageEnabled,
					voiceEnabled: input.VoiceEnabled,
					messageType: input.MessageType,
					numberType: input.Classification && TYPE_OF[input.Classification],
					productType: input.ProductType,
					messageRouteId: clearable(input.MessageRouteId),
					voiceRouteId: clearable(input.VoiceRouteId),
					assignedSubscriberId: clearable(input.AssignedSubscriberId),
					iccid: clearable(input.Iccid?.toUpperCase()),
					cnamFirstName: clearable(input.CnamFirstName),
					cnamLastName: clearable(input.CnamLastName),
				});
				return {
					Number: number.number,
					Tnid: `TNID-${number.id}`,
					UpdateOrderId: order.orderId,
					UpdateOrderDate: order.orderDate.toISOString(),
					UpdateOrderStatus: order.orderStatus,
					MessageType: number.messageType,
					MessageEnabled: number.messageEnabled,
					Classification: classificationOf(number),
					VoiceEnabled: number.voiceEnabled,
					MessageRouteId: number.messageRouteId,
					VoiceRouteId: number.voiceRouteId,
					Iccid: number.iccid,
					CnamFirstName: number.cnamFirstName,
					CnamLastName: number.cnamLastName,
					ProductType: number.productType,
					AssignedSubscriberId: number.assignedSubscriberId,
				};
			},
		}),
	];
}
