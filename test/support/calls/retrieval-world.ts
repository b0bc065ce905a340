/** A flow world whose answers come from mailboxes in memory, and which checks that nothing is told before the right PIN. */
import { type CallFlow, retrievalFlow } from "../../../src/calls/call-flow.ts";
import type { FlowReply, FlowRequest } from "../../../src/calls/flow.ts";
import type { CallMailbox, MailboxMessages } from "../../../src/calls/ports.ts";
import type { RetrievalSetup } from "../../../src/calls/retrieval.ts";
import { isWeakPin, LIMITS, type Message, type MessageStatus } from "../../../src/domain/index.ts";
import { callMailbox, message } from "./fake-mailboxes.ts";
import { FlowWorld, type Machine, type WorldOptions } from "./flow-world.ts";

export const PIN = "4821";
export const NUMBER = "+15551110001";
/** What a caller from elsewhere keys. */
export const KEYED_NUMBER = "15551110001";

const SETUP: RetrievalSetup = { callId: "CALL-1", mailboxKnown: true, greetingMaxMs: 120_000, nameMaxMs: 10_000 };
/** One buffer for all: what counts is the length. */
const SAMPLES = new Uint8Array(8 * 60_000);

export interface RetrievalWorldOptions {
	readonly setup?: Partial<RetrievalSetup>;
	/** In place of a call that begins as a retrieval. */
	readonly flowFor?: (setup: RetrievalSetup) => CallFlow;
	readonly mailbox?: Partial<CallMailbox>;
	readonly messages?: readonly Message[];
	/** These have no audio. */
	readonly unplayable?: readonly string[];
	readonly copies?: WorldOptions["copies"];
	/** Requests that fail or are answered otherwise. */
	readonly instead?: (request: FlowRequest) => FlowReply | undefined;
}

/** A flow as a machine whose state it holds itself. */
export function machineOf(flow: CallFlow): Machine<CallFlow> {
	return {
		begin: () => ({ state: flow, effects: flow.begin() }),
		step: (_, event, atMs) => ({ state: flow, effects: flow.step(event, atMs) }),
		ended: () => flow.ended,
	};
}

export class RetrievalWorld {
	readonly flow: FlowWorld<CallFlow>;
	readonly statuses: Map<string, MessageStatus>;
	readonly greetingsSet: { readonly kind: string; readonly recordingId: string }[] = [];
	pin = PIN;
	wrongPins = 0;
	loggedIn = false;
	/** Every change of a status, as the mailboxes carried it out. */
	readonly changes: { readonly messageId: string; readonly status: MessageStatus }[] = [];
	readonly #messages: readonly Message[];
	readonly #mailbox: CallMailbox;
	readonly #options: RetrievalWorldOptions;

	constructor(options: RetrievalWorldOptions = {}) {
		this.#options = options;
		this.#messages = options.messages ?? [message({ messageId: "VMID-1" }), message({ messageId: "VMID-2" })];
		this.#mailbox = callMailbox({ phoneNumber: NUMBER, ...options.mailbox });
		this.statuses = new Map(this.#messages.map((one) => [one.messageId, one.status]));
		const setup = { ...SETUP, ...options.setup };
		const flow = (options.flowFor ?? retrievalFlow)(setup);
		this.flow = new FlowWorld(machineOf(flow), {
			answer: (request, world) => this.#answer(request, world.durations),
			...(options.copies ? { copies: options.copies } : {}),
		});
	}

	/** Past the right PIN, where the first message is announced. */
	static opened(options: RetrievalWorldOptions = {}): RetrievalWorld {
		const world = new RetrievalWorld(options);
		world.flow.key(...PIN, "#").advance(100);
		return world;
	}

	/** In the body of the first message. */
	static listening(options: RetrievalWorldOptions = {}): RetrievalWorld {
		const world = RetrievalWorld.opened(options);
		world.flow.key("1");
		return world;
	}

	status(messageId: string): MessageStatus | undefined {
		return this.statuses.get(messageId);
	}

	get listed(): MailboxMessages {
		const now = this.#messages.map((one) => ({ ...one, status: this.statuses.get(one.messageId)! }));
		const fresh = now.filter((one) => one.status === "New");
		const rest = now.filter((one) => one.status === "Heard" || one.status === "Saved");
		return { messages: [...fresh, ...rest], newCount: fresh.length, savedCount: rest.length };
	}

	#answer(request: FlowRequest, durations: ReadonlyMap<string, number>): FlowReply {
		const instead = this.#options.instead?.(request);
		const inMenu = request.ask !== "checkPin" && this.flow.state.kind === "retrieval";
		if (inMenu && !this.loggedIn) throw new Error(`${request.ask} before the right PIN`);
		if (instead) return instead;
		switch (request.ask) {
			case "checkPin":
				return this.#checkPin(request.mailboxNumber, request.pin);
			case "open":
				return { ask: "open", mailbox: this.#mailbox, messages: this.listed };
			case "messages":
				return { ask: "messages", messages: this.listed };
			case "audio": {
				const length = this.#messages.find((one) => one.messageId === request.messageId)!.durationMs * 8;
				if (this.#options.unplayable?.includes(request.messageId)) return { ask: "audio", audio: undefined };
				return { ask: "audio", audio: { encoding: "PCMU", samples: SAMPLES.subarray(0, length) } };
			}
			case "setStatus":
				this.statuses.set(request.messageId, request.status);
				this.changes.push({ messageId: request.messageId, status: request.status });
				return { ask: "setStatus" };
			case "changePin":
				return this.#changePin(request.pin);
			case "readRecording": {
				const durationMs = durations.get(request.recordingId);
				if (durationMs === undefined) return { ask: "readRecording", audio: undefined };
				return { ask: "readRecording", audio: { encoding: "PCMU", samples: SAMPLES.subarray(0, durationMs * 8) } };
			}
			case "setGreeting":
				this.greetingsSet.push({ kind: request.kind, recordingId: request.recordingId });
				return { ask: "setGreeting" };
		}
	}

	#checkPin(mailboxNumber: string, pin: string): FlowReply {
		if (this.wrongPins >= LIMITS.pinTriesPerCall) throw new Error("more PINs than a call may try");
		if (!/^[0-9]{4,10}$/.test(pin)) throw new Error("a PIN out of its frame was checked");
		const foreign = this.#options.setup?.mailboxKnown === false;
		if (pin === this.pin && (!foreign || mailboxNumber === KEYED_NUMBER)) {
			this.loggedIn = true;
			const { pinChangeRequired } = this.#mailbox;
			return { ask: "checkPin", check: { result: "right", pinChangeRequired } };
		}
		this.wrongPins++;
		return { ask: "checkPin", check: { result: "wrong" } };
	}

	#changePin(pin: string): FlowReply {
		if (pin === this.pin) return { ask: "changePin", change: { result: "same" } };
		if (isWeakPin(pin, NUMBER)) return { ask: "changePin", change: { result: "weak" } };
		this.pin = pin;
		return { ask: "changePin", change: { result: "changed" } };
	}
}
