/** Which of many ranges an address lies in: IPv4 and IPv6, the narrowest range first. Pure. */
import { isIP } from "node:net";
import { LIMITS } from "./limits.ts";

/** Octets of an address: 4 or 16. An IPv4 address that a dual-stack socket shows as `::ffff:a.b.c.d` is an IPv4 address. */
type Octets = readonly number[];

/** An address or CIDR range, taken apart. */
export interface AddressRange {
	readonly address: string;
	readonly family: "ipv4" | "ipv6";
	readonly prefixBits: number;
}

/** An address or a CIDR range, v4 or v6; undefined where it is neither. */
export function readRange(text: string): AddressRange | undefined {
	const [address, bits, ...more] = text.split("/");
	const version = isIP(address ?? "");
	if (address === undefined || version === 0 || address.includes("%") || more.length > 0) return undefined;
	const bitsMax = version === 4 ? 32 : 128;
	if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > bitsMax)) return undefined;
	return { address, family: version === 4 ? "ipv4" : "ipv6", prefixBits: bits === undefined ? bitsMax : Number(bits) };
}

/** One text for all spellings of a range: its host bits are zero. Ranges with equal keys hold the same addresses. */
export function rangeKey(range: AddressRange): string {
	const octets = octetsOf(range.address)!;
	// `::ffff:192.0.2.0/120` is written by nobody, but means the IPv4 range.
	const mapped = range.family === "ipv6" && octets.length === 4;
	const bits = mapped ? Math.max(range.prefixBits - 96, 0) : range.prefixBits;
	return networkKey(octets, bits);
}

/** IPv6 with an IPv4 address at its end; what SDP names may be no address at all, and of any length. */
const ADDRESS_CHARS_MAX = 45;

/**
 * Values by ranges. A look-up costs as many map accesses as there are different lengths of prefixes, however many ranges
 * there are: a flood from invented addresses must not be dear.
 */
export class AddressTable<Value> {
	readonly #byBits: readonly { readonly bits: number; readonly values: ReadonlyMap<string, Value> }[];
	/** Found lately, or known to be in none: the same few peers, and the same scanner, send again and again. */
	readonly #lately = new Map<string, Value | undefined>();

	/** @param entries ranges as text; texts that are none are left out. Of equal ranges the first one counts. */
	constructor(entries: Iterable<readonly [range: string, value: Value]>) {
		const byBits = new Map<number, Map<string, Value>>();
		for (const [text, value] of entries) {
			const range = readRange(text);
			if (range === undefined) continue;
			const key = rangeKey(range);
			const bits = Number(key.slice(key.lastIndexOf("/") + 1));
			const values = byBits.get(bits) ?? new Map<string, Value>();
			byBits.set(bits, values);
			if (!values.has(key)) values.set(key, value);
		}
		this.#byBits = [...byBits].map(([bits, values]) => ({ bits, values })).sort((a, b) => b.bits - a.bits);
	}

	/** The value of the narrowest range that the address lies in; undefined too for what is no address. */
	find(address: string): Value | undefined {
		if (this.#byBits.length === 0) return undefined;
		const known = this.#lately.get(address);
		if (known !== undefined || this.#lately.has(address)) return known;
		const found = this.#search(address);
		if (address.length > ADDRESS_CHARS_MAX) return found;
		if (this.#lately.size >= LIMITS.addressesRemembered) this.#lately.clear();
		this.#lately.set(address, found);
		return found;
	}

	#search(address: string): Value | undefined {
		const octets = octetsOf(address);
		if (octets === undefined) return undefined;
		for (const { bits, values } of this.#byBits) {
			if (bits > octets.length * 8) continue;
			const found = values.get(networkKey(octets, bits));
			if (found !== undefined) return found;
		}
		return undefined;
	}
}

/**
 * A matcher for a list of addresses and ranges.
 *
 * @param ranges already validated by `readRange`; others match nothing.
 */
export function addressMatcher(ranges: readonly string[]): (address: string) => boolean {
	const table = new AddressTable(ranges.map((range) => [range, true] as const));
	return (address) => table.find(address) === true;
}

function networkKey(octets: Octets, bits: number): string {
	let key = octets.length === 4 ? "4:" : "6:";
	const whole = bits >> 3;
	for (let i = 0; i < whole; i++) key += String.fromCharCode(octets[i]!);
	const rest = bits & 7;
	if (rest > 0) key += String.fromCharCode(octets[whole]! & (0xff << (8 - rest)));
	return `${key}/${bits}`;
}

function octetsOf(address: string): Octets | undefined {
	const plain = address.replace(/%.*$/, "");
	const version = isIP(plain);
	if (version === 4) return plain.split(".").map(Number);
	if (version === 0) return undefined;
	const octets = octetsOfV6(plain);
	const mapped = octets.slice(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
	return mapped ? octets.slice(12) : octets;
}

/** @param address known to be an IPv6 address without zone. */
function octetsOfV6(address: string): number[] {
	const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
	const groupsOnly = dotted
		? `${dotted[1]}${hexGroup(dotted[2]!, dotted[3]!)}:${hexGroup(dotted[4]!, dotted[5]!)}`
		: address;
	const [head = "", tail] = groupsOnly.split("::");
	const front = head === "" ? [] : head.split(":");
	const back = tail === undefined || tail === "" ? [] : tail.split(":");
	const zeros: string[] = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => "0");
	return [...front, ...zeros, ...back].flatMap((group) => {
		const value = Number.parseInt(group, 16);
		return [value >> 8, value & 0xff];
	});
}

function hexGroup(high: string, low: string): string {
	return ((Number(high) << 8) | Number(low)).toString(16);
}
