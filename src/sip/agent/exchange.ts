import type { ParsedRequest } from "../message/message.ts";
import { stampVia } from "../message/via.ts";
import type { ServerTransaction } from "../transaction/server-transactions.ts";
import type { Flow } from "../transport/flow.ts";
import type { SipPeer } from "../types.ts";
import { type Answer, writeResponse } from "./answers.ts";

/** A request and the way to answer it. */
export class Exchange {
	readonly request: ParsedRequest;
	/** Where it came from; responses go the way that its transaction was opened with. */
	readonly flow: Flow;
	readonly peer: SipPeer;
	readonly #transaction: ServerTransaction;
	readonly #serverName: string;

	constructor(
		request: ParsedRequest,
		{ flow, peer }: { readonly flow: Flow; readonly peer: SipPeer },
		transaction: ServerTransaction,
		serverName: string,
	) {
		this.request = request;
		this.flow = flow;
		this.peer = peer;
		this.#transaction = transaction;
		this.#serverName = serverName;
	}

	get transaction(): ServerTransaction {
		return this.#transaction;
	}

	respond(status: number, answer: Answer = {}): void {
		this.#transaction.respond(status, this.write(status, answer));
	}

	/** The octets of a response, for who sends them more than once. */
	write(status: number, answer: Answer): Buffer {
		const { headers, toTag } = this.request;
		const vias = stampedVias(this.request, this.flow);
		const tagged = toTag === "" ? answer : { ...answer, toTag: undefined };
		return writeResponse(headers, vias, this.#serverName, status, tagged);
	}
}

/** All Via values of a request as its responses carry them. */
export function stampedVias(request: Pick<ParsedRequest, "headers" | "via">, flow: Flow): string[] {
	const vias = request.headers.rawAll("via");
	vias[0] = stampVia(vias[0] ?? "", request.via, flow.source);
	return vias;
}
