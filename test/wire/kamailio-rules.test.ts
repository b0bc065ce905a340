/**
 * What the configuration of deploy/kamailio does to each request: Kamailio of Debian, phones and trunks that behave as
 * told, a node that only looks at what it gets, and look-ups from memory. No platform runs here.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PhoneCredentials } from "../../src/directory/index.ts";
import { silentLog } from "../../src/domain/index.ts";
import { type LookupServer, startLookupServer } from "../../src/platform/lookup-server.ts";
import type { CallingParty, RingPlan } from "../../src/routing/index.ts";
import { type Kamailio, kamailioInstalled, startKamailio } from "../support/kamailio.ts";
import { freeUdpPort, until } from "../support/platform.ts";
import { header, headers, openSipPhone, type Ringing, type Sending, type SipPhone } from "../support/sip-phone.ts";

const REALM = "afterbeep";
const RING_SECONDS = 1;
const VICTIM = "+15550009999";
const opened = new AsyncDisposableStack();
const credentials = new Map<string, PhoneCredentials>();
const plans = new Map<string, RingPlan>();
const registered: string[] = [];
/** Numbers with call filters, and what those say of every caller. */
const filtered = new Map<string, "accept" | "filter" | "refuse">();
const judged: CallingParty[] = [];
let asked: string[] = [];
let lookups: LookupServer;
let kamailio: Kamailio;
let node: SipPhone;
let otherNode: SipPhone;
let trunk: SipPhone;
let doubtful: SipPhone;
let caller: Subscriber;

interface Subscriber {
	readonly number: string;
	readonly phone: SipPhone;
}

const SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
let serial = 0;

function plan(over: Partial<RingPlan> = {}): RingPlan {
	const phoneNumber = `+1555000${String(1000 + serial++)}`;
	const whole: RingPlan = { phoneNumber, ring: "phones", trunks: [], voicemail: true, why: "", ...over };
	plans.set(whole.phoneNumber, whole);
	return whole;
}

async function newPhone(phoneNumber: string, algorithm: "md5" | "sha256" = "md5"): Promise<SipPhone> {
	const username = `${phoneNumber.slice(1)}-phone${serial++}`;
	const hash = (name: string) => createHash(name).update(`${username}:${REALM}:secret`).digest("hex");
	const hashes = { ha1Md5: hash("md5"), ha1Sha256: hash("sha256") };
	credentials.set(username, { username, phoneNumber, realm: REALM, ...hashes });
	const phone = await openSipPhone({ proxyPort: kamailio.port, user: username, password: "secret", algorithm });
	return opened.use(phone);
}

async function newSubscriber(ringing?: Ringing, over: Partial<RingPlan> = {}): Promise<Subscriber> {
	const { phoneNumber: number } = plan(over);
	const phone = await newPhone(number);
	if (ringing !== undefined) {
		phone.ringing = ringing;
		expect((await phone.register()).status).toBe(200);
	}
	return { number, phone };
}

const uriOf = (user: string) => `sip:${user}@127.0.0.1:${kamailio.port}`;
const invite = (from: SipPhone, to: string, more: Partial<Sending> = {}) =>
	from.send("INVITE", { uri: uriOf(to), sdp: SDP, ...more });
const invitesAt = (phone: SipPhone) => phone.received.filter((text) => text.startsWith("INVITE "));

/** What the node was sent for the call that came last. */
function atNode(): string {
	const [text, ...more] = [...invitesAt(node), ...invitesAt(otherNode)];
	expect(more).toEqual([]);
	return text!;
}

const startLookups = (port = 0) =>
	startLookupServer(
		{ host: "127.0.0.1", port },
		{
			phones: {
				credentials: async (username) => {
					asked.push(username);
					return credentials.get(username);
				},
			},
			ringing: {
				planFor: async (dialled) => {
					asked.push(dialled);
					return plans.get(dialled);
				},
			},
			rules: {
				find: async ([number]) => ({
					hasFilters: () => filtered.has(number!),
					standIn: async () => undefined,
					judge: (_, who) => {
						judged.push(who);
						const verdict = filtered.get(number!)!;
						return verdict === "refuse" ? { result: verdict, status: 603, why: "" } : { result: verdict, why: "" };
					},
				}),
			},
			policyOf: () => ({ plan: { country: undefined, extensions: {} }, assertsIdentity: true }),
			accessNumbers: ["*86"],
			ringSeconds: RING_SECONDS,
			token: "token",
			onRegistered: async (number) => void registered.push(number),
			log: silentLog,
		},
	);

