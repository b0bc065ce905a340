/**
 * Calls of the real sipp to a user agent of ours, and ours to it: one scenario of `sip/scenarios` for each race and each
 * extension, all at the same time, since most of their time is waiting.
 */
import { describe, expect, test } from "vitest";
import type { IncomingCall } from "../../src/sip/index.ts";
import { hasTool } from "../support/tools.ts";
import { ANSWER, type AnsweringOptions, startAnsweringAgent } from "./sip/answering-agent.ts";
import { startOctetRelay } from "./sip/octet-relay.ts";
import { runSipp, type SippRun, startSippServer } from "./sip/sipp.ts";

async function play(scenario: string, options: AnsweringOptions = {}, run: Partial<SippRun> = {}) {
	await using ours = await startAnsweringAgent(options);
	const sipp = await runSipp({ scenario, port: ours.port, ...run });
	expect(sipp.errors).toBe("");
	expect(ours.complaints).toEqual([]);
	expect({ exitCode: sipp.exitCode, successful: sipp.successful, failed: sipp.failed }).toEqual({
		exitCode: 0,
		successful: run.calls ?? 1,
		failed: 0,
	});
	return { ours, sipp, counters: ours.agent.counters() };
}

/** Where something must be waited for; and under load everything is. */
const LONG = { timeoutSeconds: 60 } as const;

/** 183 with SDP; the 200 as soon as it may. */
function early(call: IncomingCall): void {
	call.progress(183, ANSWER);
	call.answer(ANSWER);
}

function hangUpOnAck(call: IncomingCall): void {
	call.handlers = { ...call.handlers, onConfirmed: () => call.hangUp() };
	call.answer(ANSWER);
}

