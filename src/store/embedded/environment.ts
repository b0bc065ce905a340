import type { Binaries } from "./binaries.ts";

/** Nothing of ours: a PGPORT or LC_COLLATE of the caller's shell must not change the server. */
export function serverEnvironment(binaries: Binaries): NodeJS.ProcessEnv {
	const library = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
	return {
		PATH: process.env.PATH,
		LC_ALL: "C",
		TZ: "UTC",
		...(binaries.libraryPath === undefined ? {} : { [library]: binaries.libraryPath }),
	};
}