const settings = ["#!define PHONE_SILENT_MS 2500", "#!define NODE_SILENT_MS 2500"];
const hasKamailio = kamailioInstalled();

beforeAll(async () => {
	if (!hasKamailio) return;
	lookups = await startLookups();
	opened.defer(() => lookups[Symbol.asyncDispose]());
	const port = await freeUdpPort();
	const outsider = (user: string) => openSipPhone({ proxyPort: port, user, password: undefined });
	node = opened.use(await outsider("node"));
	otherNode = opened.use(await outsider("other"));
	trunk = opened.use(await outsider("trunk"));
	doubtful = opened.use(await outsider("doubtful"));
	kamailio = opened.use(
		await startKamailio({
			port,
			nodes: [node.port, otherNode.port],
			lookupPort: lookups.port,
			lookupToken: "token",
			trunks: [`1 127.0.0.1 32 ${trunk.port} carrier`, `2 127.0.0.1 32 ${doubtful.port} exchange`],
			settings,
		}),
	);
	caller = await newSubscriber();
});
afterAll(() => opened.disposeAsync());
beforeEach(() => {
	for (const one of [node, otherNode]) {
		one?.received.splice(0);
		if (one !== undefined) one.ringing = { answer: 486 };
	}
});

describe.skipIf(!hasKamailio)("a phone", () => {
	test("registers with its password, under its user or its number, and under no other", async () => {
		const { phone, number } = await newSubscriber();
		expect((await phone.register()).status).toBe(200);
		expect((await phone.register({ to: number })).status).toBe(200);
		expect((await phone.register({ to: number.slice(1) })).status).toBe(200);
		expect((await phone.register({ to: caller.number })).status).toBe(403);
		expect((await phone.register({ expires: 0 })).status).toBe(200);
		const known = [...credentials.keys()][0]!;
		for (const user of [known, "nobody", "%27;drop%20table--", `${known}%00`, "x".repeat(100)]) {
			await using wrong = await openSipPhone({ proxyPort: kamailio.port, user, password: "wrong" });
			expect((await wrong.register()).status, user).toBe(401);
		}
	});

	test("that registers makes Afterbeep tell it what waits, once", async () => {
		registered.splice(0);
		const { phone, number } = await newSubscriber();
		await phone.register();
		await phone.register();
		await until("the news", 5_000, async () => registered.length > 0);
		expect(registered).toEqual([number]);
	});

	test("can do nothing but register without its password", async () => {
		await using stranger = await openSipPhone({ proxyPort: kamailio.port, user: "x", password: undefined });
		for (const method of ["INVITE", "SUBSCRIBE", "NOTIFY", "MESSAGE", "OPTIONS", "REFER", "PUBLISH"]) {
			const answer = await stranger.send(method, { uri: uriOf(caller.number), headers: ["Event: message-summary"] });
			expect(answer.status, method).toBe(407);
		}
		expect((await stranger.send("REGISTER", { uri: `sip:127.0.0.1:${kamailio.port}` })).status).toBe(401);
		expect([...node.received, ...otherNode.received].filter((text) => !text.startsWith("OPTIONS"))).toEqual([]);
	});

	test("rings beside the number's other phones, and all of them fall silent when one has answered", async () => {
		const { phone, number } = await newSubscriber("ring");
		const other = await newPhone(number);
		other.ringing = { answer: 200, after180: true };
		await other.register();
		expect((await invite(caller.phone, number)).status).toBe(200);
		await until("CANCEL", 5_000, async () => phone.received.some((text) => text.startsWith("CANCEL")));
		expect(invitesAt(node).length + invitesAt(otherNode).length).toBe(0);
	});
});

