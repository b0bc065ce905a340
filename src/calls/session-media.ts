/** SDP and RTP of one call: first offer or late offer, hold and resume. The call flows know nothing of it. */
import {
	acceptAnswer,
	answerOffer,
	type LocalMedia,
	type MediaSession,
	makeOffer,
	type SdpAnswer,
} from "../media/index.ts";

export interface SessionMediaOptions {
	readonly session: MediaSession;
	/** Stands in `c=`. */
	readonly address: string;
	readonly sessionId: number;
	/** Where the signalling comes from, for peers behind a NAT. */
	readonly remoteSignallingAddress: string;
}

export class SessionMedia {
	readonly session: MediaSession;
	readonly #options: SessionMediaOptions;
	#version = 1;
	#lastSdp: string | undefined;
	/** An offer of ours that waits for its answer in the ACK. */
	#offered: string | undefined;

	constructor(options: SessionMediaOptions) {
		this.session = options.session;
		this.#options = options;
	}

	/** Whether no offer of ours waits for its answer. */
	get settled(): boolean {
		return this.#offered === undefined;
	}

	/** Answers an offer of the peer and lets RTP flow by it; a refusal leaves everything as it was. */
	answer(offer: string): SdpAnswer {
		const answer = this.#versioned((local) => {
			const made = answerOffer(offer, local, this.#options.remoteSignallingAddress);
			return { made, sdp: made.ok ? made.sdp : undefined };
		});
		if (!answer.ok) return answer;
		this.#offered = undefined;
		this.session.connect(answer.negotiated);
		return answer;
	}

	/** An offer of ours, for an INVITE without one. */
	offer(): string {
		this.#offered = this.#versioned((local) => {
			const made = makeOffer(local);
			return { made, sdp: made };
		});
		return this.#offered;
	}

	/** The SDP of an ACK, where our 2xx carried the offer. @returns undefined where no answer was due. */
	confirm(answer: string | undefined): SdpAnswer | undefined {
		const offered = this.#offered;
		if (offered === undefined) return undefined;
		this.#offered = undefined;
		if (answer === undefined) return { ok: false, status: 488, why: "the ACK to our offer carried no SDP answer" };
		const accepted = acceptAnswer(offered, answer, this.#options.remoteSignallingAddress);
		if (accepted.ok) this.session.connect(accepted.negotiated);
		return accepted;
	}

	/** RFC 3264 §8: the version is raised by one with each change, and stays where nothing changed. */
	#versioned<Made>(make: (local: LocalMedia) => { readonly made: Made; readonly sdp: string | undefined }): Made {
		const { address, sessionId, session } = this.#options;
		const local = { address, port: session.port, sessionId };
		let { made, sdp } = make({ ...local, sessionVersion: this.#version });
		if (sdp !== undefined && this.#lastSdp !== undefined && sdp !== this.#lastSdp) {
			this.#version++;
			({ made, sdp } = make({ ...local, sessionVersion: this.#version }));
		}
		if (sdp !== undefined) this.#lastSdp = sdp;
		return made;
	}
}
