/** Turns the system's refusal to listen into an error that names the setting, the address and who holds it. */
import { printHostPort } from "../config/index.ts";
import { Failure } from "../domain/index.ts";
import { findPortOwner } from "./port-owner.ts";

export interface WantedAddress {
	readonly variable: string;
	readonly transport: "udp" | "tcp" | "tls";
	readonly host: string;
	readonly port: number;
}

/**
 * Runs what listens; a refusal by the system becomes Failure `configInvalid`.
 *
 * @param wanted all addresses that may be meant; the error's own port decides where there are several.
 */
export async function listening<T>(wanted: readonly WantedAddress[], listen: () => Promise<T>): Promise<T> {
	try {
		return await listen();
	} catch (error) {
		throw await explained(error, wanted);
	}
}

async function explained(error: unknown, wanted: readonly WantedAddress[]): Promise<unknown> {
	const { code, port, address: host, syscall } = systemError(error);
	const ofPort = wanted.filter((one) => port === undefined || one.port === port);
	const ofSocket = ofPort.filter((one) => (one.transport === "udp") === (syscall === "bind"));
	const address = ofSocket.find((one) => one.host === host) ?? ofSocket[0] ?? ofPort[0] ?? wanted[0];
	if (address === undefined || code === undefined) return error;
	const shown = printHostPort(address);
	const options = { cause: error };
	if (code === "EADDRINUSE") {
		const owner = await findPortOwner(address.transport, address.port);
		const who = owner === undefined ? "" : ` by process ${owner.pid} (${owner.name})`;
		const other = printHostPort({ host: address.host, port: address.port + 1 });
		const mend =
			address.variable === "AFTERBEEP_SIP"
				? `Stop it, or listen elsewhere: AFTERBEEP_SIP=udp:${other},tcp:${other}`
				: `Stop it, or listen elsewhere: ${address.variable}=${other}`;
		return new Failure(
			"configInvalid",
			`${address.variable}: ${address.transport} ${shown} is taken${who}.`,
			mend,
			options,
		);
	}
	if (code === "EADDRNOTAVAIL") {
		const text = `${address.variable}: ${address.host} is no address of this machine.`;
		return new Failure("configInvalid", text, "Give one of its own addresses, or 127.0.0.1.", options);
	}
	if (code === "EACCES") {
		const text = `${address.variable}: this user may not listen on ${shown}.`;
		return new Failure(
			"configInvalid",
			text,
			"Use a port above 1023, or give the process CAP_NET_BIND_SERVICE.",
			options,
		);
	}
	return error;
}

interface SystemError {
	readonly code?: string;
	readonly port?: number;
	readonly address?: string;
	readonly syscall?: string;
}

/** The system's error may stand behind one of a room's own. */
function systemError(error: unknown): SystemError {
	for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
		if ("syscall" in at) return at as SystemError;
	}
	return {};
}
