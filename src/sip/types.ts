/**
 * What this room offers: a SIP user agent (RFC 3261) that takes and places calls. It knows nothing of voicemail.
 * Everything above speaks to these types only.
 */

export type TransportName = "udp" | "tcp" | "tls";

export interface ListenAddress {
	readonly transport: TransportName;
	readonly host: string;
	/** 0 lets the system choose; `SipUserAgent.listening` then tells the port. */
	readonly port: number;
	/** Host, or host:port, that stands in Contact and Via of what goes by this address; else `SipUserAgentOptions.advertise`. */
	readonly advertise?: string;
}

/** Where a message came from, and on which of our sockets it arrived. */
export interface Source {
	readonly transport: TransportName;
	readonly address: string;
	readonly port: number;
	readonly local: ListenAddress;
	/**
	 * Whom the peer's certificate names (RFC 5922 §7.1: SIP and DNS names of subjectAltName, else CN), in lower case. Only
	 * of a TLS connection whose certificate was verified against our authorities; undefined everywhere else.
	 */
	readonly certificateNames?: readonly string[];
}

/** What this room asks of a peer's policy; whoever names peers may lay down more. */
export interface SipPolicy {
	/** Whether SDP may go out before the answer (183, RFC 3262 where the peer supports it). */
	readonly earlyMedia: boolean;
}

/** Undefined: only the limits of the whole user agent hold. */
export interface CallLimits {
	/** Calls at once. */
	readonly callsMax: number | undefined;
	/** New calls in a second, bursts of as many included. */
	readonly callsPerSecondMax: number | undefined;
}

/** Somebody whose calls are taken. */
export interface SipPeer {
	/** For logs and counters; peers of one name share their limits. */
	readonly name: string;
	readonly policy: SipPolicy;
	readonly limits?: CallLimits;
}

/** RFC 8760; without `-sess`, which saves a proxy work that we do not have. */
export type DigestAlgorithm = "MD5" | "SHA-256" | "SHA-512-256";

/** Who may call from anywhere, given the password. */
export interface DigestUsers<Peer extends SipPeer = SipPeer> {
	/** What clients are asked for (RFC 7616 §3.3). */
	readonly realm: string;
	/** Those that any user can be checked by, strongest first; none: strangers are not asked, but dropped. */
	readonly algorithms: readonly DigestAlgorithm[];
	/** @returns the hashes are H(username:realm:password) in lower-case hex (RFC 7616 §3.4.2). */
	find(
		username: string,
	): { readonly peer: Peer; readonly hashes: Readonly<Partial<Record<DigestAlgorithm, string>>> } | undefined;
}

/** Header fields in the order of the message; names match case-insensitively and in their compact forms. */
export interface Headers {
	/** First value of the field, or undefined. */
	get(name: string): string | undefined;
	/** All values in order; comma-separated lists are split where the field's grammar allows lists. */
	all(name: string): readonly string[];
}

export interface SipRequest {
	readonly method: string;
	/** Request-URI as received. */
	readonly uri: string;
	readonly headers: Headers;
	readonly body: Uint8Array;
}

export interface SipResponse {
	readonly status: number;
	readonly reason: string;
	readonly headers: Headers;
	readonly body: Uint8Array;
}

/** A parsed `sip:`, `sips:` or `tel:` URI. `user` keeps its escapes (`%2B`); parameters and headers are unescaped. */
export interface SipUri {
	readonly scheme: string;
	readonly user: string | undefined;
	readonly host: string;
	readonly port: number | undefined;
	/** URI parameters, names in lower case; a parameter without value maps to "". */
	readonly params: ReadonlyMap<string, string>;
	readonly headers: ReadonlyMap<string, string>;
}

export interface NameAddr {
	readonly displayName: string | undefined;
	readonly uri: SipUri;
	/** URI exactly as it stood. */
	readonly rawUri: string;
	/** Header parameters (`;reason=busy`), names in lower case, quotes removed. */
	readonly params: ReadonlyMap<string, string>;
}

export type HeaderField = readonly [name: string, value: string];

