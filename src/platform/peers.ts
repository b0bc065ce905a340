/** Who may call, as the peers file had it when it was last read well. */
import {
	type Config,
	type KnownPeer,
	loadPeers,
	type PeerDirectory,
	type PeerList,
	peerDirectory,
} from "../config/index.ts";
import { Failure, type Log } from "../domain/index.ts";
import type { SipPeers } from "../sip/index.ts";
import { defaultPolicy } from "./room-settings.ts";

export interface PeersInForce extends SipPeers<KnownPeer> {
	readonly list: PeerList;
	/** Whether the address, or the certificate, is a peer's. */
	trusts(address: string, certificateNames?: readonly string[]): boolean;
	/**
	 * Reads the file again. A bad one is refused whole: the error is logged and the old list stays. Calls that run keep
	 * the policy they began with.
	 */
	reload(): void;
	/** Why the file as it stands was refused; undefined where it is the one in force. */
	readonly refused: string | undefined;
}

/**
 * @param readFile text of a file, undefined when there is none.
 * @throws Failure `configInvalid` for a bad file.
 */
export function openPeers(
	config: Config,
	{ readFile, log }: { readonly readFile: (path: string) => string | undefined; readonly log: Log },
): PeersInForce {
	const read = (): PeerList => loadPeers(config.peersFile, defaultPolicy(config), readFile);
	let list = read();
	let directory: PeerDirectory = peerDirectory(list, config.sipPeers);
	let refused: string | undefined;
	return {
		of: (source) => directory.of(source),
		trusts: (address, certificateNames) => {
			const source = certificateNames === undefined ? { address } : { address, certificateNames };
			return directory.of(source) !== undefined;
		},
		get users() {
			return directory.users;
		},
		get list() {
			return list;
		},
		get refused() {
			return refused;
		},
		reload: () => {
			if (config.peersFile === undefined) return;
			try {
				list = read();
				directory = peerDirectory(list, config.sipPeers);
				refused = undefined;
				log.info({ file: config.peersFile, peers: list.peers.length }, "the peers file was read again");
			} catch (error) {
				if (!(error instanceof Failure)) throw error;
				refused = error.message;
				log.error({ problem: error.message }, "the peers file is bad: the peers stay as they were");
			}
		},
	};
}
