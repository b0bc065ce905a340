import { type Dialog, dialogKey, nextRequest } from "../dialog/dialog.ts";
import { SIP_LIMITS } from "../limits.ts";
import { octetsToText } from "../message/text.ts";
import { schemeOf } from "../message/uri.ts";
import { type OctetField, requestLine, writeMessage } from "../message/write.ts";
import type { ClientUser } from "../transaction/client-transactions.ts";
import type { Flow } from "../transport/flow.ts";
import { type AgentContext, contactValue, viaValue } from "./context.ts";
import { type RequestToSend, sendOnce, sendRequest } from "./send-request.ts";

export interface DialogRequestParts {
	readonly fields?: readonly OctetField[];
	/** The request moves our target: it carries Contact. */
	readonly contact?: boolean;
	readonly sdp?: string | undefined;
}

/** Our side of a dialog, early or confirmed: its numbers, and our requests in it (RFC 3261 §12.2.1). */
export class DialogSide {
	dialog: Dialog;
	/** The way that the dialog came by. */
	readonly #flow: Flow;
	readonly #context: AgentContext;

	constructor(context: AgentContext, dialog: Dialog, flow: Flow) {
		this.#context = context;
		this.dialog = dialog;
		this.#flow = flow;
	}

	get key(): string {
		return dialogKey(this.dialog.callId, this.dialog.localTag, this.dialog.remoteTag);
	}

	/** ACK for a 2xx of the peer: no transaction, sent again for each repetition of that 2xx (§13.2.2.4). */
	ack(cseq: number): void {
		sendOnce(this.#context, this.#next("ACK", {}, cseq));
	}

	/** A request with a transaction. */
	request(method: string, user: ClientUser, parts: DialogRequestParts = {}): void {
		sendRequest(this.#context, this.#next(method, parts), user);
	}

	#next(method: string, { fields = [], contact = false, sdp }: DialogRequestParts, ackCseq?: number): RequestToSend {
		const next = nextRequest(this.dialog, method, ackCseq);
		this.dialog = next.dialog;
		const uri = octetsToText(next.uri);
		const secure = schemeOf(next.nextHop) === "sips";
		const head = (flow: Flow, branch: string, names: readonly OctetField[]): OctetField[] => [
			["Via", viaValue(flow, branch)],
			["Max-Forwards", String(SIP_LIMITS.maxForwardsDefault)],
			...names,
			["User-Agent", this.#context.serverName],
		];
		const own: OctetField[] = [
			...fields,
			...(sdp === undefined ? [] : ([["Content-Type", "application/sdp"]] as const)),
		];
		const body = sdp === undefined ? undefined : Buffer.from(sdp, "utf8");
		// §17.1.1.3: the ACK for a refusal has the names and number of its INVITE.
		const ackNames = next.fields.map((field): OctetField => {
			return field[0] === "CSeq" ? ["CSeq", `${next.dialog.localCseq} ACK`] : field;
		});
		return {
			method,
			nextHop: next.nextHop,
			preferred: this.#flow,
			write: (flow, branch) => {
				const contacts: OctetField[] = contact ? [["Contact", contactValue(flow, secure)]] : [];
				return writeMessage(requestLine(method, uri), [...head(flow, branch, next.fields), ...contacts, ...own], body);
			},
			...(method === "INVITE"
				? { ack: (flow: Flow, branch: string) => writeMessage(requestLine("ACK", uri), head(flow, branch, ackNames)) }
				: {}),
		};
	}
}
