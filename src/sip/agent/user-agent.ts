import { createHash } from "node:crypto";
import { contactUri, dialogKey } from "../dialog/dialog.ts";
import { answerTimer } from "../dialog/session-timer.ts";
import { SIP_LIMITS } from "../limits.ts";
import type { BadRequest, ParsedMessage, ParsedRequest, ParseResult } from "../message/message.ts";
import { reasonOfStatus } from "../message/reason.ts";
import type { OctetField } from "../message/write.ts";
import { Admission } from "../overload/admission.ts";
import { busyAnswer, glanceInvite, isAckOf } from "../overload/glance.ts";
import { ClientTransactions } from "../transaction/client-transactions.ts";
import { serverKey } from "../transaction/keys.ts";
import { timerValues } from "../transaction/machine.ts";
import { ServerTransactions } from "../transaction/server-transactions.ts";
import type { Flow, MessageTransport } from "../transport/flow.ts";
import type { Gate } from "../transport/gate.ts";
import type {
	ListenAddress,
	NotifyOptions,
	OutgoingCall,
	OutgoingCallOptions,
	SipPeer,
	SipUserAgent,
	SipUserAgentOptions,
	Source,
	TlsCredentials,
} from "../types.ts";
import { abilities, writeResponse } from "./answers.ts";
import { type AgentContext, COUNTERS, type CounterName, type DialogUser, newTag } from "./context.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { Exchange, stampedVias } from "./exchange.ts";
import { Incoming } from "./incoming-call.ts";
import { eventOf, IncomingSubscription } from "./incoming-subscription.ts";
import { sendNotify } from "./notify.ts";
import { Outgoing } from "./outgoing-call.ts";
import { replacedCall } from "./replaced-call.ts";
import { readOffer, screen } from "./screening.ts";

/** A stranger who has proved who it is when the dialog began; whose it was no longer matters. */
const STRANGER_IN_DIALOG: SipPeer = { name: "dialog", policy: { earlyMedia: false } };

/** The user agent over any transport: `start.ts` gives it sockets, tests a wire of their own. */
export class UserAgent implements SipUserAgent {
	readonly #options: SipUserAgentOptions;
	readonly #gate: Gate;
	readonly #doorkeeper: Doorkeeper;
	readonly #admission: Admission;
	/** To tag of answers to calls that there is no room for. */
	readonly #busyTag = newTag();
	readonly #transports: MessageTransport;
	/** Hosts that stand for us beside our sockets' own. */
	readonly #advertised: ReadonlySet<string> | undefined;
	readonly #servers: ServerTransactions;
	readonly #clients: ClientTransactions;
	readonly #dialogs = new Map<string, DialogUser>();
	readonly #calls = new Set<Incoming | Outgoing>();
	readonly #counts = new Map<CounterName, number>(COUNTERS.map((name) => [name, 0]));
	readonly #context: AgentContext;
	#draining = false;
	#closed: Promise<void> | undefined;

