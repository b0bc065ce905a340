/**
 * Two user agents on a wire that loses, doubles and delays: whatever happens, each call is told its end once, and nothing
 * is left behind. Seeds are fast-check's: a failing run prints its own.
 */
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UserAgent } from "../../../src/sip/agent/user-agent.ts";
import { parseDatagram } from "../../../src/sip/message/parse.ts";
import type { Flow, MessageTransport } from "../../../src/sip/transport/flow.ts";
import { Gate } from "../../../src/sip/transport/gate.ts";
import type { CallHandlers, IncomingCall } from "../../../src/sip/types.ts";
import { SDP, straight } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/** What becomes of each datagram in turn: copies (0 is lost), and how long each takes. */
interface Weather {
	readonly copies: number;
	readonly delayMs: number;
}

interface Plan {
	readonly weather: readonly Weather[];
	readonly answerMs: number;
	readonly answer: "accept" | "refuse";
	readonly callerActsMs: number;
	readonly callerAction: "cancel" | "hangUp" | "nothing";
	readonly calleeHangsUpMs: number | undefined;
}

const A = "192.0.2.1";
const B = "192.0.2.2";

class Net {
	readonly agents = new Map<string, UserAgent>();
	readonly problems: string[] = [];
	readonly #weather: readonly Weather[];
	#sent = 0;

	constructor(weather: readonly Weather[]) {
		this.#weather = weather;
	}

	open(host: string, onCall: (call: IncomingCall) => void): UserAgent {
		const local = { transport: "udp", host, port: 5060 } as const;
		const transport: MessageTransport = {
			listening: [local],
			replyFlow: (flow) => flow,
			...straight(),
			flowTo: (next, _preferred, then) => then(this.#flow(host, next.host)),
			flowBack: ({ source }, then) => then(this.#flow(host, source.address)),
			settled: () => Promise.resolve(),
			close: () => Promise.resolve(),
		};
		const complain = (fields: object, text: string): number => this.problems.push(`${text} ${JSON.stringify(fields)}`);
		const log = { debug: () => {}, info: () => {}, warn: complain, error: complain };
		const options = { listen: [local], isTrusted: () => true, log, onCall };
		const agent = new UserAgent(options, undefined, new Gate(() => true, log), transport);
		this.agents.set(host, agent);
		return agent;
	}

	#flow(from: string, to: string): Flow {
		return {
			source: { transport: "udp", address: to, port: 5060, local: { transport: "udp", host: from, port: 5060 } },
			reliable: false,
			localAddress: from,
			localPort: 5060,
			send: (octets) => {
				const { copies, delayMs } = this.#weather[this.#sent++ % this.#weather.length] ?? { copies: 1, delayMs: 1 };
				for (let copy = 0; copy < copies; copy++) {
					const arrive = (): void => this.agents.get(to)?.receive(parseDatagram(octets), this.#flow(to, from));
					setTimeout(arrive, delayMs * (copy + 1));
				}
			},
		};
	}
}

function run(plan: Plan) {
	const net = new Net(plan.weather);
	const told = { callee: [] as string[], caller: [] as string[] };
	const tell = (who: "callee" | "caller"): CallHandlers => ({
		onCancelled: () => told[who].push("cancelled"),
		onEnded: () => told[who].push("ended"),
	});
	const calls: IncomingCall[] = [];
	net.open(B, (call) => {
		calls.push(call);
		call.handlers = tell("callee");
		if (plan.answerMs > 500) call.progress(180);
		setTimeout(() => {
			if (plan.answer === "refuse") call.reject(486);
			else call.answer(SDP);
		}, plan.answerMs);
		if (plan.calleeHangsUpMs !== undefined) setTimeout(() => call.hangUp(), plan.calleeHangsUpMs);
		// No call lasts for ever: the callee is the voicemail.
		setTimeout(() => call.hangUp(), 100_000);
	});
	const caller = net.open(A, () => {});
	const call = caller.placeCall({
		uri: `sip:100@${B}`,
		next: { transport: "udp", host: B, port: 5060 },
		from: `<sip:200@${A}>`,
		sdp: SDP,
		handlers: {
			...tell("caller"),
			onAnswered: () => told.caller.push("answered"),
			onRejected: () => told.caller.push("rejected"),
		},
	});
	if (plan.callerAction !== "nothing") setTimeout(() => call[plan.callerAction as "cancel"](), plan.callerActsMs);
	// The caller cannot know that the other side is gone when every BYE to it was lost.
	setTimeout(() => call.hangUp(), 200_000);
	vi.advanceTimersByTime(600_000);
	return { net, told, calls };
}

const plan: fc.Arbitrary<Plan> = fc.record({
	weather: fc.array(
		fc.record({
			copies: fc.constantFrom(0, 1, 1, 1, 2), // A second copy takes twice as long; nothing outlives T4, which the standard's timers rely on (RFC 3261 §17.1.1.1).
			delayMs: fc.constantFrom(1, 5, 40, 300, 900, 2_400),
		}),
		{ minLength: 1, maxLength: 40 },
	),
	answerMs: fc.constantFrom(0, 10, 600, 5_000),
	answer: fc.constantFrom("accept", "accept", "refuse"),
	callerActsMs: fc.constantFrom(0, 1, 50, 700, 4_999, 5_001, 40_000),
	callerAction: fc.constantFrom("cancel", "hangUp", "nothing"),
	calleeHangsUpMs: fc.constantFrom(undefined, 20, 2_000, 50_000),
});

test("loss, doubling and reordering: one end for each call, and nothing left behind", () => {
	fc.assert(
		fc.property(plan, (one) => {
			const { net, told, calls } = run(one);
			expect(net.problems).toEqual([]);
			expect(calls.length).toBeLessThanOrEqual(1);
			// The caller: refused, or answered and then ended.
			expect([["rejected"], ["answered", "ended"]]).toContainEqual(told.caller);
			// The callee: cancelled or refused by itself, or answered and ended; never both, never twice.
			expect(told.callee.length).toBeLessThanOrEqual(1);
			expect(vi.getTimerCount()).toBe(0);
		}),
		{ numRuns: 300 },
	);
});

test("a calm wire: the call is answered and ended", () => {
	const { told } = run({
		weather: [{ copies: 1, delayMs: 5 }],
		answerMs: 10,
		answer: "accept",
		callerActsMs: 700,
		callerAction: "hangUp",
		calleeHangsUpMs: undefined,
	});
	expect(told).toEqual({ caller: ["answered", "ended"], callee: ["ended"] });
});
