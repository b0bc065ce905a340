/** Messages as this room passes them around: read once, with what every layer needs already taken out. */
import type { SipRequest, SipResponse } from "../types.ts";
import type { HeaderBlock } from "./header-block.ts";
import type { Via } from "./via.ts";

/** What transactions and dialogs are told apart by. */
export interface Identity {
	readonly via: Via;
	readonly callId: string;
	readonly cseq: number;
	readonly cseqMethod: string;
	/** "" where the tag is missing (RFC 2543 peers, and To of a first request). */
	readonly fromTag: string;
	readonly toTag: string;
}

export interface ParsedRequest extends SipRequest, Identity {
	readonly kind: "request";
	readonly headers: HeaderBlock;
}

export interface ParsedResponse extends SipResponse, Identity {
	readonly kind: "response";
	readonly headers: HeaderBlock;
}

export type ParsedMessage = ParsedRequest | ParsedResponse;

/** A request that cannot be used, with enough of it to say so. */
export interface BadRequest {
	readonly method: string;
	readonly headers: HeaderBlock;
	readonly via: Via;
}

export type ParseResult =
	| { readonly ok: true; readonly message: ParsedMessage }
	| {
			readonly ok: false;
			/** Status to answer with; for responses and ACK there is no answer. */
			readonly status: number;
			/** What is wrong, in words fit for a reason phrase. */
			readonly why: string;
			/** Undefined where no answer can be made: a response, an ACK, or a message without a usable Via. */
			readonly answerTo: BadRequest | undefined;
	  };
