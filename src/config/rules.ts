/** Rules between settings: what is dangerous or ambiguous is refused at start, with the line to add. Pure. */
import { isIP } from "node:net";
import { isLoopback, isWildcard, printHostPort, printListenAddress } from "./addresses.ts";
import type { Config, HostPort } from "./types.ts";

export interface RuleFacts {
	/** Whether the peers were named by anybody, or are the default. */
	readonly peersNamed: boolean;
	/** The machine's own addresses that are not loopback. */
	readonly ownAddresses: readonly string[];
}

/** One line for each broken rule, with its mend. */
export function ruleProblems(config: Config, facts: RuleFacts): readonly string[] {
	return [
		...httpProblems(config),
		...lookupProblems(config),
		...sipProblems(config, facts),
		...databaseProblems(config),
		...((config.accountKey === undefined) === (config.accountSecret === undefined)
			? []
			: ["AFTERBEEP_ACCOUNT_KEY and AFTERBEEP_ACCOUNT_SECRET belong together: set both or none"]),
	];
}

function httpProblems(config: Config): readonly string[] {
	if (!config.roles.has("api") || config.httpPlain) return [];
	const problems: string[] = [];
	const beyond = (address: HostPort): boolean => !isLoopback(address.host);
	if (beyond(config.http) && config.trustedProxies.length === 0) {
		problems.push(
			`AFTERBEEP_HTTP=${printHostPort(config.http)} would send tokens and PINs in plain text: put a TLS proxy in front ` +
				"and name it, AFTERBEEP_TRUSTED_PROXIES=<its address>, or accept it with AFTERBEEP_HTTP_PLAIN=yes",
		);
	}
	if (config.admin !== undefined && beyond(config.admin) && config.trustedProxies.length === 0) {
		problems.push(
			`AFTERBEEP_ADMIN=${printHostPort(config.admin)} would show operators' data in plain text: use an address of ` +
				"loopback, or accept it with AFTERBEEP_HTTP_PLAIN=yes",
		);
	}
	return problems;
}

/** Whatever is said about plain HTTP: what it hands out is as good as the phones' passwords. */
function lookupProblems({ lookup, lookupToken }: Config): readonly string[] {
	if (lookup === undefined || isLoopback(lookup.host) || lookupToken !== undefined) return [];
	return [
		`AFTERBEEP_LOOKUP=${printHostPort(lookup)} would tell everybody there what phones register with: use an address ` +
			"of loopback, or set AFTERBEEP_LOOKUP_TOKEN",
	];
}

function sipProblems(config: Config, facts: RuleFacts): readonly string[] {
	if (!config.roles.has("sip")) return [];
	const problems = [...tlsProblems(config), ...advertisingProblems(config)];
	const beyond = config.sip.filter((address) => !isLoopback(address.host));
	if (beyond.length > 0 && !facts.peersNamed && config.peersFile === undefined) {
		const where = beyond.map(printHostPort).join(", ");
		problems.push(
			`AFTERBEEP_SIP listens on ${where}, but nobody there may call: name the PBX, SBC or proxy that sends the calls, ` +
				"AFTERBEEP_SIP_PEERS=127.0.0.1,::1,<address or range of the peer>, or AFTERBEEP_PEERS=<file with policies>",
		);
	}
	const wildcard = beyond.some((address) => isWildcard(address.host) && address.advertise === undefined);
	// The route to a peer tells the address of a machine that has one; behind several it tells only the machine's guess.
	if (wildcard && facts.ownAddresses.length > 1) {
		const example = facts.ownAddresses[0];
		for (const [variable, value] of [
			["AFTERBEEP_SIP_ADVERTISE", config.sipAdvertise],
			["AFTERBEEP_RTP_ADVERTISE", config.rtpAdvertise],
		] as const) {
			if (value.length > 0) continue;
			problems.push(
				`AFTERBEEP_SIP listens on every address of this machine (${facts.ownAddresses.join(", ")}), so peers must be told ` +
					`one: ${variable}=${example}, or listen on one address, AFTERBEEP_SIP=udp:${example}:5060`,
			);
		}
	}
	return problems;
}

function tlsProblems(config: Config): readonly string[] {
	const problems: string[] = [];
	const listen = config.sip.find((address) => address.transport === "tls");
	if ((config.sipTlsCert === undefined) !== (config.sipTlsKey === undefined)) {
		problems.push("AFTERBEEP_SIP_TLS_CERT and AFTERBEEP_SIP_TLS_KEY belong together: set both or none");
	} else if (listen !== undefined && config.sipTlsCert === undefined) {
		problems.push(
			`AFTERBEEP_SIP listens on ${printListenAddress(listen)}, which needs a certificate: ` +
				"AFTERBEEP_SIP_TLS_CERT=<file> and AFTERBEEP_SIP_TLS_KEY=<file>",
		);
	}
	return problems;
}

/** SDP needs an address: RFC 4566 allows a name in c=, but peers' media paths do not look it up. */
function advertisingProblems(config: Config): readonly string[] {
	if (config.rtpAdvertise.length > 0) return [];
	const told = [
		...config.sipAdvertise.map((text) => ["AFTERBEEP_SIP_ADVERTISE", text] as const),
		...config.sip.flatMap(({ advertise }) => (advertise === undefined ? [] : [["AFTERBEEP_SIP", advertise] as const])),
	];
	const isName = (text: string): boolean => !text.startsWith("[") && !isIP(text) && !isIP(text.replace(/:\d+$/, ""));
	return told
		.filter(([, text]) => isName(text))
		.map(([variable, text]) => {
			return `${variable} tells peers the name ${text}, but SDP needs an address: AFTERBEEP_RTP_ADVERTISE=<its address>`;
		});
}

function databaseProblems(config: Config): readonly string[] {
	const problems: string[] = [];
	if (config.databaseUrl !== undefined && config.masterKeyFile === undefined) {
		problems.push(
			"DATABASE_URL needs AFTERBEEP_MASTER_KEY=<file>: the key that PINs and tokens hang on must be the same on every " +
				"node (make one: head -c 32 /dev/urandom > master.key && chmod 600 master.key)",
		);
	}
	if (config.databaseUrl === undefined && config.databaseDirectUrl !== undefined) {
		problems.push("DATABASE_DIRECT_URL without DATABASE_URL has no meaning: set DATABASE_URL, or remove it");
	}
	return problems;
}
