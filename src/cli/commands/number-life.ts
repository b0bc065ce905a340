/** `afterbeep numbers`: give out, change, park, cancel, swap, take back; and the orders that say what became of it. */
import type { Numbers, StatusChange } from "../../directory/index.ts";
import type { Principal } from "../../domain/index.ts";
import { cliActor, cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { fieldsOf, phoneNumberArgument } from "../input.ts";
import { printOne, printRows } from "../output.ts";
import { numberView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

const AREA_OPTIONS = {
	"area-code": { value: "AREA", meaning: "area wanted" },
	"zip-code": { value: "ZIP", meaning: "postal area wanted" },
};
const ACCOUNT_OPTION = { account: { value: "ACCOUNTID", meaning: "account meant (the only one)" } };

const numbersShow: Command = {
	name: "numbers show",
	summary: "Show a number",
	positionals: [{ name: "NUMBER", required: true }],
	examples: ["afterbeep numbers show +11234567890"],
	async run(invocation) {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		return withPlatform(invocation, async ({ numbers }) => {
			printOne(invocation, numberView(await numbers.get(await owner(numbers, number, "numbers show"), { number })));
			return 0;
		});
	},
};

const numbersAreas: Command = {
	name: "numbers areas",
	summary: "List the areas in which the pool has free numbers",
	options: { ...DISTRIBUTOR_OPTION, ...AREA_OPTIONS },
	examples: ["afterbeep numbers areas --area-code 801"],
	async run(invocation) {
		return withPlatform(invocation, async ({ numbers, operators }) => {
			const who = await cliPrincipal(operators, "numbers areas", invocation.value("distributor"));
			const wish = { areaCode: invocation.value("area-code"), zipCode: invocation.value("zip-code"), page: 1 };
			const { areas } = await numbers.availability(who, wish);
			const views = areas.map((area) => ({ AreaCode: area.areaCode, ZipCode: area.zipCode }));
			printRows(invocation, views, ["AreaCode", "ZipCode"], "Nothing is free there.");
			return 0;
		});
	},
};

const TYPES = ["mvno", "iot"] as const;
const PROVISION_FIELDS =
	"VoiceEnabled, VoiceRouteId, MessageEnabled, MessageType, MessageRouteId, DataEnabled, ProductType, AssignedSubscriberId";

const numbersProvision: Command = {
	name: "numbers provision",
	summary: "Give a number of the pool to an account",
	options: {
		...DISTRIBUTOR_OPTION,
		...ACCOUNT_OPTION,
		...AREA_OPTIONS,
		type: { value: "TYPE", meaning: "mvno or iot (mvno)" },
		iccid: { value: "ICCID", meaning: "serial number of the SIM" },
	},
	more: "[FIELD=VALUE...]",
	details: `
Fields are those of the API, and win over the options:
${PROVISION_FIELDS}.
Left out, calls are on and text messages off, for all services. The page /docs of the running platform describes each.`,
	examples: [
		"afterbeep numbers provision --area-code 801",
		"afterbeep numbers provision --account AID-... VoiceRouteId=CRID-... AssignedSubscriberId=TSUID-... --json",
		"afterbeep numbers provision MessageEnabled=true MessageRouteId=MRID-... ProductType=Sms-Only",
	],
	async run(invocation) {
		const asked = {
			NumberType: oneOf(invocation.value("type") ?? "mvno", TYPES, "--type"),
			MessageType: "p2p",
			VoiceEnabled: true,
			ProductType: "Sms+Data+Voice",
			AreaCode: invocation.value("area-code"),
			ZipCode: invocation.value("zip-code"),
			ICCID: invocation.value("iccid"),
			AccountId: invocation.value("account"),
		};
		const fields = new Map<string, unknown>(Object.entries(await fieldsOf(invocation.positionals)));
		const named = new Set([...fields.keys()].map((name) => name.toLowerCase()));
		for (const [name, value] of Object.entries(asked)) {
			if (!named.has(name.toLowerCase()) && value !== undefined) fields.set(name, value);
		}
		return withPlatform(invocation, async (platform) => {
			const { runOperation } = await import("../../http/index.ts");
			const who = await cliPrincipal(platform.operators, "numbers provision", invocation.value("distributor"));
			const done = await runOperation(platform, "provisionNumber", Object.fromEntries(fields), who);
			const { PhoneNumberAssigned: number } = done as { readonly PhoneNumberAssigned: string };
			printOne(invocation, numberView(await platform.numbers.get(who, { number })));
			return 0;
		});
	},
};

const CHANGES = ["activate", "cancel", "park", "swap", "swap-sim", "replace"] as const satisfies StatusChange[];

const numbersStatus: Command = {
	name: "numbers status",
	summary: `Change the life of a number: ${CHANGES.join(", ")}`,
	positionals: [
		{ name: "CHANGE", required: true },
		{ name: "NUMBER", required: true },
	],
	options: {
		...AREA_OPTIONS,
		iccid: { value: "ICCID", meaning: "the new SIM, for swap-sim" },
		date: { value: "YYYY-MM-DD", meaning: "on that day (UTC); now when absent" },
	},
	details: `
park keeps the mailbox in service; cancel closes it at once, and erases it after 30 days.
swap and replace take mailbox and messages along to another number.`,
	examples: [
		"afterbeep numbers status park +11234567890",
		"afterbeep numbers status cancel +11234567890 --date 2027-01-31",
	],
	async run(invocation) {
		const change = oneOf(invocation.positionals[0]!, CHANGES, "CHANGE");
		const number = phoneNumberArgument(invocation.positionals[1]!);
		const effectiveOn = dayOf(invocation);
		return withPlatform(invocation, async ({ numbers }) => {
			const who = await owner(numbers, number, "numbers status");
			const done = await numbers.changeStatus(who, {
				change,
				effectiveOn,
				areaCode: invocation.value("area-code"),
				zipCode: invocation.value("zip-code"),
				numbers: [{ number, iccid: invocation.value("iccid") }],
			});
			printOne(invocation, {
				OrderId: done.orderId,
				OrderStatus: done.orderStatus,
				ChangeType: change,
				EffectiveDate: done.effectiveOn.toISOString(),
				Number: done.numbers[0]!.number,
				PreviousNumber: done.numbers[0]!.previous,
			});
			return 0;
		});
	},
};

const numbersReactivate: Command = {
	name: "numbers reactivate",
	summary: "Take a cancelled number back, with its mailbox, within 30 days",
	positionals: [{ name: "NUMBER", required: true }],
	examples: ["afterbeep numbers reactivate +11234567890"],
	async run(invocation) {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		return withPlatform(invocation, async ({ numbers }) => {
			const who = await owner(numbers, number, "numbers reactivate");
			printOne(invocation, numberView(await numbers.reactivate(who, number, undefined)));
			return 0;
		});
	},
};

const numbersOrder: Command = {
	name: "numbers order",
	summary: "Show what became of an order",
	positionals: [{ name: "ORDERID", required: true }],
	options: DISTRIBUTOR_OPTION,
	examples: ["afterbeep numbers order JNUOID-..."],
	async run(invocation) {
		return withPlatform(invocation, async ({ numbers, operators }) => {
			const who = await cliPrincipal(operators, "numbers order", invocation.value("distributor"));
			const order = await numbers.order(who, invocation.positionals[0]!);
			printOne(invocation, {
				OrderId: order.orderId,
				OrderType: order.orderType,
				OrderStatus: order.orderStatus,
				OrderStatusMessage: order.statusMessage,
				OrderDate: order.orderDate.toISOString(),
				PhoneNumbersOrdered: order.numbers,
			});
			return 0;
		});
	},
};

export const numberLifeCommands: readonly Command[] = [
	numbersShow,
	numbersAreas,
	numbersProvision,
	numbersStatus,
	numbersReactivate,
	numbersOrder,
];

/** Whoever has the number: the command line acts for every operator. */
async function owner(numbers: Numbers, number: string, operation: string): Promise<Principal> {
	return { ...(await numbers.ownerOf(number)), ...cliActor(operation), accountId: undefined } as Principal;
}

function oneOf<T extends string>(text: string, known: readonly T[], name: string): T {
	const found = known.find((each) => each === text.toLowerCase());
	if (found === undefined) throw new UsageError(`${name} is "${text}", not one of ${known.join(", ")}.`);
	return found;
}

function dayOf(invocation: Invocation): Date | undefined {
	const text = invocation.value("date");
	if (text === undefined) return undefined;
	const day = new Date(`${text}T00:00:00Z`);
	if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text) {
		throw new UsageError(`--date is "${text}", not a day such as 2027-01-31.`);
	}
	return day;
}
