import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPhones } from "../../src/directory/index.ts";
import { createRinging } from "../../src/routing/index.ts";
import { type RingFacts, ringPlan } from "../../src/routing/ring-plan.ts";
import { openMailboxes, type TestMailboxes } from "../mailbox/support.ts";

const NUMBER = "+11234567890";
const plan = (over: Partial<RingFacts>) =>
	ringPlan({
		phoneNumber: NUMBER,
		active: true,
		voiceEnabled: true,
		phones: 0,
		route: undefined,
		voicemail: true,
		...over,
	});
const trunk = { RouteType: "Trunk", TrunkIp1: "192.0.2.1" };

describe("what rings before the voicemail", () => {
	test.each<[string, Partial<RingFacts>, string, readonly string[]]>([
		["the number's phones, also where it has a route", { phones: 2, route: trunk }, "phones", []],
		["its trunk", { route: trunk }, "trunks", [`sip:${NUMBER}@192.0.2.1`]],
		[
			"both of its trunks, lowest priority first",
			{
				route: {
					...trunk,
					Trunk1Priortiy: 2,
					TrunkIp2: "sbc.example.com",
					TrunkPort2: "5061",
					TrunkTransport2: "TCP",
					Trunk2Priortiy: 1,
				},
			},
			"trunks",
			[`sip:${NUMBER}@sbc.example.com:5061;transport=tcp`, `sip:${NUMBER}@192.0.2.1`],
		],
		[
			"a trunk at an IPv6 address",
			{ route: { ...trunk, TrunkIp1: "2001:db8::1" } },
			"trunks",
			[`sip:${NUMBER}@[2001:db8::1]`],
		],
		["nobody, where its trunk is off", { route: { ...trunk, TrunkEnabled1: false } }, "nobody", []],
		["nobody, where its route is off", { route: { ...trunk, RouteEnabled: false } }, "nobody", []],
		["nobody, where its route is a web address", { route: { ...trunk, RouteType: "URL" } }, "nobody", []],
		["nobody, where its route only forwards", { route: { ...trunk, RouteType: "Forward" } }, "nobody", []],
		["nobody, where it has neither", {}, "nobody", []],
		["nobody, where it is parked", { active: false, phones: 1 }, "nobody", []],
		["nobody, where it has no voice", { voiceEnabled: false, phones: 1 }, "nobody", []],
	])("%s", (_, facts, ring, trunks) => {
		expect(plan(facts)).toMatchObject({ phoneNumber: NUMBER, ring, trunks, voicemail: true });
	});

	test("a trunk's address never becomes another part of the URI, whatever was stored as it", () => {
		const address = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."1a.-:;@?>%[]/ \r\n") }));
		fc.assert(
			fc.property(address, fc.string({ maxLength: 6 }), (TrunkIp1, TrunkPort1) => {
				for (const uri of plan({ route: { ...trunk, TrunkIp1, TrunkPort1 } }).trunks) {
					expect(uri).toMatch(/^sip:\+11234567890@([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/);
				}
			}),
		);
	});
});

describe("the ringing of a number that was dialled", () => {
	let m: TestMailboxes;
	beforeAll(async () => {
		m = await openMailboxes();
	});
	afterAll(() => m[Symbol.asyncDispose]());

	test("is found in every form of the number; others are nobody's", async () => {
		const ringing = createRinging({ db: m.store.db });
		const plan = { country: "US", extensions: { "10XX": "+112345678XX" } };
		expect(await ringing.planFor(m.number, plan)).toMatchObject({
			phoneNumber: m.number,
			ring: "nobody",
			voicemail: false,
		});
		await m.activate();
		await createPhones(m).add(m.who, m.number, { realm: "r" });
		for (const dialled of [m.number, m.number.slice(1), m.number.slice(2), `sip:${m.number}@x`, `tel:${m.number}`]) {
			expect(await ringing.planFor(dialled, plan), dialled).toMatchObject({
				phoneNumber: m.number,
				ring: "phones",
				voicemail: true,
			});
		}
		expect(await ringing.planFor(`10${m.number.slice(-2)}`, plan)).toMatchObject({ phoneNumber: m.number });
		const prefixed = { ...plan, prefixes: { 9: "+1" } };
		expect(await ringing.planFor(`9${m.number.slice(2)}`, prefixed)).toMatchObject({ phoneNumber: m.number });
		expect(await ringing.planFor(`9${m.number.slice(2)}`, plan)).toBeUndefined();
		for (const dialled of ["", "alice", "*86", "+4930123456", `${m.number}';--`]) {
			expect(await ringing.planFor(dialled, plan), dialled).toBeUndefined();
		}
	});

	test("follows the voice route that the number points to", async () => {
		const ringing = createRinging({ db: m.store.db });
		const number = await m.nextNumber();
		const document = JSON.stringify(trunk);
		const accountId = (await m.operators.accountFor(m.who, undefined))!;
		await m.store.db
			.insertInto("voiceRoutes")
			.values({ id: "CRID-1", accountId, document, createdOn: m.clock.now(), updatedOn: m.clock.now() })
			.execute();
		await m.store.db.updateTable("numbers").set({ voiceRouteId: "CRID-1" }).where("number", "=", number).execute();
		expect(await ringing.planFor(number, { country: undefined, extensions: {} })).toMatchObject({
			ring: "trunks",
			trunks: [`sip:${number}@192.0.2.1`],
		});
	});
});
