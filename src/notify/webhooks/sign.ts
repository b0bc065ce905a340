/** Signatures of the Standard Webhooks scheme. Pure. */
import { createHmac } from "node:crypto";

/**
 * The headers that let a receiver know the sender and drop repetitions.
 *
 * @param keys signing keys in force; during a rotation there are two, and a signature under either is enough.
 * @param atSeconds Unix time of this try: receivers refuse what is old.
 */
export function signatureHeaders(
	keys: readonly Uint8Array[],
	eventId: string,
	atSeconds: number,
	body: string,
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
	const signed = `${eventId}.${atSeconds}.${body}`;
	const signatures = keys.map((key) => `v1,${createHmac("sha256", key).update(signed, "utf8").digest("base64")}`);
	return {
		"webhook-id": eventId,
		"webhook-timestamp": String(atSeconds),
		"webhook-signature": signatures.join(" "),
	};
}
