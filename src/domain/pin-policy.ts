import { LIMITS } from "./limits.ts";

/** Contract 2.2: what the API takes as a PIN. Strength is judged apart (`isWeakPin`), since the contract's own example is 1234. */
export function isPin(text: string): boolean {
	return new RegExp(`^[0-9]{${LIMITS.pinDigitsMin},${LIMITS.pinDigitsMax}}$`).test(text);
}

/** The most used PINs of published leaks that no rule below catches. */
const COMMON_PINS = new Set(["2580", "0852", "1379", "1397", "5683", "1004", "4711", "0007", "159753", "147258"]);

/**
 * Whether a PIN is easily guessed: one digit repeated, a run up or down, a repeated pair or half, a year, part of the
 * mailbox's own number, or on the list of common ones (contract 6.6; telephony.md E3).
 *
 * @param pin 4 to 10 digits.
 * @param phoneNumber E.164 number of the mailbox.
 */
export function isWeakPin(pin: string, phoneNumber: string): boolean {
	const steps = [...pin].slice(1).map((digit, i) => (Number(digit) - Number(pin[i]) + 10) % 10);
	const sameStep = steps.every((step) => step === steps[0]);
	if (sameStep && [0, 1, 9].includes(steps[0]!)) return true;
	if (/^(.+)\1+$/.test(pin) || /^(.)\1(.)\2$/.test(pin)) return true;
	if (/^(19|20)\d\d$/.test(pin)) return true;
	if (phoneNumber.includes(pin)) return true;
	return COMMON_PINS.has(pin);
}

/**
 * How long a mailbox is locked after a wrong PIN: nothing before the fifth in a row, then 5 minutes, doubling with each
 * further wrong one up to 24 h (contract 6.6).
 *
 * @param failedAttempts wrong PINs in a row, this one included.
 * @returns seconds, 0 for no lock.
 */
export function lockSeconds(failedAttempts: number): number {
	const beyond = failedAttempts - LIMITS.pinFailuresBeforeLock;
	if (beyond < 0) return 0;
	return Math.min(LIMITS.pinLockMaxSeconds, LIMITS.pinLockFirstSeconds * 2 ** Math.min(beyond, 20));
}
