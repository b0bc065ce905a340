import type { ParsedRequest } from "../message/message.ts";
import type { Flow } from "../transport/flow.ts";
import { type InviteServerEvent, type InviteServerState, inviteServer, inviteServerStart } from "./invite-server.ts";
import { detached, mergeKey } from "./keys.ts";
import { type News, type TimerValues, timerValues } from "./machine.ts";
import {
	type NonInviteServerEvent,
	type NonInviteServerState,
	nonInviteServer,
	nonInviteServerStart,
} from "./non-invite-server.ts";
import { Running, type RunningPorts } from "./running.ts";

type InviteRunning = Running<InviteServerState, InviteServerEvent>;
type NonInviteRunning = Running<NonInviteServerState, NonInviteServerEvent>;

export interface ServerUser {
	/** CANCEL came for this INVITE transaction. */
	onCancel?(request: ParsedRequest): void;
}

interface Owner {
	ended(transaction: ServerTransaction): void;
	/** A response could not be sent. */
	unsent(): void;
}

/** One server transaction. Few fields and no closures: tens of thousands of them wait for retransmissions at once. */
export class ServerTransaction implements RunningPorts {
	readonly key: string;
	/** Dropped with the final answer, so that a waiting transaction does not hold its call. */
	user: ServerUser | undefined;
	/** To tag of our responses to this request; the answer to its CANCEL carries the same (RFC 3261 §9.2). */
	localTag: string | undefined;
	readonly #flow: Flow;
	readonly #running: InviteRunning | NonInviteRunning;
	readonly #owner: Owner;

	constructor(key: string, isInvite: boolean, flow: Flow, t: TimerValues, owner: Owner) {
		this.key = key;
		this.#flow = flow;
		this.#owner = owner;
		this.#running = isInvite
			? new Running(inviteServerStart, inviteServer, t, this)
			: new Running(nonInviteServerStart, nonInviteServer, t, this);
	}

	respond(status: number, octets: Uint8Array): void {
		this.#running.give({ type: "respond", status, octets });
		if (status >= 200) this.user = undefined;
	}

	requestAgain(): void {
		this.#running.give({ type: "requestAgain" });
	}

	/** An ACK that matched; only the keys of INVITE transactions are looked up for it. */
	ack(): void {
		(this.#running as InviteRunning).give({ type: "ack" });
	}

	stop(): void {
		this.#running.stop();
	}

	send(octets: Uint8Array): void {
		this.#flow.send(octets, () => this.#running.give({ type: "transportFailed" }));
	}

	/** The user waits for nothing of this: what matters to a call is its dialog's ACK, which has a clock of its own. */
	tell(news: News): void {
		if (news === "transportFailed") this.#owner.unsent();
	}

	ended(): void {
		this.#owner.ended(this);
	}
}

/** The server transactions in force, and the requests that were merged into them (RFC 3261 §8.2.2.2). */
export class ServerTransactions {
	readonly #byKey = new Map<string, ServerTransaction>();
	/** Key of the transaction that a request was first seen in, and the way back. */
	readonly #keyByMerge = new Map<string, string>();
	readonly #mergeByKey = new Map<string, string>();
	readonly #owner: Owner;
	readonly #unreliable: TimerValues;
	readonly #reliable: TimerValues;

	/** @param onUnsent told for each response that could not be sent. */
	constructor(t1Ms: number, onUnsent: () => void) {
		this.#owner = { ended: (transaction) => this.#forget(transaction), unsent: onUnsent };
		this.#unreliable = timerValues(t1Ms, false);
		this.#reliable = timerValues(t1Ms, true);
	}

	get size(): number {
		return this.#byKey.size;
	}

	find(key: string): ServerTransaction | undefined {
		return this.#byKey.get(key);
	}

	/** True where the same request came by another path and is being or was just answered. */
	isMerged(request: ParsedRequest, key: string): boolean {
		const other = this.#keyByMerge.get(mergeKey(request));
		return request.toTag === "" && other !== undefined && other !== key;
	}

	/** @param requestKey as `serverKey(request, request.method)` gives it. */
	open(request: ParsedRequest, requestKey: string, flow: Flow): ServerTransaction {
		const key = detached(requestKey);
		const t = flow.reliable ? this.#reliable : this.#unreliable;
		const transaction = new ServerTransaction(key, request.method === "INVITE", flow, t, this.#owner);
		this.#byKey.set(key, transaction);
		if (request.toTag === "") {
			const merge = detached(mergeKey(request));
			if (!this.#keyByMerge.has(merge)) {
				this.#keyByMerge.set(merge, key);
				this.#mergeByKey.set(key, merge);
			}
		}
		return transaction;
	}

	#forget(transaction: ServerTransaction): void {
		this.#byKey.delete(transaction.key);
		const merge = this.#mergeByKey.get(transaction.key);
		if (merge === undefined) return;
		this.#mergeByKey.delete(transaction.key);
		this.#keyByMerge.delete(merge);
	}

	/** Stops all timers; nothing is sent. */
	close(): void {
		for (const transaction of [...this.#byKey.values()]) transaction.stop();
	}
}