	constructor(
		options: SipUserAgentOptions,
		advertised: ReadonlySet<string> | undefined,
		gate: Gate,
		transports: MessageTransport,
		doorkeeper = new Doorkeeper(options),
	) {
		const t1Ms = options.t1Ms ?? SIP_LIMITS.t1MsDefault;
		this.#options = options;
		this.#gate = gate;
		this.#doorkeeper = doorkeeper;
		const { callsMax, callsPerSecondMax } = options;
		this.#admission = new Admission({ callsMax, callsPerSecondMax });
		this.#transports = transports;
		this.#advertised = advertised;
		this.#servers = new ServerTransactions(t1Ms, () => this.#count("sipResponsesUnsent"));
		this.#clients = new ClientTransactions(t1Ms);
		this.#context = {
			log: options.log,
			serverName: options.userAgent ?? "Afterbeep",
			transports,
			clients: this.#clients,
			timers: timerValues(t1Ms, false),
			abilities: abilities(options.subscriptions?.events ?? [], options.replaces ?? false),
			sessionTimer: {
				minSeconds: options.sessionTimer?.minSeconds ?? SIP_LIMITS.sessionSecondsMin,
				wantedSeconds: options.sessionTimer?.wantedSeconds ?? SIP_LIMITS.sessionSecondsWanted,
				maxSeconds: SIP_LIMITS.sessionSecondsMax,
			},
			dialogs: this.#dialogs,
			count: (name) => this.#count(name),
			guard: (what, call) => this.#guard(what, call),
		};
	}

	get listening(): readonly ListenAddress[] {
		return this.#transports.listening;
	}

	placeCall(options: OutgoingCallOptions): OutgoingCall {
		if (this.#closed !== undefined) throw new Error("the SIP user agent is closed");
		this.#count("sipCallsPlaced");
		const call = new Outgoing(this.#context, options, (gone) => this.#calls.delete(gone));
		this.#calls.add(call);
		call.start();
		return call;
	}

	notify(options: NotifyOptions): void {
		if (this.#closed === undefined) sendNotify(this.#context, options);
	}

	useTls(credentials: TlsCredentials): void {
		this.#transports.useTls(credentials);
	}

	setDraining(draining: boolean): void {
		this.#draining = draining;
	}

	counters(): Readonly<Record<string, number>> {
		const own = Object.fromEntries(this.#counts);
		const inForce = {
			sipCallsActive: this.#calls.size,
			sipDialogs: this.#dialogs.size,
			sipServerTransactions: this.#servers.size,
			sipClientTransactions: this.#clients.size,
		};
		return { ...own, ...inForce, ...this.#doorkeeper.counters(), untrustedDropped: this.#gate.total };
	}

	refusedSources(): ReturnType<SipUserAgent["refusedSources"]> {
		return this.#gate.refusedSources();
	}

	/** BYE or 503 for what still runs, sent once; then timers, then sockets. */
	[Symbol.asyncDispose](): Promise<void> {
		this.#closed ??= this.#close();
		return this.#closed;
	}

	async #close(): Promise<void> {
		for (const call of [...this.#calls]) call.close();
		await this.#transports.settled();
		this.#servers.close();
		this.#clients.close();
		this.#dialogs.clear();
		await this.#transports.close();
	}

	/**
	 * A look at a datagram before it is read: under overload a refusal must cost so little that calls that were taken do
	 * not suffer.
	 *
	 * @returns true where nothing more is to be done with it; `reply` sends the answer, if any.
	 */
	refuses(octets: Buffer, source: Source, reply: (octets: Buffer, port: number) => void): boolean {
		if (isAckOf(octets, this.#busyTag)) return true;
		const peer = this.#doorkeeper.known(source);
		if (peer === undefined || !this.#admission.isFull(peer, performance.now())) return false;
		const invite = glanceInvite(octets);
		if (invite === undefined || this.#servers.find(invite.key) !== undefined) return false;
		this.#count("sipCallsRefused");
		this.#count("sipCallsOverLimit");
		const answer = busyAnswer(invite, source, this.#busyTag);
		reply(answer.octets, answer.port);
		return true;
	}

	/** Every message of a trusted source, and of strangers who may prove to be one. */
	receive(result: ParseResult, flow: Flow): void {
		if (this.#closed !== undefined) return;
		if (!result.ok) {
			this.#count("sipBadMessages");
			const { address, transport } = flow.source;
			this.#options.log.debug({ address, transport, status: result.status, why: result.why }, "bad SIP message");
			const { answerTo, status, why } = result;
			if (answerTo !== undefined && this.#doorkeeper.known(flow.source) !== undefined)
				this.#guard("bad message", () => this.#answerBad(answerTo, status, why, flow));
			return;
		}
		this.#guard("message", () => this.#dispatch(result.message, flow));
	}

	#dispatch(message: ParsedMessage, flow: Flow): void {
		if (message.kind === "response") {
			this.#count("sipResponsesReceived");
			// §8.1.3.3: more than one Via means that it is somebody else's and went astray.
			const single = message.headers.rawAll("via").length === 1;
			if (!single || !this.#clients.receive(message)) this.#count("sipStrayResponses");
			return;
		}
		this.#count("sipRequestsReceived");
		if (message.method === "ACK") this.#ack(message);
		else this.#request(message, flow);
	}

	/** An ACK for a non-2xx ends with its transaction; any other belongs to a dialog (§17.2.3). */
	#ack(request: ParsedRequest): void {
		const transaction = this.#servers.find(serverKey(request, "INVITE"));
		transaction?.ack();
		const dialog = this.#dialogOf(request);
		if (dialog !== undefined) dialog.ack(request);
		else if (transaction === undefined) this.#count("sipStrayAcks");
	}

	#request(request: ParsedRequest, flow: Flow): void {
		const key = serverKey(request, request.method);
		const known = this.#servers.find(key);
		if (known !== undefined) {
			this.#count("sipRetransmissionsReceived");
			known.requestAgain();
			return;
		}
		if (this.#servers.size >= SIP_LIMITS.serverTransactionsMax) {
			this.#answerBad(request, 503, "Overloaded", flow);
			return;
		}
		const peer = this.#identify(request, flow);
		if (peer === undefined) return;
		if (request.method === "INVITE" && request.toTag === "" && this.#admission.isFull(peer, performance.now())) {
			this.#count("sipCallsRefused");
			this.#count("sipCallsOverLimit");
			this.#answerBad(request, 503, "Service Unavailable", flow);
			return;
		}
		const merged = this.#servers.isMerged(request, key);
		const transaction = this.#servers.open(request, key, this.#transports.replyFlow(flow, request.via));
		const exchange = new Exchange(request, { flow, peer }, transaction, this.#context.serverName);
		const isOurs = (host: string): boolean => this.#isOurs(host, flow);
		const refusal =
			screen(request, isOurs, this.#context.abilities) ??
			(merged && request.method !== "CANCEL" ? { status: 482 } : undefined);
		if (refusal !== undefined) this.#refuse(exchange, refusal.status, refusal.fields);
		else if (request.method === "CANCEL") this.#cancel(exchange);
		else if (request.method === "SUBSCRIBE" && this.#dialogOf(request) === undefined) this.#subscribe(exchange);
		else if (request.toTag !== "") this.#inDialog(exchange);
		else if (request.method === "INVITE") this.#invite(exchange);
		else if (request.method === "OPTIONS") this.#answerOptions(exchange);
		else this.#refuse(exchange, 481);
	}

	/** @returns undefined where the request has been answered, or deserves no answer. */
	#identify(request: ParsedRequest, flow: Flow): SipPeer | undefined {
		const inDialog = request.toTag !== "" ? this.#dialogOf(request) : undefined;
		// Nobody else knows the tags of a dialog, and CANCEL can not be asked for a password (RFC 3261 §22.1).
		const cancels = request.method === "CANCEL" && this.#servers.find(serverKey(request, "INVITE")) !== undefined;
		if (inDialog !== undefined || cancels) return this.#doorkeeper.known(flow.source) ?? STRANGER_IN_DIALOG;
		const identity = this.#doorkeeper.identify(request, flow.source);
		if (identity.result === "peer") return identity.peer;
		if (identity.result === "ask") this.#answerBad(request, 401, "Unauthorized", flow, identity.fields);
		return undefined;
	}

	#cancel(exchange: Exchange): void {
		const invite = this.#servers.find(serverKey(exchange.request, "INVITE"));
		if (invite === undefined) {
			this.#refuse(exchange, 481);
			return;
		}
		exchange.respond(200, { toTag: invite.localTag ?? this.#statelessTag(exchange.request) });
		invite.user?.onCancel?.(exchange.request);
	}

	#inDialog(exchange: Exchange): void {
		const dialog = this.#dialogOf(exchange.request);
		if (dialog === undefined) this.#refuse(exchange, 481);
		else dialog.receive(exchange);
	}

	#invite(exchange: Exchange): void {
		exchange.respond(100);
		if (this.#draining) {
			this.#refuse(exchange, 503, [["Retry-After", String(SIP_LIMITS.retryAfterSeconds)]]);
			return;
		}
		const reading = readOffer(exchange.request);
		if ("status" in reading) {
			this.#refuse(exchange, reading.status, reading.fields);
			return;
		}
		const timer = answerTimer(exchange.request.headers, this.#context.sessionTimer);
		if ("minSeconds" in timer) {
			this.#refuse(exchange, 422, [["Min-SE", String(timer.minSeconds)]]);
			return;
		}
		const replaced = replacedCall(exchange, this.#context);
		if (replaced !== undefined && "status" in replaced) {
			this.#refuse(exchange, replaced.status);
			return;
		}
		this.#count("sipCallsReceived");
		const { peer } = exchange;
		this.#admission.take(peer, performance.now());
		const gone = (over: Incoming) => {
			if (this.#calls.delete(over)) this.#admission.ended(peer);
		};
		const call = new Incoming(this.#context, exchange, reading.offer, replaced?.call, gone);
		this.#calls.add(call);
		let taken = false;
		this.#guard("onCall", () => {
			this.#options.onCall(call);
			taken = true;
		});
		if (!taken) call.fail();
	}

	/** Dialogs of subscriptions are known above: they outlive this process. */
	#subscribe(exchange: Exchange): void {
		this.#count("sipSubscribesReceived");
		const { abilities } = this.#context;
		const package_ = eventOf(exchange.request);
		const subscriptions = this.#options.subscriptions;
		if (subscriptions === undefined || package_ === undefined || !subscriptions.events.includes(package_)) {
			// RFC 6665 §4.2.1.1; no Event at all was legal before RFC 3265, and nobody can tell what was meant.
			this.#refuse(exchange, 489, abilities.allowEvents);
			return;
		}
		const contact = contactUri(exchange.request.headers);
		if (contact === undefined && exchange.request.toTag === "") {
			this.#refuse(exchange, 400); // RFC 6665 §4.1.2.1: where would the NOTIFY go?
			return;
		}
		const subscribe = new IncomingSubscription(this.#context, exchange);
		let taken = false;
		this.#guard("onSubscribe", () => {
			subscriptions.onSubscribe(subscribe);
			taken = true;
		});
		if (!taken) subscribe.reject(500);
	}

	/** Does not refuse more than an INVITE would be: dispatchers ask this way whether to send calls (§11.2). */
	#answerOptions(exchange: Exchange): void {
		if (this.#draining) this.#refuse(exchange, 503, [["Retry-After", String(SIP_LIMITS.retryAfterSeconds)]]);
		else exchange.respond(200, { toTag: this.#statelessTag(exchange.request), fields: this.#context.abilities.all });
	}

	#refuse(exchange: Exchange, status: number, fields: Parameters<typeof writeResponse>[4]["fields"] = []): void {
		if (exchange.request.method === "INVITE") this.#count("sipCallsRefused");
		const reason = exchange.request.method === "INVITE" ? reasonOfStatus(status) : [];
		exchange.respond(status, { toTag: this.#statelessTag(exchange.request), fields: [...fields, ...reason] });
	}

	/** Answers without a transaction: the request is too broken to have one, or there are too many (§8.2.7). */
	#answerBad(request: BadRequest, status: number, why: string, flow: Flow, fields: readonly OctetField[] = []): void {
		const retryAfter: OctetField = ["Retry-After", String(SIP_LIMITS.retryAfterSeconds)];
		const answer = {
			reason: why,
			toTag: hasTag(request) ? undefined : this.#statelessTag(request),
			fields: status === 503 ? [retryAfter, ...fields] : fields,
		};
		const vias = stampedVias(request, flow);
		const octets = writeResponse(request.headers, vias, this.#context.serverName, status, answer);
		this.#transports.replyFlow(flow, request.via).send(octets, () => {});
	}

	/** The same for each retransmission of a request, without remembering any (§8.2.7). */
	#statelessTag(request: BadRequest): string {
		const hash = createHash("sha1");
		for (const name of ["via", "call-id", "cseq"]) hash.update(request.headers.raw(name) ?? "");
		return hash.digest("hex").slice(0, 16);
	}

	#dialogOf(request: ParsedRequest): DialogUser | undefined {
		return this.#dialogs.get(dialogKey(request.callId, request.toTag, request.fromTag));
	}

	#isOurs(host: string, flow: Flow): boolean {
		const bare = host.replace(/^\[|\]$/g, "");
		if (bare === flow.localAddress || this.#advertised?.has(bare) === true) return true;
		return this.#transports.listening.some((listen) => listen.host === bare);
	}

	#count(name: CounterName): void {
		this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
	}

	#guard<T>(what: string, call: () => T): T | undefined {
		try {
			return call();
		} catch (error) {
			this.#count("sipHandlerFailures");
			this.#options.log.error(
				{ what, error: error instanceof Error ? error.stack : String(error) },
				"SIP handler failed",
			);
			return undefined;
		}
	}
}

function hasTag(request: BadRequest): boolean {
	return /;\s*tag\s*=/i.test(request.headers.raw("to") ?? "");
}
