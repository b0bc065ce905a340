export { type KnownPeer, OTHER_PEERS, type PeerDirectory, peerDirectory } from "./directory.ts";
export { lineOf } from "./lines.ts";
export { loadPeers } from "./load.ts";
export { DEFAULT_REALM, type PeersReading, readPeers } from "./read.ts";
export * from "./types.ts";
