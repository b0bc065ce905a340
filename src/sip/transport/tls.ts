/** TLS for SIP: RFC 3261 §26.2.1, certificates as RFC 5922 has them. */
import { constants, createPrivateKey, X509Certificate } from "node:crypto";
import { isIP, isIPv6, type Socket } from "node:net";
import {
	type ConnectionOptions,
	connect,
	createSecureContext,
	createServer,
	type SecureContext,
	type Server,
	type TLSSocket,
} from "node:tls";
import { SIP_LIMITS } from "../limits.ts";
import type { ListenAddress, SipLog, TlsCredentials, TlsOptions } from "../types.ts";
import { certificateAddresses, certificateNames } from "./certificate-names.ts";
import { Connection, type ConnectionPorts } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { accept, type Destination, opening, StreamListener } from "./tcp.ts";

/**
 * The server side asks for each certificate anew: a resumed session would carry an identity over the end of the
 * authority that vouched for it.
 */
const SECURE_OPTIONS = constants.SSL_OP_NO_TICKET;

/**
 * What is made of a pair, where it is one.
 *
 * @throws Error that says what is wrong with certificate, key or authorities.
 */
export function secureContext(credentials: TlsCredentials): SecureContext {
	const { certificate, key, authorities } = credentials;
	const read = <T>(what: string, make: () => T): T => {
		try {
			return make();
		} catch (cause) {
			throw new Error(`${what} can not be read: ${reason(cause)}`, { cause });
		}
	};
	const leaf = read("the certificate", () => new X509Certificate(certificate));
	const privateKey = read("the key", () => createPrivateKey(key));
	if (!leaf.checkPrivateKey(privateKey)) throw new Error("the key is not that of the certificate");
	const ca = authorities === undefined ? {} : { ca: authorities };
	if (authorities !== undefined) read("the authorities", () => new X509Certificate(authorities));
	return read("the pair", () => {
		return createSecureContext({ cert: certificate, key, ...ca, secureOptions: SECURE_OPTIONS });
	});
}

/** Looks a pair over without using it. @throws Error that says what is wrong. */
export function checkTls(credentials: TlsCredentials): void {
	secureContext(credentials);
}

