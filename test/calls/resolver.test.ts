import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, type Offered, refuseAtOnce } from "../../src/calls/decision.ts";
import type { CallMailbox, HeldNumber } from "../../src/calls/ports.ts";
import { candidates, choose, DEFAULT_SOURCE_ORDER, type ResolverPolicy, readInvite } from "../../src/calls/resolver.ts";
import { isE164 } from "../../src/domain/index.ts";
import { invite } from "../support/calls/invite.ts";

const POLICY: ResolverPolicy = {
	order: DEFAULT_SOURCE_ORDER,
	diverter: "original",
	plan: { country: "US", extensions: { "10XX": "+15550000XX" } },
	accessNumbers: ["*86", "+15559999999"],
	assertsIdentity: true,
};
const VM = "sip:voicemail@vm.example";
const A = "+15551110001";
const B = "+15551110002";
const C = "+15551110003";

function held(phoneNumber: string, mailbox: Partial<CallMailbox> | undefined = {}): HeldNumber {
	const whole: CallMailbox = {
		mailboxId: `MBID-${phoneNumber}`,
		phoneNumber,
		full: false,
		pinSet: true,
		pinChangeRequired: false,
		timeZone: "UTC",
		language: "en",
		maxMessageMs: 180_000,
		minMessageMs: 1_000,
		...mailbox,
	};
	return { phoneNumber, mailbox: whole };
}
const off = (phoneNumber: string): HeldNumber => ({ phoneNumber, mailbox: undefined });

/** Who gets the message, by which source, and why it was diverted. */
function resolve(uri: string, lines: readonly string[], holding: readonly HeldNumber[], policy = POLICY) {
	const choice = choose(candidates(invite(uri, lines), policy), holding);
	if (choice.result !== "mailbox") return choice.result;
	return [choice.held.phoneNumber, choice.candidate.source, choice.candidate.reason];
}

describe("each of the six sources can name the mailbox", () => {
	test.each([
		["target of RFC 4458", `${VM};target=sip:%2B15551110001%40op.example;cause=486`, [], [A, "Target", "Busy"]],
		[
			"target with its own parameters",
			`${VM};target=sip:+15551110001%40op%3Buser=phone;cause=408`,
			[],
			[A, "Target", "NoAnswer"],
		],
		["target as tel", `${VM};cause=302;target=tel:%2B1-555-111-0001`, [], [A, "Target", "Unconditional"]],
		[
			"History-Info",
			VM,
			[`History-Info: <sip:${A}@op>;index=1, <${VM};cause=503>;index=1.1;mp=1`],
			[A, "HistoryInfo", "Unavailable"],
		],
		["Diversion", VM, [`Diversion: <sip:${A}@op>;reason=no-answer;counter=1`], [A, "Diversion", "NoAnswer"]],
		["Request-URI", `sip:${A}@vm.example`, [], [A, "RequestUri", "Direct"]],
		["P-Called-Party-ID", VM, [`P-Called-Party-ID: <sip:${A}@op>`], [A, "CalledParty", "Direct"]],
		["To", VM, [`To: "Bob" <sip:${A}@op>;tag=1`], [A, "To", "Direct"]],
		["To without brackets", VM, [`t: sip:${A}@op;tag=1`], [A, "To", "Direct"]],
		["an extension", "sip:1042@pbx", [], ["+1555000042", "RequestUri", "Direct"]],
	] as const)("%s", (_, uri, lines, expected) => {
		expect(resolve(uri, lines, [held(A), held("+1555000042")])).toEqual(expected);
	});
});

describe("a call that was forwarded twice, from A by B to us", () => {
	const history = [
		`History-Info: <sip:${A}@op>;index=1`,
		`History-Info: <sip:${B}@op;cause=302>;index=1.1;mp=1,<${VM};cause=408>;index=1.1.1;mp=1.1`,
	];
	const diversion = [`Diversion: <sip:${B}@op>;reason=no-answer, <sip:${A}@op>;reason=unconditional`];

	test.each([
		["History-Info", history, "HistoryInfo"],
		["Diversion", diversion, "Diversion"],
	] as const)("%s: the one whom the caller called, by default; the last one by policy", (_, lines, source) => {
		const both = [held(A), held(B)];
		expect(resolve(VM, lines, both)).toEqual([A, source, "Unconditional"]);
		expect(resolve(VM, lines, both, { ...POLICY, diverter: "last" })).toEqual([B, source, "NoAnswer"]);
	});

	test("where A is not ours, B did not answer and has the message", () => {
		expect(resolve(VM, diversion, [held(B)])).toEqual([B, "Diversion", "NoAnswer"]);
	});

	test("where A has no voicemail but B has, B has the message", () => {
		expect(resolve(VM, history, [off(A), held(B)])).toEqual([B, "HistoryInfo", "NoAnswer"]);
	});

	test("History-Info goes before Diversion, and a source order of the peer before both", () => {
		const lines = [`History-Info: <sip:${A}@op>;index=1,<${VM};cause=486>;index=1.1;mp=1`, `Diversion: <sip:${C}@op>`];
		const numbers = [held(A), held(C)];
		expect(resolve(VM, lines, numbers)).toEqual([A, "HistoryInfo", "Busy"]);
		const diversionFirst = { ...POLICY, order: ["Diversion", "HistoryInfo"] as const };
		expect(resolve(VM, lines, numbers, diversionFirst)).toEqual([C, "Diversion", "Unknown"]);
	});
});