describe.skipIf(!hasKamailio)("a call that nobody takes", () => {
	const cases: readonly [string, Ringing | undefined, number, string][] = [
		["that nobody answers", "ring", 408, "no-answer"],
		["to a phone that is busy", { answer: 486 }, 486, "user-busy"],
		["to a phone that is busy everywhere", { answer: 600 }, 486, "user-busy"],
		["that is declined while it rings", { answer: 603, after180: true }, 487, "deflection"],
		["that is declined at once", { answer: 603 }, 480, "deflection"],
		["to a phone that is not registered", undefined, 404, "unavailable"],
		["to a phone that is not available", { answer: 480 }, 404, "unavailable"],
		["to a phone that says nothing", "silent", 503, "unavailable"],
		["to a phone that fails", { answer: 503 }, 503, "unavailable"],
		["to a phone that can not take it", { answer: 488 }, 503, "unavailable"],
		["to a phone that forwards calls", { answer: 302 }, 302, "unconditional"],
	];
	test.each(cases)(
		"%s goes on to the voicemail, which is told why (%o: cause %i, %s)",
		async (_, ringing, cause, reason) => {
			const { number } = await newSubscriber(ringing);
			expect((await invite(caller.phone, number)).status).toBe(486);
			const text = atNode();
			const owner = `<sip:${number}@${REALM}>`;
			const target = `sip:${number}@${REALM};cause=${cause}`;
			expect(text.split("\r\n")[0]).toBe(`INVITE ${target} SIP/2.0`);
			expect(headers(text, "Diversion")).toEqual([`${owner};reason=${reason};counter=1;privacy=off`]);
			expect(headers(text, "History-Info")).toEqual([`${owner};index=1, <${target}>;index=1.1;mp=1`]);
			expect(headers(text, "P-Asserted-Identity")).toEqual([`<sip:${caller.number}@${REALM}>`]);
			expect(text).not.toMatch(/^Proxy-Authorization/im);
		},
	);

	test("to a number without voicemail ends as the phone ended it", async () => {
		const { number } = await newSubscriber({ answer: 486 }, { voicemail: false });
		node.ringing = otherNode.ringing = { answer: 404 };
		expect((await invite(caller.phone, number)).status).toBe(486);
		const away = plan({ voicemail: false });
		expect((await invite(caller.phone, away.phoneNumber)).status).toBe(480);
		expect((await invite(caller.phone, "+15559999999")).status).toBe(404);
		expect([...invitesAt(node), ...invitesAt(otherNode)]).toEqual([]);
	});

	test("rings the trunks of the number's voice route first, the second where the first is away", async () => {
		const pbx = await newPhone("+15550000000");
		pbx.ringing = { answer: 486 };
		const dead = await freeUdpPort();
		const trunks = [`sip:pbx@127.0.0.1:${dead}`, `sip:pbx@127.0.0.1:${pbx.port}`];
		const { phoneNumber } = plan({ ring: "trunks", trunks });
		expect((await invite(caller.phone, phoneNumber)).status).toBe(486);
		expect(invitesAt(pbx)).toHaveLength(1);
		expect(header(atNode(), "Diversion")).toContain(`${phoneNumber}@${REALM}>;reason=user-busy`);
	});

	test("goes on to the next node where one is silent or drains, with the same words", async () => {
		const { number } = await newSubscriber({ answer: 486 });
		for (const [silent, well, ringing] of [
			[node, otherNode, "silent"],
			[otherNode, node, { answer: 503 }],
		] as const) {
			// A node that was silent is asked again within a second.
			await until("both are well", 10_000, async () => {
				return !/FLAGS: [^A]/.test(kamailio.rpc("dispatcher.list"));
			});
			silent.ringing = ringing;
			well.ringing = { answer: 480 };
			// Turn about: one of two begins with the node that fails.
			const answers = await Promise.all([invite(caller.phone, number), invite(caller.phone, number)]);
			expect(answers.map(({ status }) => status)).toEqual([480, 480]);
			expect(invitesAt(silent).length).toBeGreaterThan(0);
			const tried = invitesAt(silent)[0]!;
			const taken = invitesAt(well).find((text) => header(text, "Call-ID") === header(tried, "Call-ID"))!;
			expect(taken.split("\r\n")[0]).toBe(tried.split("\r\n")[0]);
			for (const name of ["Diversion", "History-Info", "P-Asserted-Identity"]) {
				expect(headers(taken, name), name).toEqual(headers(tried, name));
				expect(headers(taken, name), name).toHaveLength(1);
			}
			node.received.splice(0);
			otherNode.received.splice(0);
		}
	});
});