export type CallEnd =
	/** The peer sent BYE. */
	| "bye"
	/** We sent BYE. */
	| "hungUp"
	/** No ACK came for our 2xx within 64*T1 (BYE was sent, RFC 3261 §13.3.1.4). */
	| "noAck"
	/** Nobody refreshed the session in time (BYE was sent, RFC 4028 §10). */
	| "expired"
	/** The session's transport or a re-INVITE failed for good. */
	| "failed";

/** Why a call ends, as Reason says it (RFC 3326). */
export interface EndReason {
	/** `SIP`: a status code; `Q.850`: a release cause of the telephone network. */
	readonly protocol: "SIP" | "Q.850";
	readonly cause: number;
	readonly text?: string;
}

export interface CallHandlers {
	/** CANCEL came before the answer; 487 is already on its way. `reasons`: values of its Reason header, as they stood. */
	onCancelled?(reasons: readonly string[]): void;
	/**
	 * A reliable provisional response of ours with SDP was acknowledged by PRACK (RFC 3262); `answer` is its SDP where ours
	 * was the offer.
	 */
	onProgressConfirmed?(answer: string | undefined): void;
	/** No PRACK came within 64*T1; 504 is already on its way. */
	onProgressLost?(): void;
	/** ACK for our 2xx arrived; `answer` is its SDP where our 2xx carried the offer. */
	onConfirmed?(answer: string | undefined): void;
	/**
	 * A re-INVITE: return the SDP for the 200 (an answer to `offer`, or an offer of ours where it has none), or a status
	 * such as 488 that leaves the session as it was. Its ACK's SDP, if any, comes by `onConfirmed`. Also told for an offer
	 * in UPDATE (RFC 3311) or PRACK (RFC 3262 §5).
	 */
	onReinvite?(offer: string | undefined): { readonly sdp: string } | { readonly status: number };
	/** Our re-INVITE that refreshed the session (RFC 4028) was answered with this SDP, which may name another address. */
	onRefreshed?(answer: string): void;
	/** A key press by INFO (`application/dtmf-relay`, `application/dtmf`): one of 0-9 * # A-D. Without it they get 415. */
	onDigit?(digit: string): void;
	/** The call is over; nothing follows. Told exactly once for each answered call. `reasons`: of the peer's BYE. */
	onEnded?(why: CallEnd, reasons: readonly string[]): void;
}

/** A new INVITE outside of any dialog; 100 has been sent. Answer or reject it, once; later calls do nothing. */
export interface IncomingCall<Peer extends SipPeer = SipPeer> {
	readonly callId: string;
	readonly request: SipRequest;
	readonly source: Source;
	/** Whom the call comes from, as it was when the INVITE came. */
	readonly peer: Peer;
	/** The address of ours that the peer reaches us by (advertised one, else the local address of the route to it). */
	readonly localAddress: string;
	/** SDP of the INVITE, undefined for a late offer. */
	readonly offer: string | undefined;
	/** The caller knows reliable provisional responses (RFC 3262). */
	readonly reliableProgress: boolean;
	/**
	 * The answered call whose place this one asks for (Replaces, RFC 3891), of the same peer. Whoever answers this one hangs
	 * that one up.
	 */
	readonly replaces: IncomingCall<Peer> | undefined;
	handlers: CallHandlers;
	/**
	 * 180 or 183, with SDP where given: an answer to the offer, or an offer of ours where there is none, which only a
	 * reliable response may carry. It is sent reliably where the caller requires that, and where it carries SDP and the
	 * caller knows how (RFC 3262); then `onProgressConfirmed` or `onProgressLost` follows.
	 */
	progress(status: number, sdp?: string): void;
	reject(status: number, options?: { readonly reason?: string; readonly headers?: readonly HeaderField[] }): void;
	/**
	 * Sends 200 with this SDP and resends it until the ACK comes. The SDP is left out where a reliable provisional response
	 * carried it already, and the 200 waits for that one's PRACK (RFC 3262 §3, §5).
	 */
	answer(sdp: string): void;
	/** BYE; `onEnded("hungUp")` follows at once. Ordinary clearing where no reason is given. */
	hangUp(reason?: EndReason): void;
}

