import { isIPv6 } from "node:net";
import type { IncomingCall } from "../sip/index.ts";

export interface MediaPlace {
	/** Address of ours that the media ports are bound to. */
	readonly bind: string;
	/** The one that stands in SDP. */
	readonly address: string;
}

/**
 * Where the media of a call goes: by the interface and the family of its signalling. Pure.
 *
 * @param advertised at most one of each family.
 */
export function mediaPlace(
	{ source, localAddress }: Pick<IncomingCall, "source" | "localAddress">,
	advertised: readonly string[],
): MediaPlace {
	const v6 = isIPv6(source.address);
	const { host } = source.local;
	return {
		// A media port serves one call, so one family: a socket of both would have to send to mapped addresses.
		bind: host === "::" && !v6 ? "0.0.0.0" : host,
		address: advertised.find((one) => isIPv6(one) === v6) ?? localAddress,
	};
}
