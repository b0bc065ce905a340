/** `afterbeep peers`: who may call and what is agreed with each, from the peers file and the settings. */
import path from "node:path";
import { loadPeers, OTHER_PEERS, type Peer, type PeerList, readTextFile } from "../../config/index.ts";
import { Failure } from "../../domain/index.ts";
import { readStatusFile } from "../../platform/status-file.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { listing } from "../terminal.ts";

const peersCheck: Command = {
	name: "peers check",
	summary: "Try a peers file, without taking it into force",
	positionals: [{ name: "FILE", required: false }],
	details: `
Without FILE it is the one of AFTERBEEP_PEERS. Each fault is told with its line; exit code 1 where there is one.
A platform that runs reads its file again on SIGHUP.`,
	examples: ["afterbeep peers check /etc/afterbeep/peers.toml", "afterbeep peers check && kill -HUP $(pidof -s node)"],
	async run(invocation) {
		const [given] = invocation.positionals;
		const { config } = invocation.loadConfig();
		const file = given === undefined ? config.peersFile : path.resolve(given);
		if (file === undefined) throw new UsageError("Name a FILE, or set AFTERBEEP_PEERS.");
		const { defaultPolicy } = await import("../../platform/room-settings.ts");
		const list = loadPeers(file, defaultPolicy(config), readTextFile);
		if (invocation.json) invocation.terminal.json(list.peers.map(shown));
		else invocation.terminal.line(`${file} is good: ${counted(list)}.`);
		return 0;
	},
};

const peersList: Command = {
	name: "peers list",
	summary: "List who may call, how each is recognised, and what is agreed with each",
	details: "As a platform that starts now would have it. --json shows the whole policy; secrets are never shown.",
	examples: ["afterbeep peers list", "afterbeep peers list --json | jq '.[] | {Name, Codecs}'"],
	async run(invocation) {
		const { config } = invocation.loadConfig();
		const { defaultPolicy } = await import("../../platform/room-settings.ts");
		const list = loadPeers(config.peersFile, defaultPolicy(config), readTextFile);
		const none = { certificateNames: [], credentials: [] };
		const trusted: Peer = { name: OTHER_PEERS, addresses: config.sipPeers, ...none, ...list.others };
		const peers = [...list.peers, ...(config.sipPeers.length === 0 ? [] : [trusted])];
		if (invocation.json) invocation.terminal.json(peers.map(shown));
		else print(invocation, peers);
		const refused = readStatusFile(config.dataFolder)?.peersRefused;
		if (refused) throw new Failure("configInvalid", refused, "The running platform keeps the peers it had before.");
		return 0;
	},
};

export const peerCommands: readonly Command[] = [peersList, peersCheck];

function counted({ peers }: PeerList): string {
	return peers.length === 1 ? "1 peer" : `${peers.length} peers`;
}

function print({ terminal }: Invocation, peers: readonly Peer[]): void {
	const rows = peers.map((peer) => [
		peer.name,
		[
			...peer.addresses,
			...peer.certificateNames.map((name) => `certificate ${name}`),
			...peer.credentials.map(({ username }) => `digest ${username}`),
		].join(", "),
		peer.policy.plan.country ?? "-",
		peer.policy.codecs?.join(", ") ?? "all",
		[
			peer.limits.callsMax === undefined ? [] : [`${peer.limits.callsMax} calls`],
			peer.limits.callsPerSecondMax === undefined ? [] : [`${peer.limits.callsPerSecondMax}/s`],
		]
			.flat()
			.join(", ") || "-",
	]);
	for (const line of listing(terminal, ["Peer", "Recognised by", "Country", "Codecs", "Limits"], rows))
		terminal.line(line);
}

function shown({ name, addresses, certificateNames, credentials, limits, policy }: Peer): object {
	return {
		Name: name,
		Addresses: addresses,
		CertificateNames: certificateNames,
		Credentials: credentials.map(({ username, hashes }) => ({ Username: username, Algorithms: Object.keys(hashes) })),
		CallsMax: limits.callsMax ?? null,
		CallsPerSecond: limits.callsPerSecondMax ?? null,
		Country: policy.plan.country ?? null,
		Prefixes: policy.plan.prefixes ?? {},
		Extensions: policy.plan.extensions,
		Sources: policy.order,
		Diverter: policy.diverter,
		AssertedIdentity: policy.assertsIdentity,
		StarLogin: policy.starLogin,
		Codecs: policy.codecs ?? null,
		MediaAddresses: policy.mediaAddresses,
		Srtp: policy.srtp,
		EarlyMedia: policy.earlyMedia,
		InbandDtmf: policy.inbandDtmf,
	};
}
