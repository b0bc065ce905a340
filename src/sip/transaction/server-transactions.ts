import type { ParsedRequest } from "../message/message.ts";
import type { Flow } from "../transport/flow.ts";
import { inviteServer, inviteServerStart } from "./invite-server.ts";
import { mergeKey } from "./keys.ts";
import { type TimerValues, timerValues } from "./machine.ts";
import { nonInviteServer, nonInviteServerStart } from "./non-invite-server.ts";
import { Running, type RunningPorts } from "./running.ts";

export interface ServerUser {
	onTransportFailed?(): void;
	/** CANCEL came for this INVITE transaction. */
	onCancel?(): void;
}

export interface ServerTransaction {
	readonly key: string;
	readonly isInvite: boolean;
	/** Dropped with the final answer, so that a waiting transaction does not hold its call. */
	user: ServerUser | undefined;
	/** To tag of our responses to this request; the answer to its CANCEL carries the same (RFC 3261 §9.2). */
	localTag: string | undefined;
	respond(status: number, octets: Uint8Array): void;
	requestAgain(): void;
	/** For INVITE only: an ACK that matched. */
	ack(): void;
}

/** The server transactions in force, and the requests that were merged into them (RFC 3261 §8.2.2.2). */
export class ServerTransactions {
	readonly #byKey = new Map<string, { transaction: ServerTransaction; stop(): void }>();
	readonly #merged = new Map<string, string>();
	readonly #unreliable: TimerValues;
	readonly #reliable: TimerValues;

	constructor(t1Ms: number) {
		this.#unreliable = timerValues(t1Ms, false);
		this.#reliable = timerValues(t1Ms, true);
	}

	get size(): number {
		return this.#byKey.size;
	}

	find(key: string): ServerTransaction | undefined {
		return this.#byKey.get(key)?.transaction;
	}

	/** True where the same request came by another path and is being or was just answered. */
	isMerged(request: ParsedRequest, key: string): boolean {
		const other = this.#merged.get(mergeKey(request));
		return request.toTag === "" && other !== undefined && other !== key;
	}

	/** @param key as `serverKey(request, request.method)` gives it. */
	open(request: ParsedRequest, key: string, flow: Flow): ServerTransaction {
		const merge = request.toTag === "" ? mergeKey(request) : undefined;
		const isInvite = request.method === "INVITE";
		const t = flow.reliable ? this.#reliable : this.#unreliable;
		const machine = (isInvite ? inviteMachine : nonInviteMachine)(t, {
			send: (octets) => flow.send(octets, () => machine.failed()),
			tell: (news) => {
				if (news === "transportFailed") transaction.user?.onTransportFailed?.();
			},
			ended: () => {
				this.#byKey.delete(key);
				if (merge !== undefined && this.#merged.get(merge) === key) this.#merged.delete(merge);
			},
		});
		const transaction: ServerTransaction = {
			key,
			isInvite,
			user: undefined,
			localTag: undefined,
			respond: (status, octets) => {
				machine.respond(status, octets);
				if (status >= 200) transaction.user = undefined;
			},
			requestAgain: () => machine.requestAgain(),
			ack: () => machine.ack(),
		};
		this.#byKey.set(key, { transaction, stop: () => machine.stop() });
		if (merge !== undefined && !this.#merged.has(merge)) this.#merged.set(merge, key);
		return transaction;
	}

	/** Stops all timers; nothing is sent. */
	close(): void {
		for (const { stop } of [...this.#byKey.values()]) stop();
	}
}

interface ServerMachine {
	respond(status: number, octets: Uint8Array): void;
	requestAgain(): void;
	ack(): void;
	failed(): void;
	stop(): void;
}

function inviteMachine(t: TimerValues, ports: RunningPorts): ServerMachine {
	const running = new Running(inviteServerStart, inviteServer, t, ports);
	return {
		respond: (status, octets) => running.give({ type: "respond", status, octets }),
		requestAgain: () => running.give({ type: "requestAgain" }),
		ack: () => running.give({ type: "ack" }),
		failed: () => running.give({ type: "transportFailed" }),
		stop: () => running.stop(),
	};
}

function nonInviteMachine(t: TimerValues, ports: RunningPorts): ServerMachine {
	const running = new Running(nonInviteServerStart, nonInviteServer, t, ports);
	return {
		respond: (status, octets) => running.give({ type: "respond", status, octets }),
		requestAgain: () => running.give({ type: "requestAgain" }),
		ack: () => {},
		failed: () => running.give({ type: "transportFailed" }),
		stop: () => running.stop(),
	};
}
