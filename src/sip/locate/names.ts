/** The DNS, asked and remembered. */
import { lookup, Resolver } from "node:dns/promises";
import { SIP_LIMITS } from "../limits.ts";
import type { NaptrRecord, SrvRecord } from "./order.ts";

/** What a name leads to; empty where there is nothing or nobody answers. Never rejects. */
export interface Names {
	naptr(name: string): Promise<readonly NaptrRecord[]>;
	srv(name: string): Promise<readonly SrvRecord[]>;
	/** IP addresses of both families. */
	addresses(name: string): Promise<readonly string[]>;
	close(): void;
}

interface Kept {
	readonly answer: Promise<readonly unknown[]>;
	/** Infinity while the question is under way: whoever asks the same waits with the first. */
	untilMs: number;
}

interface Answer<T> {
	readonly records: readonly T[];
	readonly holdsMs: number;
}

export class DnsNames implements Names {
	readonly #resolver = new Resolver({ timeout: SIP_LIMITS.dnsMs, tries: SIP_LIMITS.dnsTries });
	readonly #hostsFile: boolean;
	readonly #kept = new Map<string, Kept>();

	/** @param servers to ask, such as `192.0.2.53:53`; the system's where undefined. */
	constructor(servers?: readonly string[]) {
		this.#hostsFile = servers === undefined;
		if (servers !== undefined) this.#resolver.setServers(servers);
	}

	naptr(name: string): Promise<readonly NaptrRecord[]> {
		return this.#ask(`naptr ${name}`, async () => held(await this.#resolver.resolveNaptr(name), SIP_LIMITS.serviceMs));
	}

	srv(name: string): Promise<readonly SrvRecord[]> {
		return this.#ask(`srv ${name}`, async () => held(await this.#resolver.resolveSrv(name), SIP_LIMITS.serviceMs));
	}

	addresses(name: string): Promise<readonly string[]> {
		return this.#ask(`address ${name}`, () => this.#lookUpAddresses(name));
	}

	close(): void {
		this.#resolver.cancel();
	}

	/** IPv4 first: where both lead to one host, NAT and firewalls of its network were made for that. */
	async #lookUpAddresses(name: string): Promise<Answer<string>> {
		const answers = await Promise.allSettled([
			this.#resolver.resolve4(name, { ttl: true }),
			this.#resolver.resolve6(name, { ttl: true }),
		]);
		const records = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
		if (records.length > 0) {
			const holdsMs = Math.min(SIP_LIMITS.nameMs, ...records.map(({ ttl }) => ttl * 1000));
			return { records: records.map(({ address }) => address), holdsMs };
		}
		const unknown = answers.every((answer) => answer.status === "rejected" && isNoSuchName(answer.reason));
		// Names of /etc/hosts are not the DNS's. Not asked where the DNS is silent: that would hold a thread for long.
		if (!unknown || !this.#hostsFile) return { records: [], holdsMs: SIP_LIMITS.noNameMs };
		const found = await lookup(name, { all: true });
		return held(
			found.map(({ address }) => address),
			SIP_LIMITS.noNameMs,
		);
	}

	#ask<T>(key: string, ask: () => Promise<Answer<T>>): Promise<readonly T[]> {
		const kept = this.#kept.get(key);
		if (kept !== undefined && kept.untilMs > Date.now()) return kept.answer as Promise<readonly T[]>;
		this.#kept.delete(key);
		if (this.#kept.size >= SIP_LIMITS.namesMax) {
			for (const oldest of this.#kept.keys()) {
				this.#kept.delete(oldest);
				break;
			}
		}
		const entry: { -readonly [K in keyof Kept]: Kept[K] } = {
			untilMs: Number.POSITIVE_INFINITY,
			answer: ask().then(
				({ records, holdsMs }) => {
					entry.untilMs = Date.now() + holdsMs;
					return records.slice(0, SIP_LIMITS.targetsMax);
				},
				() => {
					entry.untilMs = Date.now() + SIP_LIMITS.noNameMs;
					return [];
				},
			),
		};
		this.#kept.set(key, entry);
		return entry.answer as Promise<readonly T[]>;
	}
}

function held<T>(records: readonly T[], holdsMs: number): Answer<T> {
	return { records, holdsMs };
}

function isNoSuchName(error: unknown): boolean {
	const code = (error as NodeJS.ErrnoException).code;
	return code === "ENOTFOUND" || code === "ENODATA";
}
