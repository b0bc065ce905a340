import { randomInt } from "node:crypto";
import { parseRack, type ReliableEvent, type ReliableState, reliable, reliableStart } from "../dialog/reliable.ts";
import { SIP_LIMITS } from "../limits.ts";
import type { ParsedRequest } from "../message/message.ts";
import type { OctetField } from "../message/write.ts";
import { Running } from "../transaction/running.ts";
import type { AgentContext } from "./context.ts";

/** What SDP in a provisional response is to the INVITE. */
export type Carried = "answer" | "offer" | undefined;

interface Outstanding {
	readonly rseq: number;
	readonly carried: Carried;
	readonly running: Running<ReliableState, ReliableEvent>;
}

export interface ProvisionalsOptions {
	readonly context: AgentContext;
	readonly inviteCseq: number;
	/** Sends octets of a response as the transaction's own. */
	send(status: number, octets: Uint8Array): void;
	/** No PRACK came within 64*T1. */
	lost(): void;
}

/** The reliable provisional responses of one INVITE, one after the other (RFC 3262 §3). */
export class Provisionals {
	readonly #options: ProvisionalsOptions;
	/** §3: the first one is chosen at random, each further one is higher by one. */
	#rseq = randomInt(1, 2 ** 31);
	#outstanding: Outstanding | undefined;
	#waiting: { status: number; carried: Carried; write: (fields: readonly OctetField[]) => Uint8Array }[] = [];
	#answered = false;
	/** SDP that a PRACK has acknowledged. */
	#settled: Carried;

	constructor(options: ProvisionalsOptions) {
		this.#options = options;
	}

	/** SDP that the peer has for sure; the final answer need not repeat it. */
	get settled(): Carried {
		return this.#settled;
	}

	/** SDP whose PRACK has not come: the 2xx must wait for it. */
	get unsettled(): Carried {
		return this.#outstanding?.carried ?? this.#waiting.find((one) => one.carried !== undefined)?.carried;
	}

	/** @param write the response with Require and RSeq added. */
	send(status: number, carried: Carried, write: (fields: readonly OctetField[]) => Uint8Array): void {
		if (this.#answered || this.#waiting.length >= SIP_LIMITS.progressWaitingMax) return;
		if (this.#outstanding !== undefined) {
			this.#waiting.push({ status, carried, write });
			return;
		}
		const { context, send, lost } = this.#options;
		const rseq = this.#rseq++;
		const octets = write([
			["Require", "100rel"],
			["RSeq", String(rseq)],
		]);
		const running = new Running(reliableStart, reliable, context.timers, {
			send: (again) => send(status, again),
			tell: (news) => {
				if (news === "noAck") lost();
			},
			ended: () => {},
		});
		this.#outstanding = { rseq, carried, running };
		running.give({ type: "start", octets });
	}

	/** @returns what the acknowledged response carried; undefined where the PRACK matches none: 481. */
	prack(request: ParsedRequest): { readonly carried: Carried } | undefined {
		const rack = parseRack(request.headers.raw("rack"));
		const outstanding = this.#outstanding;
		if (rack === undefined || outstanding === undefined || rack.rseq !== outstanding.rseq) return undefined;
		if (rack.cseq !== this.#options.inviteCseq || rack.method !== "INVITE") return undefined;
		this.#outstanding = undefined;
		outstanding.running.give({ type: "prack" });
		this.#settled ??= outstanding.carried;
		return { carried: outstanding.carried };
	}

	/** After a PRACK has its answer. */
	next(): void {
		const waiting = this.#waiting.shift();
		if (waiting !== undefined) this.send(waiting.status, waiting.carried, waiting.write);
	}

	/** The INVITE has its final answer: nothing is resent, but a late PRACK is still known. */
	stop(): void {
		this.#answered = true;
		this.#waiting = [];
		this.#outstanding?.running.give({ type: "answered" });
	}
}
