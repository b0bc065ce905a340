/** The peers file, read: who may call, how each is recognised, and what is agreed with each. */
import type { PeerPolicy } from "../../domain/index.ts";

export const DIGEST_ALGORITHMS = ["SHA-512-256", "SHA-256", "MD5"] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];

/** What a digest is checked by (RFC 7616 §3.4.2): H(username:realm:password) in lower-case hex, by algorithm. */
export type HashedPassword = Readonly<Partial<Record<DigestAlgorithm, string>>>;

export interface PeerCredential {
	readonly username: string;
	readonly hashes: HashedPassword;
}

export interface Peer {
	/** Stands in logs, traces and counters. */
	readonly name: string;
	/** Addresses and ranges; a source of the narrowest range belongs to this peer. */
	readonly addresses: readonly string[];
	/** In lower case. */
	readonly certificateNames: readonly string[];
	readonly credentials: readonly PeerCredential[];
	readonly limits: PeerLimits;
	readonly policy: PeerPolicy;
}

/** Undefined: only the limits of the whole node hold. */
export interface PeerLimits {
	/** Calls at once. */
	readonly callsMax: number | undefined;
	readonly callsPerSecondMax: number | undefined;
}

export interface PeerList {
	/** What digest clients are asked for (RFC 7616 §3.3). */
	readonly realm: string;
	readonly peers: readonly Peer[];
	/** Of those who are told by `AFTERBEEP_SIP_PEERS` alone. */
	readonly others: Pick<Peer, "policy" | "limits">;
}

/** A fault of the file. */
export interface PeerProblem {
	/** Counted from 1. */
	readonly line: number;
	readonly why: string;
}