describe.skipIf(!hasKamailio)("a number with call filters", () => {
	test("rings for whom they let through", async () => {
		const { number, phone } = await newSubscriber({ answer: 200 });
		filtered.set(number, "accept");
		expect((await invite(caller.phone, number)).status).toBe(200);
		expect(invitesAt(phone)).toHaveLength(1);
	});

	test.each(["filter", "refuse"] as const)(
		"does not ring for whom they keep out (%s): the voicemail says what follows",
		async (verdict) => {
			const { number, phone } = await newSubscriber({ answer: 200 });
			filtered.set(number, verdict);
			node.ringing = otherNode.ringing = { answer: 603 };
			expect((await invite(caller.phone, number)).status).toBe(603);
			expect(invitesAt(phone)).toEqual([]);
			expect(header(atNode(), "Diversion")).toContain(`${number}@${REALM}>;reason=unconditional`);
			// Another node is not asked for another opinion.
			expect(invitesAt(node).length + invitesAt(otherNode).length).toBe(1);
		},
	);

	test("without voicemail refuses them itself", async () => {
		const { number, phone } = await newSubscriber({ answer: 200 }, { voicemail: false });
		filtered.set(number, "filter");
		expect((await invite(caller.phone, number)).status).toBe(603);
		expect(invitesAt(phone)).toEqual([]);
	});

	test("judges a phone by the number whose password it has, a trunk by what it asserts if it is believed", async () => {
		const { number } = await newSubscriber({ answer: 486 });
		filtered.set(number, "accept");
		const [claimed, asserted] = ["+18015550001", "+18015550002"];
		const says = { from: `<sip:${claimed}@x>`, headers: [`P-Asserted-Identity: "A, B" <sip:${asserted}@x>`] };
		const hidden = { from: '"Anonymous" <sip:anonymous@anonymous.invalid>', headers: ["Privacy: id"] };
		const cases = [
			[caller.phone, hidden, { number: null, asserted: [caller.number] }],
			[trunk, says, { number: asserted, asserted: [asserted] }],
			[doubtful, says, { number: claimed, asserted: [] }],
		] as const;
		for (const [from, saying, expected] of cases) {
			judged.splice(0);
			await invite(from, number, saying);
			expect(judged).toEqual([expect.objectContaining(expected)]);
		}
	});
});

