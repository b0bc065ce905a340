import { isIPv6 } from "node:net";

/**
 * Whom a limit by address means: an IPv4 address itself, of an IPv6 address the /64, since whoever has one address of it
 * has all of them (RFC 6177 §2). Anything else, as it may come from a proxy, stays as it is.
 */
export function clientOf(address: string): string {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
	if (mapped !== undefined) return mapped;
	const [bare = ""] = address.split("%", 1);
	if (!isIPv6(bare)) return address;
	const [head = "", tail] = bare.toLowerCase().split("::", 2);
	const before = head === "" ? [] : head.split(":");
	const after = tail === undefined || tail === "" ? [] : tail.split(":");
	const missing = tail === undefined ? 0 : 8 - before.length - after.length - (bare.includes(".") ? 1 : 0);
	const groups = [...before, ...Array<string>(Math.max(0, missing)).fill("0"), ...after];
	return `${groups
		.slice(0, 4)
		.map((group) => group.replace(/^0+(?=.)/, ""))
		.join(":")}::/64`;
}
