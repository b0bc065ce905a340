/** Who may speak to us: everybody else is refused before a single octet of theirs is parsed. */
import { SIP_LIMITS } from "../limits.ts";
import type { SipLog, SipUserAgent, TransportName } from "../types.ts";

interface Refused {
	readonly address: string;
	readonly transport: TransportName;
	count: number;
	lastSeenMs: number;
	warnedMs: number;
}

export class Gate {
	readonly #isTrusted: (address: string, certificateNames?: readonly string[]) => boolean;
	readonly #log: SipLog;
	readonly #mayAsk: (address: string) => boolean;
	/** Insertion order is the order of `lastSeen`: a source seen again moves to the end. */
	readonly #refused = new Map<string, Refused>();
	#total = 0;
	#windowMs = 0;
	#warnings = 0;

	/** @param mayAsk whether a message of a stranger is read all the same: it may prove who it is. */
	constructor(
		isTrusted: (address: string, certificateNames?: readonly string[]) => boolean,
		log: SipLog,
		mayAsk: (address: string) => boolean = () => false,
	) {
		this.#isTrusted = isTrusted;
		this.#log = log;
		this.#mayAsk = mayAsk;
	}

	/** Datagrams and connections refused since the start. */
	get total(): number {
		return this.#total;
	}

	/** Whether the source alone is enough; nothing is counted. */
	trusts(address: string, certificateNames?: readonly string[]): boolean {
		return certificateNames === undefined ? this.#isTrusted(address) : this.#isTrusted(address, certificateNames);
	}

	/** False means: drop it. The refusal is counted, and told once a minute for each source. */
	admits(address: string, transport: TransportName, certificateNames?: readonly string[]): boolean {
		if (this.trusts(address, certificateNames) || this.#mayAsk(address)) return true;
		this.#total++;
		const key = `${transport}|${address}`;
		const nowMs = Date.now();
		const seen = this.#refused.get(key) ?? { address, transport, count: 0, lastSeenMs: 0, warnedMs: 0 };
		this.#refused.delete(key);
		if (this.#refused.size >= SIP_LIMITS.refusedSourcesMax) {
			for (const oldest of this.#refused.keys()) {
				this.#refused.delete(oldest);
				break;
			}
		}
		seen.count++;
		seen.lastSeenMs = nowMs;
		this.#refused.set(key, seen);
		if (nowMs - seen.warnedMs >= SIP_LIMITS.refusedWarningMs && this.#mayWarn(nowMs)) {
			seen.warnedMs = nowMs;
			const line = `AFTERBEEP_SIP_PEERS=${address}`;
			this.#log.warn(
				{ address, transport, count: seen.count },
				`SIP from an unknown source refused; to admit it: ${line}`,
			);
		}
		return false;
	}

	#mayWarn(nowMs: number): boolean {
		if (nowMs - this.#windowMs >= SIP_LIMITS.refusedWarningMs) {
			this.#windowMs = nowMs;
			this.#warnings = 0;
		}
		return ++this.#warnings <= SIP_LIMITS.refusedWarningsMax;
	}

	/** Newest first. */
	refusedSources(): ReturnType<SipUserAgent["refusedSources"]> {
		return [...this.#refused.values()].reverse().map(({ address, transport, count, lastSeenMs }) => {
			return { address, transport, count, lastSeen: new Date(lastSeenMs) };
		});
	}
}
