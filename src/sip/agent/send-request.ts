/** Our requests in a dialog, over the first of their next hops that answers: RFC 3263 §4.3, RFC 3261 §18.1.1. */
import { SIP_LIMITS } from "../limits.ts";
import type { ClientUser } from "../transaction/client-transactions.ts";
import type { Flow, NextHop, Preferred } from "../transport/flow.ts";
import { type AgentContext, newBranch } from "./context.ts";
import { hopOf } from "./next-hop.ts";

export interface RequestToSend {
	readonly method: string;
	/** URI whose host the request is sent to: `DialogRequest.nextHop`. */
	readonly nextHop: string;
	/** The way that the dialog came by. */
	readonly preferred: Preferred;
	/** The octets, whose Via and Contact tell the way back; asked for again for each next hop that is tried. */
	write(flow: Flow, branch: string): Uint8Array;
	/** Of an INVITE: the ACK for its refusal (RFC 3261 §17.1.1.3). */
	ack?(flow: Flow, branch: string): Uint8Array;
}

/**
 * Sends it in a transaction of its own. A next hop that does not answer, or answers 503, is followed by the next one
 * with a new branch; the user hears of the last alone.
 */
export function sendRequest(context: AgentContext, request: RequestToSend, user: ClientUser): void {
	waysOf(context, request, (ways) => tryNext(context, request, ways, user));
}

/** The same without a transaction: an ACK for a 2xx (RFC 3261 §13.2.2.4). */
export function sendOnce(context: AgentContext, request: RequestToSend): void {
	waysOf(context, request, (ways) => {
		const go = (at: number): void => {
			const way = ways[at];
			if (way === undefined) {
				context.log.debug({ method: request.method }, "no way to the peer of a dialog");
				return;
			}
			openFor(context, request, way, (opened) => {
				if (opened instanceof Error) go(at + 1);
				else opened.flow.send(opened.octets, () => {});
			});
		};
		go(0);
	});
}

/** A target, or "back": the way that the dialog came by. */
type Way = NextHop | "back";

function waysOf(
	context: AgentContext,
	{ nextHop, preferred }: RequestToSend,
	then: (ways: readonly Way[]) => void,
): void {
	const { source } = preferred;
	const hop = hopOf(nextHop, source);
	if (hop === undefined) {
		then(["back"]);
		return;
	}
	context.transports.targets(hop, (found) => {
		const targets = found instanceof Error ? [] : found;
		// A phone behind a NAT tells an address that nobody reaches, and a proxy a name that its own network alone knows.
		const last = targets.length === 0 || source.transport !== "udp";
		then(last ? [...targets, "back"] : targets);
	});
}

function tryNext(context: AgentContext, request: RequestToSend, ways: readonly Way[], user: ClientUser): void {
	const [way, ...others] = ways;
	if (way === undefined) {
		queueMicrotask(() => {
			user.onFailure(503);
			user.onTerminated?.();
		});
		return;
	}
	const goOn = (): void => tryNext(context, request, others, user);
	openFor(context, request, way, (opened) => {
		if (opened instanceof Error) {
			context.log.debug({ method: request.method, error: opened.message }, "a next hop can not be reached");
			if (way !== "back") context.transports.failed(way);
			goOn();
			return;
		}
		const { flow, octets, branch } = opened;
		let passedOn = false;
		const passOn = (): boolean => {
			if (way !== "back") context.transports.failed(way);
			passedOn = others.length > 0 && others[0] !== "back";
			if (passedOn) goOn();
			return passedOn;
		};
		const told: ClientUser = {
			onResponse: (response) => {
				if (passedOn || (response.status === 503 && passOn())) return;
				user.onResponse(response);
			},
			onFailure: (status) => {
				if (!passedOn && !passOn()) user.onFailure(status);
			},
			onTerminated: () => {
				if (!passedOn) user.onTerminated?.();
			},
		};
		const ack = request.ack?.(flow, branch);
		if (ack === undefined) context.clients.nonInvite(branch, request.method, octets, flow, told);
		else context.clients.invite(branch, octets, flow, () => ack, told);
	});
}

interface Opened {
	readonly flow: Flow;
	readonly branch: string;
	readonly octets: Uint8Array;
}

/** The flow and what goes over it. What is too large for a datagram goes by TCP where the peer has it (§18.1.1). */
function openFor(
	context: AgentContext,
	request: RequestToSend,
	way: Way,
	then: (opened: Opened | Error) => void,
): void {
	const opened = (flow: Flow): Opened => {
		const branch = newBranch();
		return { flow, branch, octets: request.write(flow, branch) };
	};
	const take = (flow: Flow | Error): void => {
		if (flow instanceof Error) {
			then(flow);
			return;
		}
		const first = opened(flow);
		if (flow.reliable || first.octets.length <= SIP_LIMITS.datagramRequestBytesMax) {
			then(first);
			return;
		}
		const { address, port } = flow.source;
		context.transports.flowTo({ transport: "tcp", host: address, port }, undefined, (byTcp) => {
			then(byTcp instanceof Error ? first : opened(byTcp));
		});
	};
	if (way === "back") context.transports.flowBack(request.preferred, take);
	else context.transports.flowTo(way, request.preferred, take);
}