describe("History-Info as networks send it", () => {
	test("entries of RFC 4244 have no mp: who stands before an entry with a cause diverted", () => {
		const lines = [`History-Info: <sip:${A}@op>;index=1, <${VM};cause=486>;index=1.1`];
		expect(resolve(VM, lines, [held(A)])).toEqual([A, "HistoryInfo", "Busy"]);
	});

	test("the reason may be escaped in the URI that was left", () => {
		const lines = [`History-Info: <sip:${A}@op?Reason=SIP%3Bcause%3D486>;index=1,<${VM}>;index=1.1;mp=1`];
		expect(resolve(VM, lines, [held(A)])).toEqual([A, "HistoryInfo", "Busy"]);
	});

	test("an mp to an entry that was taken out for privacy means the entry before", () => {
		const lines = [`History-Info: <sip:${B}@op>;index=1.1,<${VM};cause=408>;index=1.2;mp=1`];
		expect(resolve(VM, lines, [held(B)])).toEqual([B, "HistoryInfo", "NoAnswer"]);
	});

	test("an entry that only repeats the number called is no diversion", () => {
		const lines = ["History-Info: <sip:*86@op>;index=1"];
		expect(readInvite(invite("sip:*86@vm", lines), POLICY).accessDialled).toBe(true);
		const called = [`History-Info: <sip:${A}@op>;index=1`];
		expect(resolve(`sip:${A}@vm`, called, [held(A)])).toEqual([A, "HistoryInfo", "Direct"]);
	});
});

describe("History-Info by RFC 7044", () => {
	const history = (value: string, policy = POLICY) =>
		resolve(VM, [`History-Info: ${value}`], [held(A), held(B), held(C)], policy);
	const LAST: ResolverPolicy = { ...POLICY, diverter: "last" };

	test("entries count in the order of their indices, wherever a proxy wrote them", () => {
		const value = `<${VM};cause=408>;index=1.2.10;mp=1.2, <sip:${B}@op;cause=302>;index=1.2;mp=1, <sip:${A}@op>;index=1`;
		expect(history(value)).toEqual([A, "HistoryInfo", "Unconditional"]);
		expect(history(value, LAST)).toEqual([B, "HistoryInfo", "NoAnswer"]);
	});

	test("rc and np are the same user at another place: no diversion, even with a cause", () => {
		const value = `<sip:${A}@op>;index=1, <sip:${B}@192.0.2.7;cause=302>;index=1.1;rc=1, <${VM};cause=408>;index=1.2;mp=1`;
		expect(history(value)).toEqual([A, "HistoryInfo", "NoAnswer"]);
		expect(history(value, LAST)).toEqual([A, "HistoryInfo", "NoAnswer"]);
		const same = `<sip:${A}@op>;index=1, <sip:${B}@192.0.2.7;cause=302>;index=1.1;np=1`;
		expect(history(same)).toEqual([A, "HistoryInfo", "Direct"]);
	});

	test("without tags an entry with a cause was reached from its parent, not from its neighbour (RFC 4244)", () => {
		const reason = "?Reason=SIP%3Bcause%3D408";
		const value = `<sip:${A}@op>;index=1, <sip:${B}@192.0.2.7${reason}>;index=1.1, <${VM};cause=408>;index=1.2`;
		expect(history(value)).toEqual([A, "HistoryInfo", "NoAnswer"]);
	});

	test("the reason of the branch before counts where the entry has none", () => {
		const value = `<sip:${A}@op>;index=1, <sip:a@192.0.2.7?Reason=SIP%3Bcause%3D486>;index=1.1;rc=1, <${VM}>;index=1.2;mp=1`;
		expect(history(value)).toEqual([A, "HistoryInfo", "Busy"]);
	});

	test("an entry made anonymous names nobody, and the next source is asked", () => {
		const value = `<sip:anonymous@anonymous.invalid>;index=1, <${VM};cause=486>;index=1.1;mp=1`;
		const lines = [`History-Info: ${value}`, `Diversion: <sip:${B}@op>;reason=user-busy`];
		expect(resolve(VM, lines, [held(B)])).toEqual([B, "Diversion", "Busy"]);
	});

	test.each([
		["an entry's own privacy", [`History-Info: <sip:${A}@op?Privacy=history>;index=1, <${VM}>;index=1.1;mp=1`], true],
		["the request's", [`History-Info: <sip:${A}@op>;index=1, <${VM}>;index=1.1;mp=1`, "Privacy: id;history"], true],
		["Diversion's", [`Diversion: <sip:${A}@op>;privacy=full`], true],
		["none", [`History-Info: <sip:${A}@op>;index=1, <${VM}>;index=1.1;mp=1`, "Privacy: id"], false],
		["Diversion's, switched off", [`Diversion: <sip:${A}@op>;privacy=off`], false],
	])("%s hides the number from the caller, not the mailbox from us", (_title, lines, hidden) => {
		const choice = choose(candidates(invite(VM, lines), POLICY), [held(A)]);
		expect(choice).toMatchObject({ result: "mailbox", candidate: { phoneNumber: A, private: hidden } });
	});
});