export interface OutgoingCallOptions {
	/** Request-URI. */
	readonly uri: string;
	/** Where the request is sent (no DNS). */
	readonly next: { readonly transport: TransportName; readonly host: string; readonly port: number };
	/** Value of From without tag, such as `"Jane" <sip:+1555@host>`. */
	readonly from: string;
	/** Value of To; the Request-URI in angle brackets by default. */
	readonly to?: string;
	readonly headers?: readonly HeaderField[];
	readonly sdp: string;
	readonly handlers: CallHandlers & {
		onProgress?(status: number, sdp: string | undefined): void;
		/** 2xx came and was acknowledged. */
		onAnswered?(sdp: string | undefined): void;
		/** Final non-2xx, or a time-out (408) or transport failure (503) of our own making. */
		onRejected?(status: number, reason: string): void;
	};
}

export interface OutgoingCall {
	readonly callId: string;
	/** CANCEL before the answer; the call ends with `onRejected(487)`. */
	cancel(): void;
	hangUp(reason?: EndReason): void;
}

/** A dialog as plain data: kept by whoever subscribes or notifies, also beyond the life of this process. */
export interface DialogState {
	readonly callId: string;
	readonly localTag: string;
	readonly remoteTag: string;
	readonly localParty: string;
	readonly remoteParty: string;
	readonly routeSet: readonly string[];
	readonly remoteTarget: string;
	readonly localCseq: number;
	readonly remoteCseq: number | undefined;
}

/** The way that a dialog's first request came by: where its requests go when its target leads nowhere. */
export interface ReturnPath {
	readonly transport: TransportName;
	readonly address: string;
	readonly port: number;
}

/**
 * A SUBSCRIBE (RFC 6665) to one of the event packages offered. Answer it once; later calls do nothing. Its sender gives
 * up after 64*T1.
 */
export interface IncomingSubscribe<Peer extends SipPeer = SipPeer> {
	readonly request: SipRequest;
	readonly source: Source;
	readonly peer: Peer;
	readonly localAddress: string;
	/** Value of Event without parameters, lower case. */
	readonly event: string;
	/** Parameter `id` of Event, "" where there is none. */
	readonly eventId: string;
	/** Expires in seconds; undefined where the peer leaves it to us. */
	readonly expiresSeconds: number | undefined;
	/** It has a To tag: a refresh, or the end. */
	readonly inDialog: boolean;
	/**
	 * The dialog that a 200 makes. In a dialog: its names, the new target and the number of this request; parties, routes
	 * and our own number are those of the first SUBSCRIBE.
	 */
	readonly dialog: DialogState;
	readonly path: ReturnPath;
	/** 200, which names the time that is granted. NOTIFY must follow at once (RFC 6665 §4.2.1.2). */
	accept(expiresSeconds: number): void;
	reject(status: number, options?: { readonly reason?: string; readonly headers?: readonly HeaderField[] }): void;
}

export interface NotifyOptions {
	/** In a dialog: its number is not used, so that whoever keeps the dialog can write down `cseq` before it is sent. */
	readonly dialog: DialogState;
	readonly cseq: number;
	readonly path: ReturnPath;
	readonly headers: readonly HeaderField[];
	readonly body?: { readonly type: string; readonly text: string };
	/** Told once, never within `notify`; 408 for a time-out and 503 for a failed transport where no answer came (`answered` false). */
	onFinal(result: NotifyResult): void;
}

export interface NotifyResult {
	readonly status: number;
	readonly answered: boolean;
	/** From Retry-After. */
	readonly retryAfterSeconds: number | undefined;
}

export interface SubscriptionOptions<Peer extends SipPeer = SipPeer> {
	/** Event packages that can be subscribed to; every other gets 489. */
	readonly events: readonly string[];
	onSubscribe(subscribe: IncomingSubscribe<Peer>): void;
}

/** What TLS connections are made with; all texts are PEM. */
export interface TlsCredentials {
	/** Certificate, followed by the intermediate ones. */
	readonly certificate: string;
	readonly key: string;
	/** Authorities that sign the certificates of peers; undefined: the system's. */
	readonly authorities?: string;
}

