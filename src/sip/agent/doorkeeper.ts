/** Whom a request comes from: by its source, or by the password that its sender knows (RFC 3261 §22). */
import { randomBytes } from "node:crypto";
import { NonceCounts } from "../digest/nonce-counts.ts";
import { Strangers } from "../digest/strangers.ts";
import { challenges, verify } from "../digest/verify.ts";
import { SIP_LIMITS } from "../limits.ts";
import type { ParsedRequest } from "../message/message.ts";
import { textToOctets } from "../message/text.ts";
import type { OctetField } from "../message/write.ts";
import type { DigestUsers, SipPeer, SipPeers, SipUserAgentOptions, Source } from "../types.ts";

/** Who calls where nobody told peers apart. */
const THE_PEER: SipPeer = { name: "peer", policy: { earlyMedia: false } };

export type Identity =
	| { readonly result: "peer"; readonly peer: SipPeer }
	/** 401 with these fields. */
	| { readonly result: "ask"; readonly fields: readonly OctetField[] }
	/** No answer: a stranger where nobody is asked for a password. */
	| { readonly result: "nobody" };

export class Doorkeeper {
	readonly #peers: SipPeers | undefined;
	readonly #log: SipUserAgentOptions["log"];
	readonly #key: Uint8Array;
	/** Of this process alone, so nonces from before it are asked for anew: their counts may have been used. */
	readonly #counts = new NonceCounts(SIP_LIMITS.nonceMs, SIP_LIMITS.noncesMax, Date.now() - 1);
	readonly #strangers = new Strangers();
	#serial = 0;
	readonly #counters = { sipDigestAsked: 0, sipDigestProved: 0, sipDigestWrong: 0, sipStrangersSlowed: 0 };

	constructor({ peers, log, nonceKey }: Pick<SipUserAgentOptions, "peers" | "log" | "nonceKey">) {
		this.#key = nonceKey ?? randomBytes(32);
		this.#peers = peers;
		this.#log = log;
	}

	/** Whether a message of a source that is not trusted is read: it may prove who it is, but not often. */
	mayAsk(address: string): boolean {
		if (this.#users() === undefined) return false;
		const may = this.#strangers.mayAsk(address, Date.now());
		if (!may) this.#counters.sipStrangersSlowed++;
		return may;
	}

	/** Whether somebody at this address knew a password lately. */
	hasProved(address: string): boolean {
		return this.#users() !== undefined && this.#strangers.hasProved(address, Date.now());
	}

	/** The peer that the source itself tells; undefined for a stranger. */
	known(source: Source): SipPeer | undefined {
		return this.#peers === undefined ? THE_PEER : this.#peers.of(source);
	}

	identify(request: ParsedRequest, source: Source): Identity {
		const peer = this.known(source);
		if (peer !== undefined) return { result: "peer", peer };
		const users = this.#users();
		if (users === undefined) return { result: "nobody" };
		const nowMs = Date.now();
		const { address } = source;
		const means = { users, key: this.#key, counts: this.#counts };
		const authorization = request.headers.rawFields("authorization");
		const verdict = verify({ method: request.method, authorization, address, nowMs }, means);
		if (verdict.result === "peer") {
			this.#counters.sipDigestProved++;
			this.#strangers.proved(address, nowMs);
			return verdict;
		}
		if (verdict.wrong) this.#guessed(address, nowMs);
		this.#counters.sipDigestAsked++;
		const values = challenges(means, { address, nowMs }, this.#serial++, verdict.stale);
		return { result: "ask", fields: values.map((value) => ["WWW-Authenticate", textToOctets(value)]) };
	}

	counters(): Readonly<Record<string, number>> {
		return this.#counters;
	}

	#guessed(address: string, nowMs: number): void {
		this.#counters.sipDigestWrong++;
		const blockedMs = this.#strangers.wrong(address, nowMs);
		if (blockedMs === 0) return;
		const seconds = Math.round(blockedMs / 1000);
		this.#log.warn({ address, seconds }, "too many wrong SIP passwords: the source is not heard for a while");
	}

	#users(): DigestUsers | undefined {
		const users = this.#peers?.users;
		return users === undefined || users.algorithms.length === 0 ? undefined : users;
	}
}
