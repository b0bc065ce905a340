/** rtpengine of Debian in user space, with the configuration of deploy/kamailio; only its ports are the test's. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { freeUdpPort, projectRoot, until } from "./platform.ts";

export interface Rtpengine extends AsyncDisposable {
	/** Where it takes commands, on 127.0.0.1. */
	readonly port: number;
	log(): string;
}

/** Below those of the platforms (test/support/platform.ts). */
const RTP_PORTS = { from: 20_000, to: 20_998 };

export async function startRtpengine(): Promise<Rtpengine> {
	const port = await freeUdpPort();
	const child = spawn(
		"rtpengine",
		[
			`--config-file=${join(projectRoot, "deploy/kamailio/rtpengine.conf")}`,
			"--foreground",
			"--log-stderr",
			`--listen-ng=127.0.0.1:${port}`,
			`--port-min=${RTP_PORTS.from}`,
			`--port-max=${RTP_PORTS.to}`,
		],
		{ stdio: ["ignore", "ignore", "pipe"] },
	);
	let output = "";
	child.stderr.on("data", (chunk: Buffer) => {
		output += chunk.toString();
	});
	const stop = async () => {
		if (child.exitCode !== null || child.signalCode !== null) return;
		const ended = once(child, "exit");
		child.kill("SIGTERM");
		await ended;
	};
	try {
		await until("rtpengine answers", 20_000, async () => {
			if (child.exitCode !== null) throw new Error("rtpengine ended");
			return answers(port);
		});
	} catch (error) {
		await stop();
		throw new Error(`rtpengine did not start:\n${output}`, { cause: error });
	}
	return { port, log: () => output, [Symbol.asyncDispose]: stop };
}

/** The ping of its control protocol: a cookie, then a dictionary in bencoding. */
async function answers(port: number): Promise<boolean> {
	const socket = createSocket("udp4");
	try {
		const answer = new Promise<boolean>((resolve) => {
			socket.once("message", (message) => resolve(message.toString().includes("pong")));
			socket.once("error", () => resolve(false));
			setTimeout(resolve, 300, false);
		});
		socket.connect(port, "127.0.0.1", () => socket.send("1 d7:command4:pinge"));
		return await answer;
	} finally {
		socket.close();
	}
}
