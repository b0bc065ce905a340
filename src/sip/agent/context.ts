import { randomBytes } from "node:crypto";
import type { ParsedRequest } from "../message/message.ts";
import { MAGIC_COOKIE } from "../message/via.ts";
import type { ClientTransactions } from "../transaction/client-transactions.ts";
import type { TimerValues } from "../transaction/machine.ts";
import { uriHost } from "../transport/addresses.ts";
import type { Flow, MessageTransport } from "../transport/flow.ts";
import type { SipLog } from "../types.ts";
import type { Abilities } from "./answers.ts";
import type { Exchange } from "./exchange.ts";

/** Who gets the requests of a dialog. */
export interface DialogUser {
	receive(exchange: Exchange): void;
	ack(request: ParsedRequest): void;
}

/** All of them show from the start, at zero: a metric that appears late looks like one that fell. */
export const COUNTERS = [
	...(["sipRequestsReceived", "sipResponsesReceived", "sipBadMessages", "sipRetransmissionsReceived"] as const),
	...(["sipStrayResponses", "sipStrayAcks", "sipResponsesUnsent", "sipCallsReceived", "sipCallsRefused"] as const),
	...(["sipCallsAnswered", "sipCallsPlaced", "sipCallsCancelled", "sipNoAck", "sipHandlerFailures"] as const),
	...(["sipSubscribesReceived", "sipRequestsSent", "sipRequestsFailed"] as const),
] as const;
export type CounterName = (typeof COUNTERS)[number];

/** What the parts of the user agent share. */
export interface AgentContext {
	readonly log: SipLog;
	readonly serverName: string;
	readonly transports: MessageTransport;
	readonly clients: ClientTransactions;
	/** For the dialogs' own 2xx retransmission. */
	readonly timers: TimerValues;
	readonly abilities: Abilities;
	readonly advertisedHost: string | undefined;
	readonly advertisedPort: number | undefined;
	/** By `dialogKey`. */
	readonly dialogs: Map<string, DialogUser>;
	count(name: CounterName): void;
	/** Calls what was handed in from above; a throw of it is logged and never disturbs the stack. */
	guard<T>(what: string, call: () => T): T | undefined;
}

/** `host:port` of ours as the peer of this flow reaches it. */
export function ourHostPort(context: AgentContext, flow: Flow): string {
	const host = uriHost(context.advertisedHost ?? flow.localAddress);
	return `${host}:${context.advertisedPort ?? flow.source.local.port}`;
}

export function contactValue(context: AgentContext, flow: Flow): string {
	const transport = flow.source.transport === "udp" ? "" : `;transport=${flow.source.transport}`;
	return `<sip:${ourHostPort(context, flow)}${transport}>`;
}

/** Via of a request of ours; rport, so that answers come back through NAT (RFC 3581 §3). */
export function viaValue(context: AgentContext, flow: Flow, branch: string): string {
	return `SIP/2.0/${flow.source.transport.toUpperCase()} ${ourHostPort(context, flow)};branch=${branch};rport`;
}

/** 64 random bits; RFC 3261 §19.3 asks for 32. */
export function newTag(): string {
	return randomBytes(8).toString("hex");
}

export function newBranch(): string {
	return MAGIC_COOKIE + randomBytes(12).toString("hex");
}
