/** The second limit of the setup bench: Kamailio that answers each request with a stateless 200, on the core that ours has. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freeUdpPort } from "../../test/support/platform.ts";
import { hasTool } from "../../test/support/tools.ts";
import { SIP_CORE } from "../support/platform.ts";
import { startPinned } from "../support/process.ts";

export interface StatelessKamailio extends AsyncDisposable {
	readonly sipPort: number;
	readonly sipPid: number;
}

/** @returns undefined where it is not installed. */
export async function startStatelessKamailio(folder: string): Promise<StatelessKamailio | undefined> {
	if (!hasTool("kamailio")) return undefined;
	const port = await freeUdpPort();
	const config = join(folder, "kamailio.cfg");
	const text = readFileSync(join(import.meta.dirname, "kamailio.cfg"), "utf8");
	await writeFile(config, text.replaceAll("KAMAILIO_PORT", String(port)));
	const words = ["-DD", "-E", "-f", config, "-Y", folder, "-P", join(folder, "kamailio.pid"), "-m", "32", "-M", "8"];
	const kamailio = startPinned(SIP_CORE, "kamailio", words);
	const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
	for (let waitedMs = 0; !readFileSync("/proc/net/udp", "utf8").includes(hex); waitedMs += 50) {
		if (waitedMs > 30_000 || kamailio.child.exitCode !== null) throw new Error(`Kamailio: ${kamailio.output()}`);
		await new Promise((done) => setTimeout(done, 50));
	}
	return { sipPort: port, sipPid: kamailio.child.pid!, [Symbol.asyncDispose]: () => kamailio.stop() };
}
