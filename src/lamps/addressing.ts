/** Whose lamp a SUBSCRIBE is for, and who may have it. Pure. */
import { type NumberPlan, normalise } from "../domain/index.ts";
import { parseNameAddr, parseUri, type SipRequest } from "../sip/index.ts";
import { LAMP_LIMITS } from "./limits.ts";

const IDENTITIES_MAX = 20;

/** Numbers named by the Request-URI, then by To, most believed first: phones subscribe to themselves or to the voicemail. */
export function subscribedNumbers(request: SipRequest, plan: NumberPlan): readonly string[] {
	const to = parseNameAddr(request.headers.get("to") ?? "")?.rawUri ?? "";
	const readings = [request.uri, to].flatMap((raw) => normalise(raw, plan));
	return [...new Set(readings.flatMap((reading) => reading.phoneNumber ?? []))];
}

/** Numbers that the network vouches for (RFC 3325): where it names somebody, only that subscriber's lamp may be watched. */
export function assertedNumbers(request: SipRequest, plan: NumberPlan): readonly string[] {
	const values = request.headers.all("p-asserted-identity").slice(0, IDENTITIES_MAX);
	return values.flatMap((value) => {
		const uri = parseNameAddr(value)?.rawUri;
		return uri === undefined ? [] : normalise(uri, plan).flatMap((reading) => reading.phoneNumber ?? []);
	});
}

/** URI for Message-Account: the number at the domain by which the phone knows us (RFC 3842 §5.2). */
export function accountUri(request: SipRequest, phoneNumber: string, localAddress: string): string {
	const to = parseNameAddr(request.headers.get("to") ?? "")?.uri ?? parseUri(request.uri);
	const named = to?.scheme === "sip" || to?.scheme === "sips" ? to.host : "";
	const local = localAddress.includes(":") ? `[${localAddress}]` : localAddress;
	const host = /^[A-Za-z0-9.:[\]-]+$/.test(named) && named.length <= LAMP_LIMITS.accountCharsMax - 32 ? named : local;
	return `sip:${phoneNumber}@${host}`;
}

/** Without Accept, the package's own type is meant (RFC 3842 §3.1). */
export function acceptsSummary(request: SipRequest): boolean {
	const accepted = request.headers.all("accept").map((range) => (range.split(";", 1)[0] ?? "").trim().toLowerCase());
	if (accepted.length === 0) return true;
	return accepted.some((range) => ["application/simple-message-summary", "application/*", "*/*"].includes(range));
}