describe.skipIf(!hasKamailio)("what a caller says about itself", () => {
	const forged = [
		`Diversion: <sip:${VICTIM}@x>;reason=user-busy`,
		`DIVERSION : <sip:${VICTIM}@x>;reason=no-answer`,
		`diversion:\r\n <sip:${VICTIM}@x>;reason=away`,
		`History-Info: <sip:${VICTIM}@x>;index=1, <sip:vm@x;cause=486>;index=1.1;mp=1`,
		`HISTORY-INFO:<sip:${VICTIM}@x>;index=1`,
		`P-Asserted-Identity: <sip:${VICTIM}@x>`,
		`p-asserted-identity:\t<tel:${VICTIM}>`,
		`P-Preferred-Identity: <sip:${VICTIM}@x>`,
		`P-Called-Party-ID: <sip:${VICTIM}@x>`,
		`Remote-Party-ID: <sip:${VICTIM}@x>`,
		`P-Served-User: <sip:${VICTIM}@x>`,
		`Reason: SIP;cause=486`,
	];

	test("and about who diverted the call never reaches the voicemail", async () => {
		const { number } = await newSubscriber({ answer: 486 });
		const uri = `${uriOf(number)};target=sip:${VICTIM}%40x;cause=302`;
		expect((await invite(caller.phone, number, { uri, headers: forged, to: `<${uriOf(number)}>` })).status).toBe(486);
		const text = atNode();
		expect(text).not.toContain(VICTIM);
		expect(text).not.toContain("target=");
		expect(headers(text, "Diversion ?")).toHaveLength(1);
		expect(headers(text, "History-Info ?")).toHaveLength(1);
		expect(headers(text, "P-Asserted-Identity ?")).toEqual([`<sip:${caller.number}@${REALM}>`]);
		expect(headers(text, "Reason")).toEqual([]);
	});

	test("reaches it neither on the way to its own messages", async () => {
		for (const to of [caller.number, "*86"]) {
			expect((await invite(caller.phone, to, { headers: forged })).status, to).toBe(486);
			const text = atNode();
			expect(text).not.toContain(VICTIM);
			expect(headers(text, "Diversion")).toEqual([]);
			expect(headers(text, "P-Asserted-Identity")).toEqual([`<sip:${caller.number}@${REALM}>`]);
			node.received.splice(0);
			otherNode.received.splice(0);
		}
	});

	test("must be true: From names the phone, its number, or nobody", async () => {
		const { number } = await newSubscriber({ answer: 486 });
		const from = (user: string) => ({ from: `"Bank" <sip:${user}@127.0.0.1>` });
		expect((await invite(caller.phone, number, from(VICTIM))).status).toBe(403);
		expect((await invite(caller.phone, number, from(caller.number))).status).toBe(486);
		node.received.splice(0);
		otherNode.received.splice(0);
		const privacy = { from: '"Anonymous" <sip:anonymous@anonymous.invalid>', headers: ["Privacy: id"] };
		expect((await invite(caller.phone, number, privacy)).status).toBe(486);
		expect(header(atNode(), "Privacy")).toBe("id");
	});

	test("of a caller that wants privacy no phone is told", async () => {
		const { number, phone } = await newSubscriber({ answer: 486 });
		await invite(caller.phone, number, { headers: ["Privacy: id"] });
		expect(headers(invitesAt(phone)[0]!, "P-Asserted-Identity")).toEqual([]);
		await invite(caller.phone, number);
		expect(headers(invitesAt(phone)[1]!, "P-Asserted-Identity")).toEqual([`<sip:${caller.number}@${REALM}>`]);
	});

	test.each([
		["a Route of its own", { headers: ["ROUTE"] }],
		["a To tag and a Route", { headers: ["ROUTE", "DIVERSION"], to: "<sip:x@y>;tag=guess" }],
		["a To tag and a Route through the proxy", { headers: ["SELF", "ROUTE", "DIVERSION"], to: "<sip:x@y>;tag=guess" }],
		["a To tag and a guessed cookie", { headers: ["COOKIE", "DIVERSION"], to: "<sip:x@y>;tag=guess" }],
	])("does not reach a node by %s", async (_, { headers: names, ...more }) => {
		const lines: Record<string, string> = {
			ROUTE: `Route: <sip:127.0.0.1:${node.port};lr>`,
			SELF: `Route: <sip:127.0.0.1:${kamailio.port};lr>`,
			COOKIE: `Route: <sip:127.0.0.1:${kamailio.port};lr;ab=d41d8cd98f00b204e9800998ecf8427e>`,
			DIVERSION: `Diversion: <sip:${VICTIM}@x>;reason=user-busy`,
		};
		const uri = `sip:${VICTIM}@127.0.0.1:${node.port}`;
		const answer = await invite(caller.phone, VICTIM, { uri, headers: names.map((name) => lines[name]!), ...more });
		expect([404, 481]).toContain(answer.status);
		expect([...invitesAt(node), ...invitesAt(otherNode)]).toEqual([]);
	});

	test("is removed within a call too", async () => {
		const { number } = await newSubscriber({ answer: 486 });
		node.ringing = otherNode.ringing = { answer: 200 };
		const answered = await invite(caller.phone, number);
		expect(answered.status).toBe(200);
		const [text] = [atNode()];
		const route = headers(answered.text, "Record-Route").map((value) => `Route: ${value}`);
		expect(route).toHaveLength(1);
		const target = /<([^>]*)>/.exec(header(answered.text, "Contact")!)![1]!;
		const again = await caller.phone.send("INVITE", {
			uri: target,
			to: header(answered.text, "To")!,
			callId: header(answered.text, "Call-ID")!,
			headers: [...route, ...forged],
			sdp: SDP,
		});
		expect(again.status).toBe(200);
		const second = [...invitesAt(node), ...invitesAt(otherNode)].find((one) => one !== text)!;
		expect(second).not.toContain(VICTIM);
		expect((await caller.phone.bye(answered)).status).toBe(200);
	});

	test("is believed of a trunk of group 1, under what is added; of one of group 2 nothing is", async () => {
		const { number } = await newSubscriber({ answer: 486 });
		const earlier = [
			"Diversion: <sip:+15557770001@carrier>;reason=unconditional",
			"History-Info: <sip:+15557770001@carrier>;index=1, <sip:+1@carrier;cause=302>;index=1.1;mp=1",
			"P-Asserted-Identity: <sip:+15557770002@carrier>",
		];
		expect((await invite(trunk, number, { headers: earlier })).status).toBe(486);
		const text = atNode();
		expect(headers(text, "Diversion")).toEqual([
			`<sip:${number}@${REALM}>;reason=user-busy;counter=1;privacy=off`,
			"<sip:+15557770001@carrier>;reason=unconditional",
		]);
		expect(headers(text, "History-Info").at(-1)).toBe(
			`<sip:${number}@${REALM}>;index=1.1.1, <sip:${number}@${REALM};cause=486>;index=1.1.1.1;mp=1.1.1`,
		);
		expect(headers(text, "P-Asserted-Identity")).toEqual(["<sip:+15557770002@carrier>"]);
		node.received.splice(0);
		otherNode.received.splice(0);
		expect((await invite(doubtful, number, { headers: [...earlier, ...forged] })).status).toBe(486);
		const doubted = atNode();
		expect(doubted).not.toMatch(/5557770|5550009999/);
		expect(headers(doubted, "Diversion")).toHaveLength(1);
		expect(headers(doubted, "P-Asserted-Identity")).toEqual([]);
		expect((await trunk.register()).status).toBe(403);
	});
});

