/**
 * Key presses by telephone-event: RFC 4733 §2.5. Pure.
 *
 * Every packet of one press carries the same timestamp, so one timestamp is one digit, told at the first packet of it
 * that arrives, be it a late one or a repeated end.
 */

/** Events 0-15 (RFC 4733 §3.2). */
export const DTMF_DIGITS = "0123456789*#ABCD";

export interface DtmfState {
	readonly started: boolean;
	readonly event: number;
	readonly timestamp: number;
	readonly sequence: number;
	readonly duration: number;
	readonly ended: boolean;
}

export const noPress: DtmfState = { started: false, event: 0, timestamp: 0, sequence: 0, duration: 0, ended: true };

export interface DtmfStep {
	readonly state: DtmfState;
	/** The key, where this packet is the first of its press. */
	readonly digit: string | undefined;
}

/** Durations from here are a press near the end of what one segment can say (§2.5.1.3). */
const LONG_PRESS_TICKS = 0xf000;
/** A phone that wrongly moves its timestamp does so by one packet. */
const PACKET_MS_MAX = 60;
/** So far behind, a timestamp is of a new clock, not of an earlier press. */
const EARLIER_MS_MAX = 10_000;

/** @param ticksPerMs of the clock of the timestamps: 8, 16 or 48. @param octets payload from `start` up to `end`; other events than keys and short payloads change nothing. */
export function receiveDtmf(
	state: DtmfState,
	sequence: number,
	timestamp: number,
	marker: boolean,
	octets: Uint8Array,
	start: number,
	end: number,
	ticksPerMs: number,
): DtmfStep {
	if (end - start < 4) return { state, digit: undefined };
	const event = octets[start]!;
	const digit = DTMF_DIGITS[event];
	if (digit === undefined) return { state, digit: undefined };
	const ended = (octets[start + 1]! & 0x80) !== 0;
	const duration = (octets[start + 2]! << 8) | octets[start + 3]!;
	const next: DtmfState = { started: true, event, timestamp, sequence, duration, ended };
	if (!state.started) return { state: next, digit };
	const later = (timestamp - state.timestamp) | 0;
	if (later === 0) {
		// The end may overtake the packets before it: an ended press stays ended.
		return { state: { ...next, ended: ended || state.ended }, digit: undefined };
	}
	// A packet of an earlier press, overtaken by this one. Far behind is a new clock of the peer.
	if (later < 0 && later > -EARLIER_MS_MAX * ticksPerMs && ((sequence - state.sequence) & 0xffff) >= 0x8000)
		return { state, digit: undefined };
	return { state: next, digit: continues(state, next, marker, later, ticksPerMs) ? undefined : digit };
}

/** Whether a new timestamp is still the same press. */
function continues(state: DtmfState, next: DtmfState, marker: boolean, later: number, ticksPerMs: number): boolean {
	if (state.ended || marker || next.event !== state.event) return false;
	// A press of over 8 s goes on in a new segment, whose timestamp follows the old segment's duration.
	if (state.duration >= LONG_PRESS_TICKS && later >= LONG_PRESS_TICKS && later <= 0x1_1000) return true;
	// Some phones wrongly move the timestamp with each packet; the growing duration tells the press apart.
	const following = ((next.sequence - state.sequence) & 0xffff) === 1;
	return following && later <= PACKET_MS_MAX * ticksPerMs && next.duration > state.duration;
}
