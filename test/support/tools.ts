/** Debian tools that some tests need; `npm test` installs them where it can (scripts/debian-tools.mjs lists them). */
import { accessSync, constants } from "node:fs";
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
