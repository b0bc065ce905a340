/** The sources of settings as this machine has them. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { Failure } from "../domain/index.ts";
import type { ConfigSources } from "./types.ts";

export function machineSources(flags: Readonly<Record<string, string>>): ConfigSources {
	const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
	return {
		flags,
		env: process.env,
		workingFolder: process.cwd(),
		readFile: readTextFile,
		// Only IPv4 counts: an interface has several IPv6 addresses as a matter of course.
		ownAddresses: addresses.filter((a) => !a.internal && a.family === "IPv4").map((a) => a.address),
	};
}

/**
 * Text of a file, undefined when there is none.
 *
 * @throws Failure `configInvalid` where it is there and can not be read.
 */
export function readTextFile(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		const code = (cause as NodeJS.ErrnoException).code;
		if (code === "ENOENT" || code === "ENOTDIR") return undefined;
		throw new Failure("configInvalid", `${path} can not be read (${code})`, "Make it readable for this user.", {
			cause,
		});
	}
}
