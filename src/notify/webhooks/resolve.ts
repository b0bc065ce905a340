/** From a host name to the addresses that may be connected to. */
import { promises as dns } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import type { TargetPolicy } from "../../directory/index.ts";
import { isPublicAddress } from "../../domain/index.ts";
import { NOTIFY_LIMITS } from "../limits.ts";

/** @returns at least one address. @throws an error with a `code` where there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** The target is not of the internet, and the operator allows no others. */
export class PrivateTarget extends Error {
	readonly code = "PRIVATE_TARGET";
}

/**
 * Public targets are asked for at the name servers: unlike the system's lookup this takes no thread, so a name server
 * that does not answer holds up nobody else. Names of a private network may stand in the hosts file only, which is
 * read by the system's lookup.
 */
export function systemResolve({ privateTargets }: TargetPolicy): Resolve {
	if (privateTargets) return async (host) => (await dns.lookup(host, { all: true })).map(({ address }) => address);
	return async (host) => {
		const resolver = new dns.Resolver({ timeout: NOTIFY_LIMITS.webhookDnsTimeoutMs, tries: 2 });
		const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
		const found = [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
		if (found.length === 0 && v4.status === "rejected") throw v4.reason;
		return found;
	};
}

/**
 * A lookup for sockets: what it lets through is what is connected to, so a name that changes its address in between
 * (DNS rebinding) gains nothing. One address that is not allowed spoils the name: it is a trick or a mistake.
 */
export function guardedLookup(policy: TargetPolicy, resolve: Resolve): LookupFunction {
	return (host, options, callback) => {
		const found = async () => {
			const addresses = await resolve(host);
			if (addresses.length === 0) throw Object.assign(new Error("no address"), { code: "ENOTFOUND" });
			for (const address of addresses) assertAllowed(address, policy);
			return addresses.map((address) => ({ address, family: isIP(address) }));
		};
		found().then(
			(addresses) => {
				if (options.all === true) callback(null, addresses);
				else callback(null, addresses[0]!.address, addresses[0]!.family);
			},
			(error) => callback(error, []),
		);
	};
}

/** Sockets do not look up literals. @throws PrivateTarget */
export function assertLiteralAllowed(hostname: string, policy: TargetPolicy): void {
	const host = hostname.replace(/^\[|\]$/g, "");
	if (isIP(host) !== 0) assertAllowed(host, policy);
}

function assertAllowed(address: string, { privateTargets }: TargetPolicy): void {
	if (!privateTargets && !isPublicAddress(address)) throw new PrivateTarget("the target's address is not public");
}
