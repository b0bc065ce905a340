import { dialogOfUac, withRemoteCseq, withTarget } from "../dialog/dialog.ts";
import { parseRseq } from "../dialog/reliable.ts";
import { findSdp } from "../message/body.ts";
import type { ParsedResponse } from "../message/message.ts";
import type { Flow } from "../transport/flow.ts";
import type { CallHandlers } from "../types.ts";
import type { AgentContext, DialogUser, Replaceable } from "./context.ts";
import { DialogSide } from "./dialog-side.ts";
import type { Exchange } from "./exchange.ts";
import { answerInfo, answerUpdate } from "./in-dialog.ts";

/** An early dialog of a call that we placed: PRACK for what was sent reliably (RFC 3262 §4), UPDATE from the callee. */
export class OutgoingEarly implements DialogUser {
	readonly side: DialogSide;
	readonly #context: AgentContext;
	readonly #handlers: () => CallHandlers;
	#lastRseq: number | undefined;
	#answer: string | undefined;

	constructor(context: AgentContext, response: ParsedResponse, uri: string, flow: Flow, handlers: () => CallHandlers) {
		this.#context = context;
		this.#handlers = handlers;
		this.side = new DialogSide(context, dialogOfUac(response, uri), flow);
		context.dialogs.set(this.side.key, this);
	}

	get replaceable(): Replaceable {
		return { call: undefined, state: "early" };
	}

	/** The answer to our offer that a reliable response brought: whatever SDP follows is none (RFC 3261 §13.2.1). */
	get answer(): string | undefined {
		return this.#answer;
	}

	/**
	 * A provisional response.
	 *
	 * @returns false where it is a repetition, or came before the one that it follows: it is then as if it had not come.
	 */
	receive1xx(response: ParsedResponse): boolean {
		const reliable = response.headers.rawAll("require").some((tag) => tag.toLowerCase() === "100rel");
		const rseq = reliable ? parseRseq(response.headers.raw("rseq")) : undefined;
		if (rseq === undefined) return true;
		if (this.#lastRseq !== undefined && rseq !== this.#lastRseq + 1) return false;
		this.#lastRseq = rseq;
		const found = findSdp(response.headers, response.body);
		if (found.found === "sdp") this.#answer ??= found.sdp;
		this.side.dialog = withTarget(this.side.dialog, response.headers);
		const fields = [["RAck", `${rseq} ${response.cseq} INVITE`]] as const;
		// Whatever becomes of it: the callee resends the response, or gives the call up.
		this.side.request("PRACK", { onResponse: () => {}, onFailure: () => {} }, { fields });
		return true;
	}

	receive(exchange: Exchange): void {
		const { request } = exchange;
		const next = withRemoteCseq(this.side.dialog, request.cseq);
		if (next === undefined) {
			exchange.respond(500, { reason: "CSeq Out Of Order" });
			return;
		}
		this.side.dialog = next;
		if (request.method === "UPDATE") {
			answerUpdate(this.#context, exchange, {
				offers: { ours: this.#answer === undefined, theirs: false },
				handlers: this.#handlers(),
				timer: () => [],
				accepted: () => {
					this.side.dialog = withTarget(this.side.dialog, request.headers);
				},
			});
		} else if (request.method === "INFO") answerInfo(this.#context, exchange, this.#handlers());
		else if (request.method === "OPTIONS") exchange.respond(200, { fields: this.#context.abilities.all });
		// §15: a callee ends an early dialog with its final answer, not with BYE; §14.1: nor is there a session to change.
		else if (request.method === "BYE" || request.method === "INVITE") exchange.respond(481);
		else exchange.respond(405, { fields: [this.#context.abilities.allow] });
	}

	ack(): void {
		this.#context.count("sipStrayAcks");
	}

	forget(): void {
		if (this.#context.dialogs.get(this.side.key) === this) this.#context.dialogs.delete(this.side.key);
	}
}