export interface TlsOptions extends TlsCredentials {
	/** Whether connecting peers show a certificate of theirs: `optional` asks for one, `required` closes without. */
	readonly clientCertificate: "none" | "optional" | "required";
}

export interface SipUserAgent extends AsyncDisposable {
	/** The addresses in force, with real ports. */
	readonly listening: readonly ListenAddress[];
	placeCall(options: OutgoingCallOptions): OutgoingCall;
	/** NOTIFY in the dialog of a subscription (RFC 6665 §4.2.2). Nothing is sent once the agent is closed. */
	notify(options: NotifyOptions): void;
	/**
	 * New TLS connections use this certificate; those that stand live on.
	 *
	 * @throws Error that says what is wrong with the pair: the old one stays in use.
	 */
	useTls(credentials: TlsCredentials): void;
	/** While draining, new INVITEs and OPTIONS get 503 with Retry-After; running dialogs go on. */
	setDraining(draining: boolean): void;
	/** Monotonic counters for metrics, by name (such as `sipRequestsReceived`, `untrustedDropped`). */
	counters(): Readonly<Record<string, number>>;
	/** Sources that were refused since the start, newest first, at most 100. */
	refusedSources(): readonly {
		readonly address: string;
		readonly transport: TransportName;
		readonly count: number;
		readonly lastSeen: Date;
	}[];
}

/** Who is known. Asked for each new call, so that another list can take its place at any time. */
export interface SipPeers<Peer extends SipPeer = SipPeer> {
	/** The peer that a source belongs to by its address or certificate; undefined for a stranger. */
	of(source: Pick<Source, "address" | "certificateNames">): Peer | undefined;
	/** Without it nobody is asked for a password. */
	readonly users?: DigestUsers<Peer>;
}

export interface SipUserAgentOptions<Peer extends SipPeer = SipPeer> {
	readonly listen: readonly ListenAddress[];
	/** Host, or host:port, that stands in Contact and Via; an IP address only stands for listen addresses of its family. */
	readonly advertise?: string | readonly string[];
	/** Needed for `tls:` listen addresses; without it requests over TLS can not be sent either. */
	readonly tls?: TlsOptions;
	/**
	 * Messages of other sources are dropped before parsing (UDP), their connections closed (TCP and TLS).
	 *
	 * @param certificateNames as in `Source`. A TLS connection whose address alone is not trusted is asked for again once
	 * its certificate is verified.
	 */
	isTrusted(address: string, certificateNames?: readonly string[]): boolean;
	/** Servers to look names up by, such as `192.0.2.53:53`; the system's by default. */
	readonly dnsServers?: readonly string[];
	/** Without it all who are trusted are one peer. */
	readonly peers?: SipPeers<Peer>;
	/** What nonces are signed with: the same on all nodes, where a client may answer another than the one that asked it. */
	readonly nonceKey?: Uint8Array;
	/** Refuse before any dialog exists: at most this many calls at once; above it 503 with Retry-After. */
	readonly callsMax?: number | undefined;
	/** And at most so many new ones in a second. */
	readonly callsPerSecondMax?: number | undefined;
	onCall(call: IncomingCall<Peer>): void;
	/** Without it SUBSCRIBE gets 405. */
	readonly subscriptions?: SubscriptionOptions<Peer>;
	/** OPTIONS outside a dialog gets 200 with Allow, Accept, Supported unless draining. */
	readonly log: SipLog;
	readonly userAgent?: string;
	/** Whether calls with Replaces are handed up (RFC 3891); else Replaces is not supported. */
	readonly replaces?: boolean;
	/** T1 in milliseconds (RFC 3261 §17.1.1.1), 500 by default; tests shorten it. */
	readonly t1Ms?: number;
	/** Seconds: shortest session that is accepted (RFC 4028 §5), and what our own calls ask for; tests shorten them. */
	readonly sessionTimer?: { readonly minSeconds?: number; readonly wantedSeconds?: number };
}

export interface SipLog {
	debug(fields: object, message: string): void;
	info(fields: object, message: string): void;
	warn(fields: object, message: string): void;
	error(fields: object, message: string): void;
}
