/** What rings for a number before its voicemail takes the call. Pure. */
import type { Document } from "./types.ts";

export interface RingFacts {
	readonly phoneNumber: string;
	/** Parked numbers keep their voicemail and ring nowhere. */
	readonly active: boolean;
	readonly voiceEnabled: boolean;
	/** SIP phones that were added to the number, registered or not. */
	readonly phones: number;
	/** The voice route that the number points to. */
	readonly route: Document | undefined;
	readonly voicemail: boolean;
}

export interface RingPlan {
	readonly phoneNumber: string;
	/** `phones`: whatever is registered for the number; `trunks`: in their order; `nobody`: at once to voicemail. */
	readonly ring: "phones" | "trunks" | "nobody";
	/** SIP URIs, first choice first; empty unless `ring` is `trunks`. */
	readonly trunks: readonly string[];
	readonly voicemail: boolean;
	/** For whoever wonders why. */
	readonly why: string;
}

/**
 * Phones were added to ring, so they go before a voice route: provisioning asks for a route of every number that has
 * voice, also where none is meant to carry a call.
 */
export function ringPlan(facts: RingFacts): RingPlan {
	const { phoneNumber, voicemail, phones, route } = facts;
	const plan = (ring: RingPlan["ring"], why: string, trunks: readonly string[] = []): RingPlan => {
		return { phoneNumber, ring, trunks, voicemail, why };
	};
	if (!facts.active) return plan("nobody", "the number is parked");
	if (!facts.voiceEnabled) return plan("nobody", "the number has no voice");
	if (phones > 0) return plan("phones", `the number has ${phones === 1 ? "a phone" : `${phones} phones`}`);
	if (route === undefined) return plan("nobody", "the number has neither phones nor a voice route");
	if (route.RouteEnabled === false) return plan("nobody", "the number's voice route is disabled");
	if (route.RouteType !== "Trunk") {
		return plan("nobody", `the number's voice route is of type ${String(route.RouteType)}, which moves no call`);
	}
	const trunks = trunksOf(route);
	if (trunks.length === 0) return plan("nobody", "the number's voice route names no trunk that can be called");
	return plan(
		"trunks",
		"the number's voice route",
		trunks.map((trunk) => trunk.replace("NUMBER", phoneNumber)),
	);
}

/** The enabled ones, lowest priority first; `NUMBER` stands for whom they are to call. */
function trunksOf(route: Document): readonly string[] {
	return ([1, 2] as const)
		.flatMap((n) => {
			const uri = trunkUri(route, n);
			const priority = route[`Trunk${n}Priortiy`];
			return uri === undefined ? [] : [{ uri, priority: typeof priority === "number" ? priority : 0 }];
		})
		.sort((a, b) => a.priority - b.priority)
		.map(({ uri }) => uri);
}

/** Letters of host names and addresses: what was stored as text must not become another part of the URI. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])$/;

function trunkUri(route: Document, n: 1 | 2): string | undefined {
	if (route[`TrunkEnabled${n}`] === false) return undefined;
	const address = route[`TrunkIp${n}`];
	if (typeof address !== "string" || address === "") return undefined;
	const host = address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
	if (!HOST.test(host)) return undefined;
	const port = route[`TrunkPort${n}`];
	const at = typeof port === "string" && Number(port) > 0 && Number(port) <= 65_535 ? `${host}:${Number(port)}` : host;
	const transport = String(route[`TrunkTransport${n}`] ?? "UDP").toLowerCase();
	return `sip:NUMBER@${at}${transport === "udp" ? "" : `;transport=${transport}`}`;
}
