/**
 * One key press, told twice: some gateways send RFC 4733 events and INFO for the same key. Pure. Which of the two comes
 * first differs from gateway to gateway, and not every key must come by both.
 */
import { CALL_LIMITS } from "./limits.ts";

export type KeySource = "media" | "info";

interface Press {
	readonly digit: string;
	readonly source: KeySource;
	readonly atMs: number;
}

/** Presses that were taken and whose echo by the other way may still come, oldest first. */
export type KeysHeard = readonly Press[];

export const noKeys: KeysHeard = [];

/** @returns whether it is a press of its own; one that the other way told already is not. */
export function hearKey(heard: KeysHeard, press: Press): { readonly heard: KeysHeard; readonly isNew: boolean } {
	const recent = heard.filter((one) => press.atMs - one.atMs < CALL_LIMITS.keyEchoMs);
	const told = recent.findIndex((one) => one.source !== press.source && one.digit === press.digit);
	if (told === -1) return { heard: [...recent, press].slice(-CALL_LIMITS.keyEchoesMax), isNew: true };
	return { heard: recent.toSpliced(told, 1), isNew: false };
}
