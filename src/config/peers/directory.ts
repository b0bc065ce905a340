/** Whom a message comes from, by address, certificate or digest user. One list, never changed; a reload makes another. */
import { AddressTable } from "../../domain/index.ts";
import type { DigestUsers, SipPeer, SipPeers } from "../../sip/index.ts";
import { DIGEST_ALGORITHMS, type Peer, type PeerCredential, type PeerList } from "./types.ts";

/** As much of a peer as a call needs. */
export type KnownPeer = Pick<Peer, "name" | "limits" | "policy"> & SipPeer;

export interface PeerDirectory extends SipPeers<KnownPeer> {
	readonly users: DigestUsers<KnownPeer>;
}

/** Name of those who are told by `AFTERBEEP_SIP_PEERS` alone. */
export const OTHER_PEERS = "trusted";

/**
 * @param trusted addresses and ranges of `AFTERBEEP_SIP_PEERS`. Where one of them and a peer's hold an address, the
 * narrower one counts, and the peer's of two equal ones.
 */
export function peerDirectory(list: PeerList, trusted: readonly string[]): PeerDirectory {
	const other: KnownPeer = { name: OTHER_PEERS, ...list.others };
	const byAddress = new AddressTable<KnownPeer>([
		...list.peers.flatMap((peer) => peer.addresses.map((range) => [range, peer] as const)),
		...trusted.map((range) => [range, other] as const),
	]);
	const byCertificate = new Map<string, KnownPeer>(
		list.peers.flatMap((peer) => peer.certificateNames.map((name) => [name, peer] as const)),
	);
	const byUser = new Map<string, { readonly peer: KnownPeer; readonly hashes: PeerCredential["hashes"] }>(
		list.peers.flatMap((peer) => peer.credentials.map(({ username, hashes }) => [username, { peer, hashes }] as const)),
	);
	const offered = DIGEST_ALGORITHMS.filter((algorithm) => [...byUser.values()].some(({ hashes }) => hashes[algorithm]));
	return {
		of: ({ address, certificateNames }) => {
			// A certificate says more than an address, which a whole site may share.
			for (const name of certificateNames ?? []) {
				const peer = byCertificate.get(name);
				if (peer !== undefined) return peer;
			}
			return byAddress.find(address);
		},
		users: { realm: list.realm, algorithms: offered, find: (username) => byUser.get(username) },
	};
}
