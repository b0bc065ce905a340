/** Messages out of a stream of octets (RFC 3261 §18.3, keep-alives of RFC 5626 §3.5.1). No sockets here. */
import { SIP_LIMITS } from "../limits.ts";
import type { ParseResult } from "./message.ts";
import { finish, type Head, parseHead } from "./parse.ts";

export type Framed =
	| { readonly type: "message"; readonly result: ParseResult }
	/** Double CRLF between messages: answer with one CRLF. */
	| { readonly type: "ping" }
	/** The next message cannot be found in this stream any more: answer if possible, then close. */
	| { readonly type: "broken"; readonly result: ParseResult };

const INITIAL_BYTES = 4_096;

export class StreamFramer {
	#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
	#used = 0;
	/** Where the search for the blank line goes on, so that a slow sender does not make it quadratic. */
	#searched = 0;
	#head: Head | undefined;
	#headBytes = 0;
	#broken = false;

	/** True while a message has begun and is not whole. */
	get midMessage(): boolean {
		return this.#used > 0;
	}

	/** Takes octets in, gives out what became whole. After "broken" it takes nothing more. */
	push(octets: Uint8Array): Framed[] {
		const out: Framed[] = [];
		let offset = 0;
		while (offset < octets.length && !this.#broken) {
			// Bounded however large a chunk the socket brings: never more than one message is held.
			const room = 2 * SIP_LIMITS.messageBytesMax - this.#used;
			const piece = octets.subarray(offset, offset + room);
			this.#append(piece);
			offset += piece.length;
			for (let next = this.#take(); next !== undefined; next = this.#take()) {
				out.push(next);
				if (next.type === "broken") {
					this.#broken = true;
					break;
				}
			}
		}
		return out;
	}

	#append(piece: Uint8Array): void {
		const needed = this.#used + piece.length;
		if (needed > this.#buffer.length) {
			const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
			this.#buffer.copy(larger, 0, 0, this.#used);
			this.#buffer = larger;
		}
		this.#buffer.set(piece, this.#used);
		this.#used = needed;
	}

	#take(): Framed | undefined {
		if (this.#head === undefined) {
			const ping = this.#takeLineBreaks();
			if (ping !== undefined) return ping;
			const end = this.#buffer.subarray(0, this.#used).indexOf("\r\n\r\n", this.#searched, "latin1");
			if (end === -1) {
				this.#searched = Math.max(0, this.#used - 3);
				if (this.#used < SIP_LIMITS.messageBytesMax) return undefined;
				return { type: "broken", result: tooLarge() };
			}
			this.#head = parseHead(this.#buffer.toString("latin1", 0, end));
			this.#headBytes = end + 4;
		}
		return this.#takeMessage(this.#head);
	}

	#takeMessage(head: Head): Framed | undefined {
		const { contentLength } = head;
		// Without a length nobody knows where the next message starts (§20.14).
		if (contentLength === undefined) {
			const fault = { status: 400, why: "Missing Content-Length" };
			return { type: "broken", result: finish(head, new Uint8Array(0), fault) };
		}
		const total = this.#headBytes + contentLength;
		if (total > SIP_LIMITS.messageBytesMax || contentLength > SIP_LIMITS.bodyBytesMax) {
			const fault = { status: 413, why: "Request Entity Too Large" };
			return { type: "broken", result: finish(head, new Uint8Array(0), fault) };
		}
		if (this.#used < total) return undefined;
		const body = new Uint8Array(this.#buffer.subarray(this.#headBytes, total));
		this.#drop(total);
		this.#head = undefined;
		return { type: "message", result: finish(head, body, undefined) };
	}

	/** CRLFs between messages are ignored (§7.5), two together are a ping. */
	#takeLineBreaks(): Framed | undefined {
		let breaks = 0;
		while (this.#buffer[2 * breaks] === 0x0d && this.#buffer[2 * breaks + 1] === 0x0a && 2 * breaks + 2 <= this.#used) {
			breaks++;
			if (breaks === 2) {
				this.#drop(4);
				return { type: "ping" };
			}
		}
		// A single CRLF waits for what follows: the other half of a ping, or a message.
		if (breaks === 1 && this.#used > 2 && this.#buffer[2] !== 0x0d) this.#drop(2);
		else if (breaks === 1 && this.#used > 3) this.#drop(2);
		return undefined;
	}

	#drop(bytes: number): void {
		this.#buffer.copyWithin(0, bytes, this.#used);
		this.#used -= bytes;
		this.#searched = 0;
		if (this.#used === 0 && this.#buffer.length > INITIAL_BYTES) this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
	}
}

function tooLarge(): ParseResult {
	return { ok: false, status: 513, why: "Message Too Large", answerTo: undefined };
}
