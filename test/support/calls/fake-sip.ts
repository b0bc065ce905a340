/** An incoming call whose far end is the test. */
import { type CallPeer, DEFAULT_SOURCE_ORDER, type PeerCall } from "../../../src/calls/index.ts";
import type { PeerPolicy } from "../../../src/domain/index.ts";
import type { CallHandlers, EndReason, HeaderField, SipRequest } from "../../../src/sip/index.ts";
import { invite } from "./invite.ts";

const OFFER_LINES = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"];
const AUDIO_LINES = ["a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000"];
export const OFFER = `${[...OFFER_LINES, "m=audio 40000 RTP/AVP 0 101", ...AUDIO_LINES].join("\r\n")}\r\n`;
export const HOLD_OFFER = OFFER.replace("o=- 1 1", "o=- 1 2").concat("a=sendonly\r\n");
export const VIDEO_OFFER = `${[...OFFER_LINES, "m=video 40000 RTP/AVP 31"].join("\r\n")}\r\n`;

export const POLICY: PeerPolicy = {
	plan: { country: "US", extensions: {} },
	order: DEFAULT_SOURCE_ORDER,
	diverter: "original",
	assertsIdentity: true,
	starLogin: false,
	codecs: undefined,
	mediaAddresses: [],
	srtp: "off",
	earlyMedia: false,
	inbandDtmf: false,
};

export class FakeCall implements PeerCall {
	readonly callId: string;
	readonly request: SipRequest;
	readonly source = {
		transport: "udp",
		address: "127.0.0.1",
		port: 5080,
		local: { transport: "udp", host: "127.0.0.1", port: 5060 },
	} as const;
	peer: CallPeer = { name: "peer", policy: POLICY };
	readonly localAddress = "127.0.0.1";
	readonly offer: string | undefined;
	readonly reliableProgress: boolean;
	replaces: PeerCall | undefined;
	handlers: CallHandlers = {};
	/** Provisional responses. */
	readonly progressed: (readonly [status: number, sdp: string | undefined])[] = [];
	hungUpBecause: EndReason | undefined;
	rejected: { readonly status: number; readonly headers: readonly HeaderField[] } | undefined;
	answered: string | undefined;
	hungUp = false;
	#ended = false;

	constructor(uri: string, lines: readonly string[] = [], offer: string | undefined = OFFER) {
		this.callId = `sip-${Math.floor(performance.now() * 1000)}`;
		this.request = invite(uri, lines);
		this.offer = offer;
		this.reliableProgress = this.request.headers.all("supported").includes("100rel");
	}

	progress(status: number, sdp?: string): void {
		this.progressed.push([status, sdp]);
	}

	reject(status: number, options: { readonly headers?: readonly HeaderField[] } = {}): void {
		if (this.rejected || this.answered !== undefined) throw new Error("a second final answer");
		this.rejected = { status, headers: options.headers ?? [] };
	}

	answer(sdp: string): void {
		if (this.rejected || this.answered !== undefined) throw new Error("a second final answer");
		this.answered = sdp;
	}

	hangUp(reason?: EndReason): void {
		if (this.#ended) return;
		this.hungUpBecause = reason;
		this.hungUp = true;
		this.#ended = true;
		this.handlers.onEnded?.("hungUp", []);
	}

	/** ACK. */
	confirm(answer?: string): void {
		this.handlers.onConfirmed?.(answer);
	}

	cancel(...reasons: string[]): void {
		this.handlers.onCancelled?.(reasons);
	}

	bye(...reasons: string[]): void {
		if (this.#ended) return;
		this.#ended = true;
		this.handlers.onEnded?.("bye", reasons);
	}
}