describe("why the call was diverted", () => {
	test.each([
		["user-busy", "Busy"],
		["No-Answer", "NoAnswer"],
		["unavailable", "Unavailable"],
		["unconditional", "Unconditional"],
		["time-of-day", "Unconditional"],
		["do-not-disturb", "Busy"],
		["deflection", "Busy"],
		["follow-me", "Unconditional"],
		["out-of-service", "Unavailable"],
		["away", "Unavailable"],
		["unknown", "Unknown"],
		['"no-answer"', "NoAnswer"],
		["gibberish", "Unknown"],
	] as const)("Diversion reason %s is %s", (said, reason) => {
		expect(resolve(VM, [`Diversion: <tel:${A}>;reason=${said}`], [held(A)])).toEqual([A, "Diversion", reason]);
	});

	test.each([
		[302, "Unconditional"],
		[404, "Unavailable"],
		[408, "NoAnswer"],
		[480, "Busy"],
		[486, "Busy"],
		[487, "Busy"],
		[503, "Unavailable"],
		[999, "Unknown"],
	] as const)("cause %i is %s", (cause, reason) => {
		expect(resolve(`${VM};target=tel:${A};cause=${cause}`, [], [held(A)])).toEqual([A, "Target", reason]);
	});

	test.each([
		["Q.850;cause=17", "Busy"],
		['Q.850;cause=19;text="no answer"', "NoAnswer"],
		["SIP;cause=486", "Busy"],
		['foo;cause=486, SIP ; cause=408 ;text="x"', "NoAnswer"],
		["SIP;text=nothing", "Unknown"],
	])("a Reason header %s tells what the Diversion left out: %s", (value, reason) => {
		expect(resolve(VM, [`Diversion: <tel:${A}>`, `Reason: ${value}`], [held(A)])).toEqual([A, "Diversion", reason]);
	});
});

describe("numbers as peers write them", () => {
	test.each([
		["%2B15551110001", A],
		["15551110001", A],
		["5551110001", A],
		["01115551110001", A],
		["+15551110001;npdi;rn=+1555", A],
		["1-555-111-0001", A],
	])("a Diversion user %s is found", (user, phoneNumber) => {
		expect(resolve(VM, [`Diversion: <sip:${user}@op>`], [held(phoneNumber)])).toEqual([A, "Diversion", "Unknown"]);
	});

	test("every text that is no number stays in the trace with its why", () => {
		const traced = candidates(invite(VM, ["To: <sip:alice@op>"]), POLICY);
		expect(traced.map(({ source, phoneNumber }) => [source, phoneNumber])).toEqual([
			["RequestUri", undefined],
			["To", undefined],
		]);
		for (const one of traced) expect(one.why).toContain("not a number");
	});
});

const offered = (holding: readonly HeldNumber[]): Offered => ({
	held: holding,
	lent: new Map(),
	judge: () => ({ result: "accept" }),
});

