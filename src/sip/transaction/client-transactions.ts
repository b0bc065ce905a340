import type { ParsedResponse } from "../message/message.ts";
import type { Flow } from "../transport/flow.ts";
import { inviteClient, inviteClientStart } from "./invite-client.ts";
import { clientKey } from "./keys.ts";
import { type TimerValues, timerValues } from "./machine.ts";
import { nonInviteClient, nonInviteClientStart } from "./non-invite-client.ts";
import { Running, type RunningPorts } from "./running.ts";

export interface ClientUser {
	onResponse(response: ParsedResponse): void;
	/** No final response in time, or the transport refused: as 408 and 503 (RFC 3261 §8.1.3.1). */
	onFailure(status: 408 | 503): void;
	/** Nothing comes after this. */
	onTerminated?(): void;
}

const NO_ACK = new Uint8Array(0);

interface ClientMachine {
	start(): void;
	response(response: ParsedResponse): void;
	failed(): void;
	stop(): void;
}

interface Entry {
	receive(response: ParsedResponse): void;
	stop(): void;
}

/** The client transactions in force. */
export class ClientTransactions {
	readonly #byKey = new Map<string, Entry>();
	readonly #unreliable: TimerValues;
	readonly #reliable: TimerValues;
	#closed = false;

	constructor(t1Ms: number) {
		this.#unreliable = timerValues(t1Ms, false);
		this.#reliable = timerValues(t1Ms, true);
	}

	get size(): number {
		return this.#byKey.size;
	}

	/** @returns false where no transaction waits for it: such a response is dropped (§18.1.2). */
	receive(response: ParsedResponse): boolean {
		const branch = response.via.params.get("branch");
		const entry = branch === undefined ? undefined : this.#byKey.get(clientKey(branch, response.cseqMethod));
		entry?.receive(response);
		return entry !== undefined;
	}

	/** @param ackFor makes the ACK for a final response other than 2xx. */
	invite(
		branch: string,
		octets: Uint8Array,
		flow: Flow,
		ackFor: (response: ParsedResponse) => Uint8Array,
		user: ClientUser,
	): void {
		this.#open(clientKey(branch, "INVITE"), flow, user, (ports) => {
			const running = new Running(inviteClientStart, inviteClient, this.#timers(flow), ports);
			return {
				start: () => running.give({ type: "start", request: octets }),
				response: (response) => {
					const ack = response.status >= 300 ? ackFor(response) : NO_ACK;
					running.give({ type: "response", status: response.status, ack });
				},
				failed: () => running.give({ type: "transportFailed" }),
				stop: () => running.stop(),
			};
		});
	}

	nonInvite(branch: string, method: string, octets: Uint8Array, flow: Flow, user: ClientUser): void {
		this.#open(clientKey(branch, method), flow, user, (ports) => {
			const running = new Running(nonInviteClientStart, nonInviteClient, this.#timers(flow), ports);
			return {
				start: () => running.give({ type: "start", request: octets }),
				response: (response) => running.give({ type: "response", status: response.status }),
				failed: () => running.give({ type: "transportFailed" }),
				stop: () => running.stop(),
			};
		});
	}

	#open(key: string, flow: Flow, user: ClientUser, make: (ports: RunningPorts) => ClientMachine): void {
		// A connection that was being opened when the agent closed may still turn up.
		if (this.#closed) return;
		/** The response that the machine is being given, while it is. */
		let latest: ParsedResponse | undefined;
		const machine = make({
			send: (octets) => flow.send(octets, () => machine.failed()),
			tell: (news) => {
				if (news === "response" && latest !== undefined) user.onResponse(latest);
				else if (news === "timeout") user.onFailure(408);
				else if (news === "transportFailed") user.onFailure(503);
			},
			ended: () => {
				this.#byKey.delete(key);
				user.onTerminated?.();
			},
		});
		const receive = (response: ParsedResponse): void => {
			latest = response;
			machine.response(response);
			latest = undefined;
		};
		this.#byKey.set(key, { receive, stop: () => machine.stop() });
		machine.start();
	}

	/** Stops all timers; users hear nothing more. */
	close(): void {
		this.#closed = true;
		for (const { stop } of [...this.#byKey.values()]) stop();
	}

	#timers(flow: Flow): TimerValues {
		return flow.reliable ? this.#reliable : this.#unreliable;
	}
}
