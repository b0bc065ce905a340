/**
 * How much strangers may ask for: each of their messages costs a parse and a hash, so they are few in a second, and who
 * guesses passwords is not heard for a while. Pure: time comes in as an argument.
 */
import { isIPv6 } from "node:net";
import { SIP_LIMITS } from "../limits.ts";
import { type Bucket, full, refilled } from "../overload/bucket.ts";

interface Guesses {
	/** Wrong passwords since `sinceMs`. */
	count: number;
	sinceMs: number;
	/** How often it has been shut out; each time is twice as long. */
	blocks: number;
	blockedUntilMs: number;
}

export class Strangers {
	readonly #buckets = new Map<string, Bucket>();
	readonly #guesses = new Map<string, Guesses>();
	/** Sources that have proved to know a password, and until when that is remembered. */
	readonly #proved = new Map<string, number>();
	#all: Bucket = full(SIP_LIMITS.strangersPerSecondAll);

	/** Whether a message of this address is looked at; uses up one of those that it may send. */
	mayAsk(address: string, nowMs: number): boolean {
		const source = sourceOf(address);
		if (this.isBlocked(address, nowMs)) return false;
		const proved = this.hasProved(address, nowMs);
		const rate = proved ? SIP_LIMITS.provedPerSecond : SIP_LIMITS.strangersPerSecond;
		const own = refilled(this.#buckets.get(source) ?? full(rate), rate, nowMs);
		const all = refilled(this.#all, SIP_LIMITS.strangersPerSecondAll, nowMs);
		const allowed = own.tokens >= 1 && (proved || all.tokens >= 1);
		remember(this.#buckets, source, allowed ? { ...own, tokens: own.tokens - 1 } : own);
		if (allowed && !proved) this.#all = { ...all, tokens: all.tokens - 1 };
		return allowed;
	}

	/** A wrong password. @returns for how long the source is not heard any more, 0 while it still is. */
	wrong(address: string, nowMs: number): number {
		const source = sourceOf(address);
		const before = this.#guesses.get(source) ?? { count: 0, sinceMs: nowMs, blocks: 0, blockedUntilMs: 0 };
		const over = nowMs - before.sinceMs > SIP_LIMITS.guessWindowMs;
		const count = over ? 1 : before.count + 1;
		const sinceMs = over ? nowMs : before.sinceMs;
		if (count < SIP_LIMITS.guessesMax) {
			remember(this.#guesses, source, { ...before, count, sinceMs });
			return 0;
		}
		const blockMs = Math.min(SIP_LIMITS.guessBlockMs * 2 ** before.blocks, SIP_LIMITS.guessBlockMsMax);
		const blocks = before.blocks + 1;
		remember(this.#guesses, source, { count: 0, sinceMs: nowMs, blocks, blockedUntilMs: nowMs + blockMs });
		this.#proved.delete(source);
		return blockMs;
	}

	/** The right password: the guesses before it are forgiven, but for the times that the source was shut out. */
	proved(address: string, nowMs: number): void {
		const source = sourceOf(address);
		const guesses = this.#guesses.get(source);
		if (guesses !== undefined) remember(this.#guesses, source, { ...guesses, count: 0 });
		remember(this.#proved, source, nowMs + SIP_LIMITS.provedMs);
	}

	hasProved(address: string, nowMs: number): boolean {
		return (this.#proved.get(sourceOf(address)) ?? 0) > nowMs;
	}

	isBlocked(address: string, nowMs: number): boolean {
		return (this.#guesses.get(sourceOf(address))?.blockedUntilMs ?? 0) > nowMs;
	}
}

/** Of IPv6 whoever has one address has its /64. */
function sourceOf(address: string): string {
	if (!isIPv6(address)) return address;
	const groups = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
	const [head = "", tail] = groups.split("::");
	const front = head === "" ? [] : head.split(":");
	const back = tail === undefined || tail === "" ? [] : tail.split(":");
	const zeros = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => "0");
	return `${[...front, ...zeros, ...back].slice(0, 4).join(":")}::/64`;
}

/** The one that was touched longest ago makes room. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
	map.delete(key);
	if (map.size >= SIP_LIMITS.strangersRememberedMax) {
		for (const oldest of map.keys()) {
			map.delete(oldest);
			break;
		}
	}
	map.set(key, value);
}
