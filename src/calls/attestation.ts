/**
 * What the caller's own network vouches for: the PASSporT in Identity (RFC 8224, RFC 8225, RFC 8588), and the verdict of
 * the network that verified it (`verstat`, 3GPP TS 24.229 §7.2A.20). Pure. No signature is checked here: to show a claim
 * and to believe it are two things, and whoever shows it says so.
 */
import { ATTESTATION_LEVELS, type AttestationLevel } from "../domain/index.ts";
import { parseHeaderParams, parseNameAddr, type SipRequest } from "../sip/index.ts";
import { CALL_LIMITS } from "./limits.ts";

export interface Attestation {
	/** A: the network knows the caller and the right to the number; B: the caller alone; C: only where the call came in. */
	readonly level: AttestationLevel;
	/** Who signed, opaque: for tracing a call back. */
	readonly origId: string | null;
	/** The number that was signed, digits with `+`; null where it is none. */
	readonly signedNumber: string | null;
}

/** The first PASSporT of a call with an attestation; garbage is none. */
export function readAttestation(request: SipRequest): Attestation | undefined {
	for (const value of request.headers.all("identity").slice(0, CALL_LIMITS.identitiesMax)) {
		const attestation = readIdentity(value);
		if (attestation) return attestation;
	}
	return undefined;
}

/** The verdict that a believed network puts beside the caller's number, such as `TN-Validation-Passed`. */
export function readVerstat(request: SipRequest, believed: boolean): string | undefined {
	if (!believed) return undefined;
	for (const field of ["p-asserted-identity", "from"]) {
		for (const value of request.headers.all(field).slice(0, CALL_LIMITS.headerEntriesMax)) {
			const address = parseNameAddr(value);
			const verstat = address?.uri.params.get("verstat") ?? verstatOfUser(address?.uri.user);
			if (verstat !== undefined && /^[A-Za-z-]{1,40}$/.test(verstat)) return verstat;
		}
	}
	return undefined;
}

/** TS 24.229 writes it into the user part of a SIP URI: `+1555;verstat=...@`. */
function verstatOfUser(user: string | undefined): string | undefined {
	return /;verstat=([A-Za-z-]+)/.exec(user ?? "")?.[1];
}

function readIdentity(value: string): Attestation | undefined {
	if (value.length > CALL_LIMITS.identityCharsMax) return undefined;
	const ppt = parseHeaderParams(value)?.get("ppt");
	if (ppt !== undefined && ppt.toLowerCase() !== "shaken") return undefined;
	// The compact form leaves header and payload out: it attests nothing that could be read.
	const payload = /^\s*[A-Za-z0-9_-]*\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*/.exec(value)?.[1];
	if (payload === undefined) return undefined;
	const claims = parseClaims(Buffer.from(payload, "base64url").toString("utf8"));
	const level = ATTESTATION_LEVELS.find((one) => one === claims?.attest);
	if (claims === undefined || level === undefined) return undefined;
	const { origid, orig } = claims;
	const origId = typeof origid === "string" && /^[\x21-\x7e]{1,64}$/.test(origid) ? origid : null;
	const tn = isRecord(orig) ? orig.tn : undefined;
	const signedNumber = typeof tn === "string" && /^\+?\d{1,20}$/.test(tn) ? `+${tn.replace("+", "")}` : null;
	return { level, origId, signedNumber };
}

function parseClaims(text: string): Record<string, unknown> | undefined {
	try {
		const claims: unknown = JSON.parse(text);
		return isRecord(claims) ? claims : undefined;
	} catch {
		return undefined;
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** For the call trace. @param shown number of the caller as the mailbox shows it; null where it is withheld. */
export function describeAttestation(
	attestation: Attestation | undefined,
	verstat: string | undefined,
	shown: string | null,
): string | undefined {
	const said = verstat === undefined ? [] : [`the network in front says ${verstat}`];
	if (attestation === undefined) return said[0];
	const { level, origId, signedNumber } = attestation;
	// A number that is withheld must not come out by this door.
	const other = shown !== null && signedNumber !== null && signedNumber !== shown;
	const parts = [
		`attestation ${level} (${MEANING[level]})`,
		...(origId === null ? [] : [`origid ${origId}`]),
		...(other ? ["signed for another number"] : []),
		"not verified by us",
		...said,
	];
	return parts.join(", ");
}

const MEANING: Readonly<Record<AttestationLevel, string>> = { A: "full", B: "partial", C: "gateway" };
