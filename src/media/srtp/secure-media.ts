/** The two ways of one call, and what a change of keys does to them. */
import type { NegotiatedSrtp } from "../types.ts";
import { type SrtpKey, SrtpReceiver, SrtpSender } from "./streams.ts";

const EMPTY = new Uint8Array(0);

export class SecureMedia {
	/** Whether SRTP is in force; otherwise nothing here is to be called. */
	active = false;

	#sender: SrtpSender | undefined;
	#receiver: SrtpReceiver | undefined;
	/** Kept while plain RTP flows in between: under one key no index may be used twice. */
	#settled: NegotiatedSrtp | undefined;
	#forgedBefore = 0;
	#replayedBefore = 0;

	/** Packets whose tag was wrong. */
	get forged(): number {
		return this.#forgedBefore + (this.#receiver?.forged ?? 0);
	}

	/** Packets that came before. */
	get replayed(): number {
		return this.#replayedBefore + (this.#receiver?.replayed ?? 0);
	}

	/** A way whose key stays goes on as it was: its counters must not begin again. */
	settle(settled: NegotiatedSrtp | undefined): void {
		this.active = settled !== undefined;
		if (settled === undefined) return;
		const before = this.#settled;
		this.#settled = settled;
		if (!sameKey(before?.send, settled.send)) this.#sender = new SrtpSender(settled.send);
		if (sameKey(before?.receive, settled.receive)) return;
		this.#forgedBefore = this.forged;
		this.#replayedBefore = this.replayed;
		this.#receiver = new SrtpReceiver(settled.receive);
	}

	sealRtp(packet: Uint8Array): Uint8Array {
		return this.#sender!.sealRtp(packet);
	}

	sealRtcp(packet: Uint8Array): Uint8Array {
		return this.#sender!.sealRtcp(packet);
	}

	/** @returns undefined where the packet is to be dropped. */
	openRtp(packet: Uint8Array): Uint8Array | undefined {
		return this.#receiver!.openRtp(packet);
	}

	openRtcp(packet: Uint8Array): Uint8Array | undefined {
		return this.#receiver!.openRtcp(packet);
	}
}

function sameKey(one: SrtpKey | undefined, other: SrtpKey): boolean {
	if (one?.suite !== other.suite) return false;
	const sameMki = Buffer.compare(one.mki ?? EMPTY, other.mki ?? EMPTY) === 0;
	return sameMki && Buffer.compare(one.master, other.master) === 0;
}
