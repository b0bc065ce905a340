import { readFileSync } from "node:fs";

/** Of the package. The file stands two folders up in the clone (`src/cli`) and in the package (`dist/cli`) alike. */
export const VERSION: string = (
	JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;
