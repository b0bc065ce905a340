/** A TCP relay that cuts and joins the octets of both directions as no friendly network would. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** `octets`: each octet a segment of its own. `joined`: what came within a moment, messages of many calls, in one piece. */
export type Cutting = "octets" | "joined";

export interface OctetRelay extends AsyncDisposable {
	readonly port: number;
	/** Pieces that were passed on. */
	pieces: number;
}

export async function startOctetRelay(target: number, cutting: Cutting): Promise<OctetRelay> {
	const sockets = new Set<Socket>();
	const relay: OctetRelay = {
		port: 0,
		pieces: 0,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, "close");
		},
	};
	const pass = (from: Socket, to: Socket): void => {
		const waiting: Buffer[] = [];
		let working = false;
		const work = async (): Promise<void> => {
			working = true;
			while (waiting.length > 0 && !to.destroyed) {
				if (cutting === "joined") await wait(20);
				const all = Buffer.concat(waiting.splice(0));
				const size = cutting === "octets" ? 1 : all.length;
				for (let at = 0; at < all.length; at += size) {
					relay.pieces++;
					// Without waiting for the write the kernel would join what was cut.
					await new Promise<void>((done) => to.write(all.subarray(at, at + size), () => done()));
				}
			}
			working = false;
		};
		from.on("data", (chunk: Buffer) => {
			waiting.push(chunk);
			if (!working) void work();
		});
	};
	const server = createServer((near) => {
		const far = connect(target, "127.0.0.1");
		for (const socket of [near, far]) {
			sockets.add(socket);
			socket.setNoDelay(true);
			socket.on("error", () => {});
			socket.on("close", () => {
				near.destroy();
				far.destroy();
			});
		}
		pass(near, far);
		pass(far, near);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	return Object.assign(relay, { port: address.port });
}
