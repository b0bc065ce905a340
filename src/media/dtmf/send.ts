/** Key presses sent by telephone-event: RFC 4733 §2.5.1. Pure: one call per packet time. */
import { MEDIA_LIMITS } from "../limits.ts";
import { DTMF_DIGITS } from "./receive.ts";

/** 0 dBm0 minus this: -10, the usual level of a key (§2.3.3). */
const VOLUME = 10;
/** The end is sent three times, since its loss would prolong the press (§2.5.1.4). */
const END_PACKETS = 3;

export interface SendingDigits {
	readonly digits: string;
	/** Index of the digit being sent. */
	readonly at: number;
	/** Since the start of this digit, its following gap included. */
	readonly elapsedMs: number;
}

export interface DigitPacket {
	readonly payload: Uint8Array;
	readonly marker: boolean;
}

export interface DigitsStep {
	/** Undefined when all digits and the gap after the last are over. */
	readonly state: SendingDigits | undefined;
	/** All with the timestamp of the press. */
	readonly packets: readonly DigitPacket[];
	/** True with the first packet of a press: its timestamp is now. */
	readonly starts: boolean;
}

/** Keys only, in capital letters, at most `MEDIA_LIMITS.sendDigitsMax`. */
export const isDigits = (digits: string): boolean =>
	digits.length <= MEDIA_LIMITS.sendDigitsMax && /^[0-9*#A-D]*$/.test(digits);

export const startDigits = (digits: string): SendingDigits => ({ digits, at: 0, elapsedMs: 0 });

/**
 * What to send now, and the state one packet time later.
 * @param clockHz in which durations count: that of telephone-event in SDP.
 */
export function stepDigits(state: SendingDigits, ptimeMs: number, clockHz: number): DigitsStep {
	const digit = state.digits[state.at];
	if (digit === undefined) return { state: undefined, packets: [], starts: false };
	const { digitMs, digitGapMs } = MEDIA_LIMITS;
	const elapsedMs = state.elapsedMs + ptimeMs;
	const packets: DigitPacket[] = [];
	if (state.elapsedMs < digitMs) {
		const ended = elapsedMs >= digitMs;
		const duration = (Math.min(elapsedMs, digitMs) * clockHz) / 1000;
		const payload = Uint8Array.of(
			DTMF_DIGITS.indexOf(digit),
			(ended ? 0x80 : 0) | VOLUME,
			duration >> 8,
			duration & 0xff,
		);
		const starts = state.elapsedMs === 0;
		for (let i = 0; i < (ended ? END_PACKETS : 1); i++) packets.push({ payload, marker: starts && i === 0 });
	}
	const over = elapsedMs >= digitMs + digitGapMs;
	const next = over ? { digits: state.digits, at: state.at + 1, elapsedMs: 0 } : { ...state, elapsedMs };
	return {
		state: next.at >= next.digits.length ? undefined : next,
		packets,
		starts: state.elapsedMs === 0,
	};
}