describe("what becomes of the call", () => {
	const become = (uri: string, lines: readonly string[], holding: readonly HeldNumber[], policy = POLICY) => {
		const reading = readInvite(invite(uri, lines), policy);
		const decision = refuseAtOnce(reading) ?? decide(reading, offered(holding));
		return decision.kind === "refuse"
			? decision.status
			: [decision.kind, decision.kind === "deposit" ? decision.mailbox.phoneNumber : decision.own?.phoneNumber];
	};
	const pai = (number: string) => `P-Asserted-Identity: <sip:${number}@op>`;

	test("a number that is not ours: 404; without voicemail: 480; a full mailbox: 486", () => {
		expect(become(`sip:${A}@vm`, [], [])).toBe(404);
		expect(become(`sip:${A}@vm`, [], [off(A)])).toBe(480);
		expect(become(`sip:${A}@vm`, [], [held(A, { full: true })])).toBe(486);
	});

	test("an access number asks for the mailbox, unless the network asserts one of ours", () => {
		for (const uri of [
			"sip:*86@vm",
			"sip:%2A86@vm",
			"sip:+15559999999@vm",
			"sip:5559999999@vm",
			"tel:+1-555-999-9999",
		]) {
			expect(become(uri, [pai(C)], [])).toEqual(["retrieval", undefined]);
			expect(become(uri, [pai(A)], [held(A)])).toEqual(["retrieval", A]);
		}
	});

	test("an access number does not believe From, nor an identity from a peer that is not believed", () => {
		expect(become("sip:*86@vm", [`From: <sip:${A}@op>`], [held(A)])).toEqual(["retrieval", undefined]);
		expect(become("sip:*86@vm", [pai(A)], [held(A)], { ...POLICY, assertsIdentity: false })).toEqual([
			"retrieval",
			undefined,
		]);
	});

	test("a call diverted to an access number leaves a message", () => {
		expect(become("sip:*86@vm", [`Diversion: <sip:${B}@op>`], [held(B)])).toEqual(["deposit", B]);
	});

	test("who calls the own number, or is forwarded from it, hears messages, even of a full mailbox", () => {
		expect(become(`sip:${A}@vm`, [pai(A)], [held(A, { full: true })])).toEqual(["retrieval", A]);
		expect(become(VM, [pai(A), `Diversion: <sip:${A}@op>`], [held(A)])).toEqual(["retrieval", A]);
	});

	test("an identity that is withheld from the subscriber still opens the own mailbox", () => {
		expect(become(`sip:${A}@vm`, [pai(A), "Privacy: id"], [held(A)])).toEqual(["retrieval", A]);
	});

	test("From alone never opens a mailbox", () => {
		expect(become(`sip:${A}@vm`, [`From: <sip:${A}@op>;tag=1`], [held(A)])).toEqual(["deposit", A]);
	});

	test("forwarded more than five times is a loop: 486", () => {
		const six = Array.from({ length: 6 }, (_, i) => `Diversion: <sip:+1555222000${i}@op>`);
		expect(become(VM, six, [held("+15552220000")])).toBe(486);
		expect(become(VM, six.slice(1), [held("+15552220005")])).toEqual(["deposit", "+15552220005"]);
		expect(become(VM, [`Diversion: <sip:${A}@op>;counter=6`], [held(A)])).toBe(486);
		const causes = Array.from({ length: 6 }, (_, i) => `<sip:+1555222000${i}@op;cause=302>;index=1.${i}`).join(",");
		expect(become(VM, [`History-Info: ${causes}`], [held(A)])).toBe(486);
	});
});

