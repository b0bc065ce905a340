/** What the records of a name mean and in which order its targets are tried: RFC 3263 §4, RFC 2782. Pure. */
import type { TransportName } from "../types.ts";

export interface NaptrRecord {
	readonly order: number;
	readonly preference: number;
	/** `s`: the replacement has SRV records. */
	readonly flags: string;
	readonly service: string;
	readonly replacement: string;
}

export interface SrvRecord {
	readonly priority: number;
	readonly weight: number;
	readonly port: number;
	readonly name: string;
}

const SERVICES: Readonly<Record<string, TransportName>> = { "SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls" };

/** Name of the SRV records of a transport (RFC 3263 §4.1). */
export function serviceName(transport: TransportName, domain: string): string {
	return `${transport === "tls" ? "_sips._tcp" : `_sip._${transport}`}.${domain}`;
}

export function defaultPort(transport: TransportName): number {
	return transport === "tls" ? 5061 : 5060;
}

export interface Service {
	readonly transport: TransportName;
	/** Name of SRV records. */
	readonly name: string;
}

/** Services to ask for, best first; what we do not support or what `sips:` forbids is left out (RFC 3263 §4.1). */
export function servicesOf(
	records: readonly NaptrRecord[],
	supported: ReadonlySet<TransportName>,
	secure: boolean,
): readonly Service[] {
	return [...records]
		.sort((one, other) => one.order - other.order || one.preference - other.preference)
		.flatMap(({ flags, service, replacement }) => {
			const transport = SERVICES[service.toUpperCase()];
			const usable = transport !== undefined && flags.toLowerCase() === "s" && replacement !== "";
			if (!usable || !supported.has(transport) || (secure && transport !== "tls")) return [];
			return [{ transport, name: replacement }];
		});
}

/**
 * Lower priorities first; within one, a draw by weight, so that servers get their share of the load (RFC 2782).
 *
 * @param random from 0 to below 1, drawn once for each record.
 */
export function orderSrv(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
	const ordered: SrvRecord[] = [];
	const priorities = [...new Set(records.map(({ priority }) => priority))].sort((one, other) => one - other);
	for (const priority of priorities) {
		// Those of weight 0 stand first, so that they have a small chance beside others (RFC 2782, "Weight").
		const left = records.filter((record) => record.priority === priority).sort((a, b) => a.weight - b.weight);
		while (left.length > 0) {
			const drawn = random() * (sum(left) + 1);
			let running = 0;
			const found = left.findIndex(({ weight }) => {
				running += weight;
				return running >= Math.floor(drawn);
			});
			ordered.push(...left.splice(Math.max(0, found), 1));
		}
	}
	return ordered;
}

function sum(records: readonly SrvRecord[]): number {
	return records.reduce((total, { weight }) => total + weight, 0);
}
