/** Debian tools that some tests need; `npm test` installs them where it can (scripts/debian-tools.mjs lists them). */
import { accessSync, constants } from "node:fs";
import { networkInterfaces } from "node:os";
import { delimiter, join } from "node:path";

/** For `describe.skipIf(!hasTool("sipp"))`. */
export function hasTool(command: string): boolean {
	return (process.env.PATH ?? "").split(delimiter).some((folder) => {
		try {
			accessSync(join(folder, command), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}

/** For `describe.skipIf(!hasIpv6())`: containers often have none, not even on loopback. */
export function hasIpv6(): boolean {
	return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === "::1"));
}