describe.skipIf(!hasTool("sipp")).concurrent("a scenario of sipp", () => {
	test("our re-INVITE and theirs cross: 491 both ways, and ours is tried again", async () => {
		const { ours } = await play("reinvite-glare.xml", { agent: { sessionTimer: { minSeconds: 6 } } }, LONG);
		expect(ours.ends).toEqual(["bye"]);
	});

	test("a session that the caller does not refresh ends with our BYE, one too short is refused", async () => {
		const { ours } = await play("session-timer.xml", { agent: { sessionTimer: { minSeconds: 6 } } }, LONG);
		expect(ours.ends).toEqual(["expired"]);
	});

	test("a session that we are to refresh is refreshed by UPDATE", async () => {
		await play("session-timer-ours.xml", { agent: { sessionTimer: { minSeconds: 6 } } }, LONG);
	});

	test("a reliable 183 is acknowledged before the 200, which leaves its SDP out", async () => {
		const { ours } = await play("prack.xml", { onCall: early }, { calls: 10 });
		expect(ours.pracks).toEqual(Array(10).fill(undefined));
		expect(ours.ends).toEqual(Array(10).fill("bye"));
	});

	test("Require: 100rel makes the 180 reliable", async () => {
		await play("prack-required.xml", { answerAfterMs: 200 }, { calls: 5 });
	});

	test("PRACKs that match nothing get 481", async () => {
		await play("prack-mismatched.xml", { onCall: early }, { calls: 5 });
	});

	test("without PRACK the caller gets 504", async () => {
		const { ours } = await play("prack-missing.xml", { onCall: early, t1Ms: 20 });
		expect(ours.pracks).toEqual(["lost"]);
	});

	test("CANCEL while the PRACK is awaited gets 200, its INVITE 487", async () => {
		const { ours } = await play("prack-cancel.xml", { onCall: early }, { calls: 10 });
		expect(ours.cancelled).toBe(10);
	});

	test("an offer of ours in a reliable 183 has its answer in the PRACK", async () => {
		const { ours } = await play("prack-late-offer.xml", { onCall: early });
		expect(ours.pracks[0]).toContain("m=audio");
		expect(ours.confirmed).toEqual([undefined]);
	});

	test("BYE in the early dialog gets 200, its INVITE 487", async () => {
		const { ours } = await play("bye-early.xml", { answerAfterMs: "never" }, { calls: 10 });
		expect(ours.cancelled).toBe(10);
	});

	test("BYE without any ACK ends the call, and the 200 is resent no more", async () => {
		const { ours } = await play("bye-before-ack.xml", {}, { calls: 10 });
		expect(ours.ends).toEqual(Array(10).fill("bye"));
		expect(ours.confirmed).toEqual([]);
	});

	test("BYEs that cross each get their 200", async () => {
		const { ours } = await play("bye-crossing.xml", { onCall: hangUpOnAck }, { calls: 10 });
		expect(ours.ends).toEqual(Array(10).fill("hungUp"));
	});

	test("an ACK that comes late is still the ACK", async () => {
		const { ours } = await play("ack-late.xml", { t1Ms: 100 });
		expect(ours.confirmed).toHaveLength(1);
		expect(ours.ends).toEqual(["bye"]);
	});

	test("a second INVITE before the first is answered gets 500 with Retry-After", async () => {
		await play("reinvite-early.xml", { answerAfterMs: 1_500 }, { calls: 5 });
	});

	test("a re-INVITE without offer gets ours, its ACK brings the answer", async () => {
		const { ours } = await play("reinvite-offerless.xml", {}, { calls: 5 });
		expect(ours.reinvites).toEqual(Array(5).fill(undefined));
		expect(ours.confirmed.filter((answer) => answer?.includes("m=audio"))).toHaveLength(5);
	});

	test("UPDATE changes the session, and one without offer leaves it", async () => {
		const { ours } = await play("update.xml", {}, { calls: 5 });
		expect(ours.reinvites).toEqual(Array(5).fill(expect.stringContaining("a=sendonly")));
	});

	test("UPDATE in the early dialog is answered behind the PRACK", async () => {
		const onCall = (call: IncomingCall) => {
			call.progress(183, ANSWER);
			const reinvited = call.handlers.onReinvite;
			call.handlers = {
				...call.handlers,
				onReinvite: (offer) => {
					setTimeout(() => call.answer(ANSWER), 100);
					return reinvited?.(offer) ?? { status: 500 };
				},
			};
		};
		const { ours } = await play("update-early.xml", { onCall }, { calls: 5 });
		expect(ours.reinvites).toHaveLength(5);
	});

	test("an UPDATE that overtakes the answer to the INVITE gets 500 with Retry-After", async () => {
		await play("update-overtaking.xml", { onCall: early }, { calls: 5 });
	});

	test("an UPDATE that crosses our offer gets 491", async () => {
		await play("update-glare.xml", {}, { calls: 5 });
	});

	test("keys come by INFO too", async () => {
		const { ours } = await play("info-keys.xml");
		expect(ours.keys).toEqual(["5", "#"]);
	});

	test("REFER gets 405 with an Allow that does not name it", async () => {
		await play("refer.xml");
	});

	test("a call replaces another of its caller", async () => {
		const onCall = (call: IncomingCall) => {
			call.answer(ANSWER);
			call.replaces?.hangUp({ protocol: "SIP", cause: 200, text: "Replaced" });
		};
		const { ours } = await play("replaces.xml", { onCall, agent: { replaces: true } });
		expect(ours.ends).toEqual(["hungUp", "bye"]);
	});

	test.each([
		["octet by octet", "octets", 10],
		["with the messages of many calls in one piece", "joined", 100],
	] as const)("TCP %s is read like any other", async (_title, cutting, calls) => {
		await using ours = await startAnsweringAgent({ transport: "tcp" });
		await using relay = await startOctetRelay(ours.port, cutting);
		const sipp = await runSipp({
			scenario: "uac",
			port: relay.port,
			calls,
			perSecond: calls,
			transport: "t1",
			...LONG,
		});
		expect({ exitCode: sipp.exitCode, failed: sipp.failed }).toEqual({ exitCode: 0, failed: 0 });
		expect(ours.ends).toEqual(Array(calls).fill("bye"));
		// Fewer pieces than messages, or very many more.
		const messages = 7 * calls;
		if (cutting === "octets") expect(relay.pieces).toBeGreaterThan(100 * messages);
		else expect(relay.pieces).toBeLessThan(messages);
	});

	test.each([
		["two branches of a fork answer: each is acknowledged, the second hung up", "callee-forked.xml", ["answered true"]],
		["a reliable 183 gets its PRACK, and is the answer of a 200 without SDP", "callee-reliable.xml", ["answered true"]],
		["a callee that wants longer sessions is asked again", "callee-interval.xml", ["answered true"]],
	] as const)("of our calls: %s", async (_title, scenario, expected) => {
		await using ours = await startAnsweringAgent();
		const sipp = await startSippServer({ scenario, ...LONG });
		const news: string[] = [];
		const over = Promise.withResolvers<void>();
		const call = ours.agent.placeCall({
			uri: `sip:service@127.0.0.1:${sipp.port}`,
			next: { transport: "udp", host: "127.0.0.1", port: sipp.port },
			from: "<sip:+15550001@127.0.0.1>",
			sdp: ANSWER,
			handlers: {
				onAnswered: (sdp) => {
					news.push(`answered ${sdp?.includes("m=audio")}`);
					setTimeout(() => call.hangUp(), 2_000);
				},
				onEnded: () => over.resolve(),
				onRejected: (status) => {
					news.push(`rejected ${status}`);
					over.resolve();
				},
			},
		});
		await over.promise;
		const result = await sipp.done;
		expect(result.errors).toBe("");
		expect({ failed: result.failed, successful: result.successful }).toEqual({ failed: 0, successful: 1 });
		expect(news).toEqual(expected);
		expect(ours.complaints).toEqual([]);
	});

	test("100 calls over UDP are answered, acknowledged and ended by BYE", async () => {
		const { ours } = await play("uac", {}, { calls: 100, perSecond: 100 });
		expect(ours.confirmed).toHaveLength(100);
		expect(ours.ends).toEqual(Array(100).fill("bye"));
	});

	test.each(["t1", "tn"] as const)(
		"100 calls over TCP (%s) are answered, acknowledged and ended by BYE",
		async (transport) => {
			const more = ["-max_socket", "1000"];
			const { ours } = await play("uac", { transport: "tcp" }, { calls: 100, perSecond: 100, transport, more });
			expect(ours.confirmed).toHaveLength(100);
			expect(ours.ends).toEqual(Array(100).fill("bye"));
		},
	);

	test("every call ends well where one message in ten is lost", async () => {
		await using ours = await startAnsweringAgent();
		const sipp = await runSipp({
			scenario: "lossy.xml",
			port: ours.port,
			calls: 100,
			perSecond: 100,
			more: ["-lost", "10"],
			timeoutSeconds: 60,
		});
		expect({ exitCode: sipp.exitCode, failed: sipp.failed }).toEqual({ exitCode: 0, failed: 0 });
		expect(sipp.retransmissions).toBeGreaterThan(0);
		// What sipp resent was answered by the transactions and made no further calls.
		expect(ours.agent.counters().sipRetransmissionsReceived).toBeGreaterThan(0);
		expect(ours.calls).toHaveLength(100);
		expect(ours.ends).toEqual(Array(100).fill("bye"));
	}, 70_000);

	test("CANCEL before the answer gets 200, its INVITE 487", async () => {
		const { ours } = await play("cancel.xml", { answerAfterMs: "never" }, { calls: 20 });
		expect(ours.cancelled).toBe(20);
		expect(ours.ends).toEqual([]);
	});

	test("CANCEL that crosses the 200 gets 200 and changes nothing", async () => {
		const { ours } = await play("cancel-race.xml", {}, { calls: 20 });
		expect(ours.cancelled).toBe(0);
		expect(ours.ends).toEqual(Array(20).fill("bye"));
	});

	test("hold and resume come as re-INVITEs with their offers", async () => {
		const { ours } = await play("hold.xml", {}, { calls: 10 });
		expect(ours.reinvites).toHaveLength(20);
		expect(ours.reinvites.filter((offer) => offer?.includes("a=sendonly"))).toHaveLength(10);
		expect(ours.confirmed).toHaveLength(30);
	});

	test.each([
		["udp", "u1"],
		["tcp", "t1"],
	] as const)("a late offer over %s: the 200 carries ours, the ACK the answer", async (transport, t) => {
		const { ours } = await play("late-offer.xml", { transport }, { calls: 10, transport: t });
		expect(ours.calls.every((call) => call.offer === undefined)).toBe(true);
		expect(ours.confirmed).toHaveLength(10);
		expect(ours.confirmed.every((answer) => answer?.includes("m=audio"))).toBe(true);
	});

	test("OPTIONS gets 200 with what we can do", async () => {
		await play("options.xml", {}, { calls: 10 });
	});

	test("an unknown method gets 405 with Allow", async () => {
		await play("unknown-method.xml", {}, { calls: 10 });
	});

	test("a BYE that is resent gets its 200 again, a new BYE 481", async () => {
		const { counters } = await play("repeated-bye.xml", {}, { calls: 10 });
		expect(counters.sipRetransmissionsReceived).toBeGreaterThanOrEqual(10);
	});

	test("without ACK our BYE ends the call after 64*T1", async () => {
		const { ours } = await play("no-ack.xml", { t1Ms: 20 });
		expect(ours.ends).toEqual(["noAck"]);
	});

	test("our BYE follows the recorded route, in its order", async () => {
		const { ours } = await play("hung-up.xml", {
			onCall: (call) => {
				call.handlers = { ...call.handlers, onConfirmed: () => call.hangUp() };
				call.answer(ANSWER);
			},
		});
		expect(ours.ends).toEqual(["hungUp"]);
	});

	test("above callsMax an INVITE gets 503 with Retry-After", async () => {
		const { counters } = await play("overloaded.xml", { callsMax: 0 }, { calls: 5 });
		expect(counters.sipCallsRefused).toBe(5);
	});
});
