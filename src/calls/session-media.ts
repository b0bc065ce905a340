/** SDP and RTP of one call: first offer or late offer, hold and resume. The call flows know nothing of it. */
import { addressMatcher, type SrtpMode } from "../domain/index.ts";
import {
	acceptAnswer,
	answerOffer,
	type LocalMedia,
	type LocalSrtp,
	type MediaSession,
	makeOffer,
	type Negotiated,
	OwnSrtpKeys,
	type SdpAnswer,
	type WireCodec,
} from "../media/index.ts";

export interface SessionMediaOptions {
	/** Stands in `c=`. */
	readonly address: string;
	/** Those agreed with the peer, the most wanted first; undefined: all, in the order of the peer's offer. */
	readonly codecs: readonly WireCodec[] | undefined;
	readonly sessionId: number;
	/** Where the signalling comes from, for peers behind a NAT. */
	readonly remoteSignallingAddress: string;
	/** Ranges that RTP may come from and go to; empty: wherever SDP says. */
	readonly mediaAddresses: readonly string[];
	readonly srtp: SrtpMode;
}

export class SessionMedia {
	#session: MediaSession | undefined;
	#port = 0;
	/** What the offer of the INVITE came to; undefined where it had none. */
	#first: SdpAnswer | undefined;
	readonly #options: SessionMediaOptions;
	readonly #mayBe: (address: string) => boolean;
	/** The peer's signalling address, where RTP may come from it too. */
	readonly #signalling: string | undefined;
	/** Undefined: SRTP is off for this peer. */
	readonly #srtp: LocalSrtp | undefined;
	/** SRTP flows: what we offer is not less. */
	#secured = false;
	#version = 1;
	#lastSdp: string | undefined;
	/** An offer of ours that waits for its answer in the ACK. */
	#offered: string | undefined;
	/** What was settled before the answer: silence of the caller is nothing strange until then. */
	#early: Negotiated | undefined;

	constructor(options: SessionMediaOptions) {
		this.#options = options;
		const { mediaAddresses, remoteSignallingAddress, srtp } = options;
		this.#mayBe = mediaAddresses.length === 0 ? () => true : addressMatcher(mediaAddresses);
		this.#signalling = this.#mayBe(remoteSignallingAddress) ? remoteSignallingAddress : undefined;
		if (srtp === "off") return;
		const keys = new OwnSrtpKeys();
		this.#srtp = { required: srtp === "required", keyFor: (suite, peerKey) => keys.keyFor(suite, peerKey) };
	}

	/**
	 * The answer to the INVITE's offer, made before its port is known to be free: it then opens connected.
	 *
	 * @returns what was settled; undefined without an offer, and where that was refused.
	 */
	prepare(port: number, offer: string | undefined, early: boolean): Negotiated | undefined {
		this.#port = port;
		this.#lastSdp = undefined;
		this.#first = offer === undefined ? undefined : this.answer(offer, early);
		if (this.#first?.ok !== true) return undefined;
		return early ? { ...this.#first.negotiated, receiving: false } : this.#first.negotiated;
	}

	/** It is open at the port that was prepared last. */
	opened(session: MediaSession): void {
		this.#session = session;
	}

	get session(): MediaSession {
		if (this.#session === undefined) throw new Error("the media session is not open yet");
		return this.#session;
	}

	get first(): SdpAnswer | undefined {
		return this.#first;
	}

	/** Whether no offer of ours waits for its answer. */
	get settled(): boolean {
		return this.#offered === undefined;
	}

	/** Answers an offer of the peer and lets RTP flow by it; a refusal leaves everything as it was. */
	answer(offer: string, early = false): SdpAnswer {
		const answer = this.#versioned((local) => {
			const made = this.#within(answerOffer(offer, local, this.#signalling));
			return { made, sdp: made.ok ? made.sdp : undefined };
		});
		if (!answer.ok) return answer;
		this.#offered = undefined;
		this.#early = early ? answer.negotiated : undefined;
		this.#connect(early ? { ...answer.negotiated, receiving: false } : answer.negotiated);
		return answer;
	}

	/** The call is answered: from now on the caller is expected to send. */
	answered(): void {
		if (this.#early !== undefined) this.#connect(this.#early);
		this.#early = undefined;
	}

	/** The answer to a re-INVITE of ours that repeated our description. @returns undefined where we never sent one. */
	refreshed(answer: string): SdpAnswer | undefined {
		if (this.#lastSdp === undefined) return undefined;
		const accepted = this.#within(acceptAnswer(this.#lastSdp, answer, this.#signalling));
		if (accepted.ok) this.#connect(accepted.negotiated);
		return accepted;
	}

	/** A re-INVITE, or an offer in UPDATE: our description for its 200, and what it came to; or why not. */
	changed(offer: string | undefined): { readonly sdp: string; readonly what: string } | { readonly status: number } {
		if (offer === undefined) return { sdp: this.offer(), what: "our description asked for by the caller" };
		const answer = this.answer(offer);
		if (!answer.ok) return { status: answer.status };
		return { sdp: answer.sdp, what: answer.negotiated.sending ? "media changed by the caller" : "held by the caller" };
	}

	/** An offer of ours, for an INVITE without one. */
	offer(): string {
		this.#offered = this.#versioned((local) => {
			const srtp = this.#srtp && { ...this.#srtp, required: this.#srtp.required || this.#secured };
			const made = makeOffer({ ...local, ...(srtp && { srtp }) });
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
		const accepted = this.#within(acceptAnswer(offered, answer, this.#signalling));
		if (accepted.ok) this.#connect(accepted.negotiated);
		return accepted;
	}

	#connect(negotiated: Negotiated): void {
		this.#secured = negotiated.srtp !== undefined;
		// What is settled before the session opens goes along with its opening.
		this.#session?.connect(negotiated);
	}

	/** A description that leads out of the peer's ranges is refused: audio of a mailbox goes where the peer's media are. */
	#within(answer: SdpAnswer): SdpAnswer {
		if (!answer.ok) return answer;
		const { remoteAddress, srtp } = answer.negotiated;
		if (this.#srtp?.required === true && srtp === undefined) {
			return { ok: false, status: 488, why: "SRTP is required of this peer" };
		}
		// The old way to hold leads nowhere (RFC 3264 §8.4).
		const nowhere = remoteAddress === "0.0.0.0" || remoteAddress === "::";
		if (nowhere || this.#mayBe(remoteAddress)) return answer;
		return { ok: false, status: 488, why: `${remoteAddress} is none of the peer's media addresses` };
	}

	/** RFC 3264 §8: the version is raised by one with each change, and stays where nothing changed. */
	#versioned<Made>(make: (local: LocalMedia) => { readonly made: Made; readonly sdp: string | undefined }): Made {
		const { address, codecs, sessionId } = this.#options;
		const local = {
			address,
			port: this.#port,
			sessionId,
			...(codecs && { codecs }),
			...(this.#srtp && { srtp: this.#srtp }),
		};
		let { made, sdp } = make({ ...local, sessionVersion: this.#version });
		if (sdp !== undefined && this.#lastSdp !== undefined && sdp !== this.#lastSdp) {
			this.#version++;
			({ made, sdp } = make({ ...local, sessionVersion: this.#version }));
		}
		if (sdp !== undefined) this.#lastSdp = sdp;
		return made;
	}
}
