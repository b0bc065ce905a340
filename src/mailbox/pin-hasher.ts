/** PINs as slow, salted, peppered hashes: argon2id (RFC 9106) with the pepper as its secret. */
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { type Algorithm, hash, type Options, verify } from "@node-rs/argon2";
import { deriveKey } from "../directory/index.ts";
import { createGate, LIMITS } from "../domain/index.ts";
import { MAILBOX_LIMITS } from "./limits.ts";

export interface PinHasher {
	hash(pin: string): Promise<string>;
	/** @param pinHash null where there is none: false, after the time that a comparison takes. */
	matches(pin: string, pinHash: string | null): Promise<boolean>;
}

/** All but one core may hash at once, else a flood of logins takes the machine from the calls. */
export function createPinHasher(
	masterKey: Uint8Array,
	atOnce: number = Math.max(1, availableParallelism() - 1),
): PinHasher {
	const gate = createGate({
		atOnce,
		waitingMax: MAILBOX_LIMITS.pinHashQueueMax,
		full: "Too many PINs are being checked just now",
	});
	const options: Options = {
		// `Algorithm.Argon2id` is a const enum, which type stripping can not inline.
		algorithm: 2 satisfies Algorithm.Argon2id,
		memoryCost: MAILBOX_LIMITS.pinHashMemoryKib,
		timeCost: MAILBOX_LIMITS.pinHashPasses,
		parallelism: 1,
		secret: deriveKey(masterKey, "pin-pepper"),
	};
	let ofNobody: Promise<string> | undefined;
	const hashOfNobody = () => {
		ofNobody ??= gate.run("first", () => hash(randomBytes(32), options));
		// A gate too full to make it must not stay the answer for ever.
		ofNobody.catch(() => {
			ofNobody = undefined;
		});
		return ofNobody;
	};
	// Nothing longer can be right, and its length must not cost anything.
	const bounded = (pin: string) => pin.slice(0, LIMITS.pinDigitsMax + 1);

	return {
		hash: (pin) => gate.run("last", () => hash(pin, options)),
		matches: async (pin, pinHash) => {
			const against = pinHash ?? (await hashOfNobody());
			const same = await gate.run("first", () => verify(against, bounded(pin), options));
			return same && pinHash !== null;
		},
	};
}
