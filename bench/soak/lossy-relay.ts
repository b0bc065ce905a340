/** A network that loses SIP: a relay of UDP between one phone and the platform, which both take for the other end. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { SeededRandom } from "../../test/support/seeded-random.ts";

export interface LossyRelay extends AsyncDisposable {
	/** Where the phone finds the platform. */
	readonly port: number;
	readonly lost: number;
}

/** @param lossPart of the datagrams, each way, 0 to 1. */
export async function openLossyRelay(sipPort: number, lossPart: number, random: SeededRandom): Promise<LossyRelay> {
	const [front, back] = await Promise.all([bound(), bound()]);
	const [frontPort, backPort] = [front.address().port, back.address().port];
	let phonePort = 0;
	let lost = 0;
	// Requests within a dialog go to the Contact: without a change they would pass the relay by.
	const pass = (datagram: Buffer, via: Socket, to: number, contact: number) => {
		if (random.chance(lossPart)) {
			lost++;
			return;
		}
		const text = datagram.toString("latin1").replace(/^(Contact:.*127\.0\.0\.1):\d+/im, `$1:${contact}`);
		via.send(Buffer.from(text, "latin1"), to, "127.0.0.1");
	};
	front.on("message", (datagram, from) => {
		phonePort = from.port;
		pass(datagram, back, sipPort, backPort);
	});
	back.on("message", (datagram) => pass(datagram, front, phonePort, frontPort));
	return {
		port: frontPort,
		get lost() {
			return lost;
		},
		[Symbol.asyncDispose]: async () => {
			front.close();
			back.close();
		},
	};
}

async function bound(): Promise<Socket> {
	const socket = createSocket("udp4").bind(0, "127.0.0.1");
	await once(socket, "listening");
	return socket;
}
