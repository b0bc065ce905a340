/** Where a request goes: RFC 3263 §4. */
import { isIP } from "node:net";
import { SIP_LIMITS } from "../limits.ts";
import type { Hop, NextHop } from "../transport/flow.ts";
import type { TransportName } from "../types.ts";
import type { Names } from "./names.ts";
import { defaultPort, orderSrv, type Service, serviceName, servicesOf } from "./order.ts";

type Supported = ReadonlySet<TransportName>;

export class Locator {
	readonly #names: Names;
	readonly #random: () => number;
	/** Targets that failed, and until when they stand last. */
	readonly #down = new Map<string, number>();
	readonly #underWay = new Set<Promise<unknown>>();

	constructor(names: Names, random: () => number = Math.random) {
		this.#names = names;
		this.#random = random;
	}

	/** Calls back at once for an address, later for a name; with an Error where a name leads nowhere. */
	locate(hop: Hop, supported: Supported, then: (targets: readonly NextHop[] | Error) => void): void {
		const host = hop.host.replace(/^\[|\]$/g, "");
		if (isIP(host) !== 0) {
			const transport = transportOf(hop) ?? preferredOf(supported);
			then([{ transport, host, port: hop.port ?? defaultPort(transport) }]);
			return;
		}
		const finding = this.#find(hop, host.replace(/\.$/, ""), supported).then((found) => {
			const targets = this.#inOrder(found).slice(0, SIP_LIMITS.targetsMax);
			then(targets.length > 0 ? targets : new Error(`the name ${host} leads nowhere`));
		});
		this.#underWay.add(finding);
		finding.finally(() => this.#underWay.delete(finding));
	}

	/** The target stands behind others for a while (§4.3). */
	failed(target: NextHop): void {
		this.#down.delete(keyOf(target));
		if (this.#down.size >= SIP_LIMITS.namesMax) {
			for (const oldest of this.#down.keys()) {
				this.#down.delete(oldest);
				break;
			}
		}
		this.#down.set(keyOf(target), Date.now() + SIP_LIMITS.targetDownMs);
	}

	/** Resolves when no name is being looked up, but not later than `SIP_LIMITS.namesSettleMs`. */
	async settled(): Promise<void> {
		if (this.#underWay.size === 0) return;
		const enough = Promise.withResolvers<void>();
		const timer = setTimeout(() => enough.resolve(), SIP_LIMITS.namesSettleMs);
		await Promise.race([Promise.allSettled([...this.#underWay]), enough.promise]);
		clearTimeout(timer);
	}

	close(): void {
		this.#names.close();
	}

	async #find(hop: Hop, name: string, supported: Supported): Promise<NextHop[]> {
		const { port } = hop;
		const transport = transportOf(hop);
		if (port !== undefined) {
			return this.#addresses(name, name, transport ?? preferredOf(supported), port);
		}
		const services =
			transport === undefined
				? await this.#services(name, supported, hop.secure)
				: [{ transport, name: serviceName(transport, name) }];
		const found = (await Promise.all(services.map((service) => this.#ofService(service, name)))).flat();
		if (found.length > 0) return found;
		const plain = transport ?? preferredOf(supported);
		return this.#addresses(name, name, plain, defaultPort(plain));
	}

	/** §4.1: NAPTR tells the transports; without it each that we have is asked for. */
	async #services(name: string, supported: Supported, secure: boolean): Promise<readonly Service[]> {
		const told = servicesOf(await this.#names.naptr(name), supported, secure);
		if (told.length > 0) return told;
		const all = (["udp", "tcp", "tls"] as const).filter((transport) => supported.has(transport));
		return all.map((transport) => ({ transport, name: serviceName(transport, name) }));
	}

	async #ofService({ transport, name }: Service, domain: string): Promise<NextHop[]> {
		// RFC 2782: the target "." says that there is no such service.
		const records = (await this.#names.srv(name)).filter((record) => record.name !== "" && record.name !== ".");
		const ordered = orderSrv(records, this.#random);
		const found = ordered.map((record) => this.#addresses(record.name, domain, transport, record.port));
		return (await Promise.all(found)).flat();
	}

	/** @param domain what a server's certificate must be for: the name of the URI, not that of the host (RFC 5922 §4). */
	async #addresses(name: string, domain: string, transport: TransportName, port: number): Promise<NextHop[]> {
		const addresses = isIP(name) === 0 ? await this.#names.addresses(name) : [name];
		return addresses.map((host) => ({ transport, host, port, domain }));
	}

	#inOrder(targets: readonly NextHop[]): readonly NextHop[] {
		const nowMs = Date.now();
		const isDown = (target: NextHop): boolean => (this.#down.get(keyOf(target)) ?? 0) > nowMs;
		return [...targets.filter((target) => !isDown(target)), ...targets.filter(isDown)];
	}
}

/** §4.1: `sips:` means TLS, whatever transport the URI names beside. */
function transportOf(hop: Hop): TransportName | undefined {
	return hop.secure ? "tls" : hop.transport;
}

/** §4.1: UDP for a `sip:` URI that says nothing; TCP where we have none. */
function preferredOf(supported: Supported): TransportName {
	return supported.has("udp") ? "udp" : "tcp";
}

function keyOf({ transport, host, port }: NextHop): string {
	return `${transport}|${host}|${port}`;
}