describe.skipIf(!hasKamailio)("message waiting", () => {
	const EVENT = "Event: message-summary";

	test("is asked of a node for the phone's own number, whatever name it asks by", async () => {
		const { phone, number } = await newSubscriber();
		const name = header((await phone.register()).text, "Contact")!.match(/sip:([^@]+)@/)![1]!;
		for (const user of [name, number, "*86"]) {
			await phone.send("SUBSCRIBE", { uri: uriOf(user), headers: [EVENT, "P-Asserted-Identity: <sip:+1@x>"] });
			const text = [...node.received, ...otherNode.received].find((one) => one.startsWith("SUBSCRIBE "))!;
			expect(text.split("\r\n")[0]).toBe(`SUBSCRIBE sip:${number}@127.0.0.1:${kamailio.port} SIP/2.0`);
			expect(headers(text, "P-Asserted-Identity")).toEqual([`<sip:${number}@${REALM}>`]);
			node.received.splice(0);
			otherNode.received.splice(0);
		}
		// Of another number: the node is told who asks, and refuses.
		await phone.send("SUBSCRIBE", { uri: uriOf(caller.number), headers: [EVENT] });
		const text = [...node.received, ...otherNode.received].find((one) => one.startsWith("SUBSCRIBE "))!;
		expect(text).toContain(`SUBSCRIBE sip:${caller.number}@`);
		expect(headers(text, "P-Asserted-Identity")).toEqual([`<sip:${number}@${REALM}>`]);
		expect((await phone.send("SUBSCRIBE", { uri: uriOf(number), headers: ["Event: presence"] })).status).toBe(489);
	});

	test("without a subscription reaches all phones that are registered, from nodes alone", async () => {
		const { phone, number } = await newSubscriber({ answer: 486 });
		const other = await newPhone(number);
		await other.register();
		const notify = { uri: uriOf(number), headers: [EVENT, "Subscription-State: terminated"] };
		expect((await node.send("NOTIFY", notify)).status).toBe(200);
		await until("both are told", 5_000, async () =>
			[phone, other].every((one) => one.received.some((text) => text.startsWith("NOTIFY "))),
		);
		expect((await node.send("NOTIFY", { ...notify, uri: uriOf("+15559999999") })).status).toBe(480);
		expect((await caller.phone.send("NOTIFY", notify)).status).toBe(405);
		expect((await node.send("MESSAGE", notify)).status).toBe(405);
	});
});

describe.skipIf(!hasKamailio)("Afterbeep", () => {
	test("is asked once in a while, and what it said holds on while it can not be asked", async () => {
		const { number, phone } = await newSubscriber({ answer: 486 });
		await invite(caller.phone, number);
		asked = [];
		await invite(caller.phone, number);
		expect(asked).toEqual([]);
		await lookups[Symbol.asyncDispose]();
		kamailio.rpc("htable.flush", "fresh"); // half a minute passes
		node.received.splice(0);
		otherNode.received.splice(0);
		expect((await invite(caller.phone, number)).status).toBe(486);
		expect(header(atNode(), "Diversion")).toContain("user-busy");
		expect((await phone.register()).status).toBe(200);
		expect((await invite(caller.phone, plan().phoneNumber)).status).toBe(503);
		lookups = await startLookups(lookups.port);
		expect((await invite(caller.phone, plan().phoneNumber)).status).toBe(486);
	});

	test("is asked for the hash that the configuration wants: SHA-256 too", async () => {
		await using another = await startKamailio({
			nodes: [node.port],
			lookupPort: lookups.port,
			lookupToken: "token",
			settings: [...settings, "#!define DIGEST_SHA256"],
		});
		const { phoneNumber } = plan();
		const username = `${phoneNumber.slice(1)}-sha`;
		const ha1Sha256 = createHash("sha256").update(`${username}:${REALM}:secret`).digest("hex");
		credentials.set(username, { username, phoneNumber, realm: REALM, ha1Md5: "0".repeat(32), ha1Sha256 });
		const account = { proxyPort: another.port, user: username, password: "secret" };
		await using phone = await openSipPhone({ ...account, algorithm: "sha256" });
		const answer = await phone.register();
		expect(answer.status, answer.text).toBe(200);
	});
});
