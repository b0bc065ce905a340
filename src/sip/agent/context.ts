import { randomUUID } from "node:crypto";
import type { SessionTimerPolicy } from "../dialog/session-timer.ts";
import type { ParsedRequest } from "../message/message.ts";
import { splitNameAddr } from "../message/name-addr.ts";
import { schemeOf } from "../message/uri.ts";
import { MAGIC_COOKIE } from "../message/via.ts";
import type { ClientTransactions } from "../transaction/client-transactions.ts";
import type { TimerValues } from "../transaction/machine.ts";
import { uriHost } from "../transport/addresses.ts";
import type { Flow, MessageTransport } from "../transport/flow.ts";
import type { IncomingCall, SipLog } from "../types.ts";
import type { Abilities } from "./answers.ts";
import type { Exchange } from "./exchange.ts";

/** Who gets the requests of a dialog. */
export interface DialogUser {
	receive(exchange: Exchange): void;
	ack(request: ParsedRequest): void;
	/** What Replaces finds here. */
	readonly replaceable: Replaceable;
}

export interface Replaceable {
	/** Undefined for a call that we placed. */
	readonly call: IncomingCall | undefined;
	readonly state: "early" | "confirmed" | "ended";
}

/** All of them show from the start, at zero: a metric that appears late looks like one that fell. */
export const COUNTERS = [
	...(["sipRequestsReceived", "sipResponsesReceived", "sipBadMessages", "sipRetransmissionsReceived"] as const),
	...(["sipStrayResponses", "sipStrayAcks", "sipResponsesUnsent", "sipCallsReceived", "sipCallsRefused"] as const),
	...(["sipCallsOverLimit"] as const),
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
	readonly sessionTimer: SessionTimerPolicy;
	/** By `dialogKey`. */
	readonly dialogs: Map<string, DialogUser>;
	count(name: CounterName): void;
	/** Calls what was handed in from above; a throw of it is logged and never disturbs the stack. */
	guard<T>(what: string, call: () => T): T | undefined;
}

/** `host:port` of ours as the peer of this flow reaches it. */
export function ourHostPort(flow: Flow): string {
	return `${uriHost(flow.localAddress)}:${flow.localPort}`;
}

/**
 * Contact of ours as the peer of this flow reaches it.
 *
 * @param secure whether the dialog is one of `sips:`; RFC 3261 §12.1.1 then wants it here too, and a flow that is not TLS
 * can not give it.
 */
export function contactValue(flow: Flow, secure: boolean): string {
	const { transport } = flow.source;
	if (secure && transport === "tls") return `<sips:${ourHostPort(flow)}>`;
	return `<sip:${ourHostPort(flow)}${transport === "udp" ? "" : `;transport=${transport}`}>`;
}

/** RFC 3261 §12.1.1: by the Request-URI, else by the topmost Record-Route, else by Contact. */
export function isSecure({ uri, headers }: ParsedRequest): boolean {
	if (schemeOf(uri) === "sips") return true;
	const next = headers.rawAll("record-route")[0] ?? headers.raw("contact");
	return next !== undefined && schemeOf(splitNameAddr(next)?.rawUri ?? "") === "sips";
}

/** Via of a request of ours; rport, so that answers come back through NAT (RFC 3581 §3). */
export function viaValue(flow: Flow, branch: string): string {
	return `SIP/2.0/${flow.source.transport.toUpperCase()} ${ourHostPort(flow)};branch=${branch};rport`;
}

/** 64 random bits; RFC 3261 §19.3 asks for 32. Node draws those of a UUID for many at once, which octets it does not. */
export function newTag(): string {
	const uuid = randomUUID();
	return uuid.slice(0, 8) + uuid.slice(28);
}

/** 80 random bits. */
export function newBranch(): string {
	const uuid = randomUUID();
	return MAGIC_COOKIE + uuid.slice(0, 8) + uuid.slice(24);
}
