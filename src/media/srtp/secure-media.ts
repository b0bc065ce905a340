/** The two ways of one call, and what a change of keys does to them. */
import type { NegotiatedSrtp } from "../types.ts";
import { type SrtpKey, SrtpReceiver, SrtpSender } from "./streams.ts";

export class SecureMedia {
	#sender: SrtpSender;
	#receiver: SrtpReceiver;
	#settled: NegotiatedSrtp;
	#forgedBefore = 0;
	#replayedBefore = 0;

	constructor(settled: NegotiatedSrtp) {
		this.#settled = settled;
		this.#sender = new SrtpSender(settled.send);
		this.#receiver = new SrtpReceiver(settled.receive);
	}

	get forged(): number {
		return this.#forgedBefore + this.#receiver.forged;
	}

	get replayed(): number {
		return this.#replayedBefore + this.#receiver.replayed;
	}

	/** A way whose key stays goes on as it was: its counters must not begin again under the same key. */
	settle(settled: NegotiatedSrtp): void {
		const before = this.#settled;
		this.#settled = settled;
		if (!sameKey(before.send, settled.send)) this.#sender = new SrtpSender(settled.send);
		if (sameKey(before.receive, settled.receive)) return;
		this.#forgedBefore = this.forged;
		this.#replayedBefore = this.replayed;
		this.#receiver = new SrtpReceiver(settled.receive);
	}

	sealRtp(packet: Uint8Array): Uint8Array {
		return this.#sender.sealRtp(packet);
	}

	sealRtcp(packet: Uint8Array): Uint8Array {
		return this.#sender.sealRtcp(packet);
	}

	/** @returns undefined where the packet is to be dropped. */
	openRtp(packet: Uint8Array): Uint8Array | undefined {
		return this.#receiver.openRtp(packet);
	}

	openRtcp(packet: Uint8Array): Uint8Array | undefined {
		return this.#receiver.openRtcp(packet);
	}
}

function sameKey(one: SrtpKey, other: SrtpKey): boolean {
	const sameMki = Buffer.compare(one.mki ?? EMPTY, other.mki ?? EMPTY) === 0;
	return one.suite === other.suite && sameMki && Buffer.compare(one.master, other.master) === 0;
}

const EMPTY = new Uint8Array(0);
