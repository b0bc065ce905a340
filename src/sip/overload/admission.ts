/** Which new calls are taken: so many at once and in a second, of all peers and of each. Pure: time is an argument. */
import type { CallLimits, SipPeer } from "../types.ts";
import { type Bucket, full, refilled } from "./bucket.ts";

interface Account {
	running: number;
	bucket: Bucket | undefined;
}

const newAccount = (): Account => ({ running: 0, bucket: undefined });

export class Admission {
	readonly #limits: CallLimits;
	readonly #all = newAccount();
	/** By name, so that a peer's calls count on when its policy is read again. */
	readonly #peers = new Map<string, Account>();

	/** @param limits of the whole user agent. */
	constructor(limits: CallLimits) {
		this.#limits = limits;
	}

	/** Whether another call would be refused; changes nothing. */
	isFull(peer: SipPeer, nowMs: number): boolean {
		if (isOver(this.#all, this.#limits, nowMs)) return true;
		return peer.limits !== undefined && isOver(this.#peers.get(peer.name) ?? newAccount(), peer.limits, nowMs);
	}

	/** Counts a call in. @returns false, and counts nothing, where there is no room for it. */
	take(peer: SipPeer, nowMs: number): boolean {
		if (this.isFull(peer, nowMs)) return false;
		const account = this.#peers.get(peer.name) ?? newAccount();
		this.#peers.set(peer.name, account);
		count(this.#all, this.#limits, nowMs);
		count(account, peer.limits, nowMs);
		return true;
	}

	/** A call that was taken is over. */
	ended(peer: SipPeer): void {
		const account = this.#peers.get(peer.name);
		if (account === undefined || account.running === 0) throw new Error(`no call of ${peer.name} runs`);
		account.running--;
		this.#all.running--;
	}

	running(peerName: string): number {
		return this.#peers.get(peerName)?.running ?? 0;
	}
}

function isOver({ running, bucket }: Account, limits: CallLimits, nowMs: number): boolean {
	const { callsMax, callsPerSecondMax: rate } = limits;
	if (callsMax !== undefined && running >= callsMax) return true;
	return rate !== undefined && bucket !== undefined && refilled(bucket, rate, nowMs).tokens < 1;
}

function count(account: Account, limits: CallLimits | undefined, nowMs: number): void {
	account.running++;
	const rate = limits?.callsPerSecondMax;
	if (rate === undefined) {
		account.bucket = undefined;
		return;
	}
	const bucket = refilled(account.bucket ?? full(rate), rate, nowMs);
	account.bucket = { ...bucket, tokens: bucket.tokens - 1 };
}