describe("the caller", () => {
	const caller = (lines: readonly string[], policy = POLICY) => {
		const { number, name } = readInvite(invite(VM, lines), policy).caller;
		return [number, name];
	};

	test.each([
		[['From: "Jane Roe" <sip:+18015551234@op>;tag=1'], ["+18015551234", "Jane Roe"]],
		[["From: <sip:8015551234@op>;tag=1"], ["+18015551234", null]],
		[["From: <sip:100@pbx>;tag=1"], ["100", null]],
		[['From: "Alice" <sip:alice@pbx>'], ["alice", "Alice"]],
		[['From: "8015551234" <sip:8015551234@op>'], ["+18015551234", "8015551234"]],
		[['From: "+18015551234" <sip:8015551234@op>'], ["+18015551234", null]],
		[
			['From: "X" <sip:x@op>', 'P-Asserted-Identity: "Jane" <sip:+18015551234@op>, <tel:+18015551234>'],
			["+18015551234", "Jane"],
		],
		[
			["From: <sip:+19990001111@op>", "P-Asserted-Identity: <sip:jane@op>, <tel:+18015551234>"],
			["+18015551234", null],
		],
	])("%j is %j", (lines, expected) => expect(caller(lines)).toEqual(expected));

	test("P-Asserted-Identity counts only from a believed peer", () => {
		const lines = [`From: <sip:${A}@op>`, `P-Asserted-Identity: <sip:${B}@op>`];
		expect(caller(lines)[0]).toBe(B);
		expect(caller(lines, { ...POLICY, assertsIdentity: false })[0]).toBe(A);
	});

	test.each([
		[['From: "Jane" <sip:+18015551234@op>', "Privacy: id"]],
		[['From: "Jane" <sip:+18015551234@op>', "Privacy: critical;Header"]],
		[['From: "Jane" <sip:+18015551234@op>', "Privacy: user"]],
		[['From: "Anonymous" <sip:anonymous@anonymous.invalid>', "P-Asserted-Identity: <sip:+18015551234@op>"]],
		[["From: <sip:c8oqz84zk7z@Anonymous.Invalid>"]],
		[["From: <sip:anonymous@op.example>"]],
		[["From: garbage garbage"]],
		[[]],
	])("%j is withheld", (lines) => expect(caller(lines)).toEqual([null, null]));

	test("Privacy: none and session withhold nothing", () => {
		expect(caller([`From: <sip:${A}@op>`, "Privacy: none"])[0]).toBe(A);
		expect(caller([`From: <sip:${A}@op>`, "Privacy: session"])[0]).toBe(A);
	});

	test("Privacy: none shows what the network asserts of a phone that calls itself anonymous", () => {
		const lines = ["From: <sip:anonymous@anonymous.invalid>", `P-Asserted-Identity: <sip:${A}@op>`, "Privacy: none"];
		expect(caller(lines)[0]).toBe(A);
		expect(caller(lines, { ...POLICY, assertsIdentity: false })[0]).toBeNull();
	});

	test("P-Preferred-Identity is what a phone wishes, and is not believed of anybody", () => {
		expect(caller([`From: <sip:${A}@op>`, `P-Preferred-Identity: <sip:${B}@op>`])[0]).toBe(A);
	});

	test("a display name is cleaned of controls and of what turns the direction of writing, and bounded", () => {
		expect(caller([`From: "Ja\u0007ne\u202e \t R\r\noe" <sip:${A}@op>`])[1]).toBe("Ja ne R oe");
		expect(caller([`From: "${"é".repeat(500)}" <sip:${A}@op>`])[1]).toBe("é".repeat(100));
	});
});

describe("whatever a peer sends", () => {
	const piece = fc.oneof(
		fc.constantFrom(
			"<",
			">",
			'"',
			",",
			";",
			"sip:",
			"tel:",
			"@",
			"index=1",
			"mp=1",
			"mp=1.1",
			"cause=486",
			"%2B",
			"\\",
		),
		fc.constantFrom(
			`<sip:${A}@op>`,
			`;reason=no-answer`,
			";counter=99999999999999999999",
			"?Reason=SIP%3Bcause%3D",
			"\u0000",
		),
		fc.string({ maxLength: 8 }),
	);
	const value = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(""));
	const name = fc.constantFrom(
		...["History-Info", "Diversion", "From", "To", "P-Asserted-Identity", "P-Called-Party-ID", "Privacy", "Reason"],
	);
	const line = fc.tuple(name, value).map(([header, text]) => `${header}: ${text}`);

	test("reading it never throws, and what comes out is bounded", () => {
		fc.assert(
			fc.property(value, fc.array(line, { maxLength: 60 }), (uri, lines) => {
				const reading = readInvite(invite(uri, lines), POLICY);
				expect(reading.candidates.length).toBeLessThanOrEqual(40);
				for (const { raw, phoneNumber, why } of reading.candidates) {
					expect(raw.length).toBeLessThanOrEqual(200);
					expect(why).not.toBe("");
					if (phoneNumber !== undefined) expect(isE164(phoneNumber)).toBe(true);
				}
				expect(reading.caller.number?.length ?? 0).toBeLessThanOrEqual(64);
				expect([...(reading.caller.name ?? "")].length).toBeLessThanOrEqual(100);
				expect(reading.caller.asserted.every(isE164)).toBe(true);
				decide(reading, offered([held(A)]));
			}),
			{ numRuns: 2000 },
		);
	});

	test("thousands of headers are read in bounded time", () => {
		const many = Array.from({ length: 5000 }, (_, i) => `Diversion: <sip:+1555${String(i).padStart(7, "0")}@op>`);
		const reading = readInvite(invite(VM, many), POLICY);
		expect(reading.looped).toBe(true);
		expect(reading.candidates.length).toBeLessThanOrEqual(40);
	});
});
