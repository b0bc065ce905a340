import { Locator } from "../locate/locator.ts";
import { DnsNames } from "../locate/names.ts";
import { Gate } from "../transport/gate.ts";
import { Transports } from "../transport/transports.ts";
import type { SipPeer, SipUserAgent, SipUserAgentOptions } from "../types.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { UserAgent } from "./user-agent.ts";

/**
 * Opens the sockets and begins to take calls.
 *
 * @throws Error where an address is in use or is not ours, or where TLS has no certificate.
 */
export async function startSipUserAgent<Peer extends SipPeer>(
	options: SipUserAgentOptions<Peer>,
): Promise<SipUserAgent> {
	if (options.listen.length === 0) throw new Error("a SIP user agent needs at least one listen address");
	const doorkeeper = new Doorkeeper(options);
	const trusted = (address: string, names?: readonly string[]) => options.isTrusted(address, names);
	const gate = new Gate(trusted, options.log, (address) => doorkeeper.mayAsk(address));
	const receive: { agent?: UserAgent } = {};
	const transports = await Transports.open({
		listen: options.listen,
		advertise: [options.advertise ?? []].flat(),
		tls: options.tls,
		gate,
		log: options.log,
		locator: new Locator(new DnsNames(options.dnsServers)),
		refuses: (octets, source, reply) => receive.agent?.refuses(octets, source, reply) ?? false,
		hasProved: (address) => doorkeeper.hasProved(address),
		onParsed: (result, flow) => receive.agent?.receive(result, flow),
	});
	const agent = new UserAgent(options, transports.advertised, gate, transports, doorkeeper);
	receive.agent = agent;
	return agent;
}
