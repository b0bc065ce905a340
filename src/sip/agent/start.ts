import { splitHostPort, uriHost } from "../transport/addresses.ts";
import { Gate } from "../transport/gate.ts";
import { Transports } from "../transport/transports.ts";
import type { SipUserAgent, SipUserAgentOptions } from "../types.ts";
import { UserAgent } from "./user-agent.ts";

/**
 * Opens the sockets and begins to take calls.
 *
 * @throws Error where an address is in use, is not ours, or asks for TLS.
 */
export async function startSipUserAgent(options: SipUserAgentOptions): Promise<SipUserAgent> {
	if (options.listen.length === 0) throw new Error("a SIP user agent needs at least one listen address");
	const tls = options.listen.find((listen) => listen.transport === "tls");
	if (tls !== undefined) {
		const address = `tls:${uriHost(tls.host)}:${tls.port}`;
		throw new Error(`SIP over TLS is not available: remove ${address}, or put a proxy with TLS in front`);
	}
	const advertised = options.advertise === undefined ? undefined : splitHostPort([options.advertise].flat()[0] ?? "");
	const gate = new Gate(options.isTrusted, options.log);
	const receive: { agent?: UserAgent } = {};
	const transports = await Transports.open({
		listen: options.listen,
		advertisedHost: advertised?.host,
		gate,
		log: options.log,
		onParsed: (result, flow) => receive.agent?.receive(result, flow),
	});
	const agent = new UserAgent(options, advertised, gate, transports);
	receive.agent = agent;
	return agent;
}
