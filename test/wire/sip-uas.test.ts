/** Calls of the real sipp to a user agent of ours. */
import { expect, test } from "vitest";
import { ANSWER, type AnsweringOptions, startAnsweringAgent } from "./sip/answering-agent.ts";
import { runSipp, type SippRun } from "./sip/sipp.ts";

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
