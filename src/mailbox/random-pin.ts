/**
 * PINs of a reset. Each is computed from the reset's id under a key that is derived from the master key: so the mail's
 * job, which holds ids only, can write it again and again, and neither database nor queue ever hold it.
 */
import { createHmac } from "node:crypto";
import { deriveKey } from "../directory/index.ts";
import { isWeakPin } from "../domain/index.ts";
import { MAILBOX_LIMITS } from "./limits.ts";

export type RandomPin = (resetId: string) => string;

export function createRandomPin(masterKey: Uint8Array): RandomPin {
	const key = deriveKey(masterKey, "pin-reset");
	const digits = MAILBOX_LIMITS.resetPinDigits;
	return (resetId) => {
		for (let attempt = 0; ; attempt++) {
			const mac = createHmac("sha256", key).update(`${attempt} ${resetId}`, "utf8").digest();
			// 48 bits on a million values: no digit is likelier than another by more than one in 10^8.
			const pin = String(mac.readUIntBE(0, 6) % 10 ** digits).padStart(digits, "0");
			// Not judged against the number, which the line may change before the mail goes out.
			if (!isWeakPin(pin, "")) return pin;
		}
	};
}
