/**
 * A key press in an INFO: `application/dtmf-relay` and `application/dtmf`, which no RFC describes and most gateways
 * know. Pure.
 */
export const DIGIT_BODIES = "application/dtmf-relay, application/dtmf";

/** Event numbers of RFC 4733 §3.2, which some gateways write in place of the key itself. */
const BY_NUMBER = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D"];

/**
 * @param type media type in lower case.
 * @returns the key; "none" for an event that is no key (a hook flash); undefined where type or body is another.
 */
export function infoDigit(type: string, body: Uint8Array): string | undefined {
	if (body.length > BODY_BYTES_MAX) return undefined;
	const text = Buffer.from(body).toString("latin1");
	if (type === "application/dtmf-relay") return keyOf(/^[ \t]*Signal[ \t]*=[ \t]*(\S{1,2})[ \t]*$/im.exec(text)?.[1]);
	if (type === "application/dtmf") return keyOf(/^\s*(?:Signal[ \t]*=[ \t]*)?(\S{1,2})\s*$/im.exec(text)?.[1]);
	return undefined;
}

const BODY_BYTES_MAX = 512;

function keyOf(signal: string | undefined): string | undefined {
	if (signal === undefined) return undefined;
	if (/^[0-9A-D*#]$/i.test(signal)) return signal.toUpperCase();
	if (signal === "!" || signal === "16") return "none";
	return /^1[0-5]$/.test(signal) ? BY_NUMBER[Number(signal)] : undefined;
}