function reason(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** All of TLS of one user agent: its listeners share one pair, and what it connects with is the same. */
export class TlsSide {
	readonly #server: Server;
	readonly #gate: Gate;
	readonly #log: SipLog;
	readonly #ports: ConnectionPorts;
	readonly #options: TlsOptions;
	#context: SecureContext;
	/** Handshakes under way with addresses that are not trusted by themselves. */
	readonly #strangers = new Set<Socket>();
	/** Sockets whose handshake is under way, with the address of ours that they came to. */
	readonly #shaking = new Map<string, ListenAddress>();

	/** @throws Error where the pair is none. */
	constructor(options: TlsOptions, gate: Gate, log: SipLog, ports: ConnectionPorts) {
		this.#options = options;
		this.#gate = gate;
		this.#log = log;
		this.#ports = ports;
		this.#context = secureContext(options);
		this.#server = createServer({
			...pemOf(options),
			requestCert: options.clientCertificate !== "none",
			// Where it is optional, what a bad certificate means is decided below: having none is not the same.
			rejectUnauthorized: options.clientCertificate === "required",
			handshakeTimeout: SIP_LIMITS.tlsHandshakeMs,
		});
		this.#server.on("secureConnection", (socket) => this.#secured(socket));
		this.#server.on("tlsClientError", (error, socket) => {
			this.#log.debug({ address: socket.remoteAddress, error: error.message }, "a TLS handshake failed");
			socket.destroy();
		});
	}

	/** New connections use this pair; those that stand live on. @throws Error where it is none: the old one stays. */
	use(credentials: TlsCredentials): void {
		this.#context = secureContext(credentials);
		this.#server.setSecureContext(pemOf(credentials));
	}

	listen(listen: ListenAddress): Promise<StreamListener> {
		return StreamListener.open(
			listen,
			(socket, address, local) => this.#accept(socket, address, local),
			(error) => this.#ports.onError(error),
		);
	}

	/** A stranger may show a certificate, where we ask for one; else it is refused before it costs a handshake. */
	#accept(socket: Socket, address: string, local: ListenAddress): void {
		if (this.#options.clientCertificate === "none" || this.#strangers.size >= SIP_LIMITS.tlsStrangersMax) {
			if (!this.#gate.admits(address, "tls")) {
				socket.destroy();
				return;
			}
		} else if (!this.#gate.trusts(address)) {
			this.#strangers.add(socket);
			socket.once("close", () => this.#strangers.delete(socket));
		}
		const key = shakeKey(socket);
		this.#shaking.set(key, local);
		socket.once("close", () => this.#shaking.delete(key));
		this.#server.emit("connection", socket);
	}

	#secured(socket: TLSSocket): void {
		const key = shakeKey(socket);
		const local = this.#shaking.get(key);
		this.#shaking.delete(key);
		for (const stranger of this.#strangers) if (shakeKey(stranger) === key) this.#strangers.delete(stranger);
		socket.on("error", () => {});
		const certificate = socket.getPeerX509Certificate();
		const address = (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
		if (certificate !== undefined && !socket.authorized) {
			const why = String(socket.authorizationError);
			this.#log.warn({ address, why }, "SIP over TLS refused: the peer's certificate can not be trusted");
			socket.destroy();
			return;
		}
		const names = certificate && certificateNames(certificate.subjectAltName, certificate.subject);
		if (!this.#gate.admits(address, "tls", names)) {
			socket.destroy();
			return;
		}
		const facts = { transport: "tls", local, certificateNames: names } as const;
		accept(new Connection(socket, facts, this.#ports), this.#ports);
	}

	/** The server's certificate must speak for the name that it was found by, or for its address (RFC 5922 §7.3). */
	connect(to: Destination): Promise<Connection> {
		const { host, port, from, local, domain } = to;
		const wanted = domain ?? host;
		const options: ConnectionOptions = {
			host,
			port,
			secureContext: this.#context,
			...(isIP(wanted) === 0 ? { servername: wanted } : {}),
			checkServerIdentity: (_name, { raw }) => this.#judge(new X509Certificate(raw), wanted, host),
		};
		const family = isIPv6(host) ? 6 : 4;
		const socket = connect({
			...options,
			family,
			...(from === undefined ? {} : { localAddress: from }),
		} as ConnectionOptions);
		socket.once("error", (error) => {
			this.#log.debug({ address: host, port, error: error.message }, "no SIP over TLS to a peer");
		});
		const make = (): Connection => {
			const certificate = socket.getPeerX509Certificate();
			const names = certificate && certificateNames(certificate.subjectAltName, certificate.subject);
			return new Connection(socket, { transport: "tls", local, certificateNames: names, domain }, this.#ports);
		};
		return opening(socket, "secureConnect", make, this.#ports);
	}

	#judge(certificate: X509Certificate, wanted: string, address: string): Error | undefined {
		const { subjectAltName, subject } = certificate;
		const names = certificateNames(subjectAltName, subject);
		if (names.includes(wanted.toLowerCase())) return undefined;
		if (isIP(wanted) !== 0 && certificateAddresses(subjectAltName).some((known) => sameAddress(known, wanted))) {
			return undefined;
		}
		this.#log.warn({ address, wanted, names }, "SIP over TLS refused: the certificate is for somebody else");
		return new Error(`the certificate is not for ${wanted}`);
	}
}

function pemOf({ certificate, key, authorities }: TlsCredentials): object {
	const ca = authorities === undefined ? {} : { ca: authorities };
	return { cert: certificate, key, ...ca, secureOptions: SECURE_OPTIONS };
}

/** The TLS socket is another object than the one that was accepted, but between the same two ends. */
function shakeKey(socket: Socket): string {
	return `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
}

/** Node prints IPv6 addresses of certificates unshortened and in upper case. */
function sameAddress(one: string, other: string): boolean {
	const canonical = (address: string): string => (isIPv6(address) ? new URL(`http://[${address}]`).hostname : address);
	return canonical(one) === canonical(other);
}
