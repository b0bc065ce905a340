import { fileURLToPath } from "node:url";

/** The voice recordings, three folders up in the clone (`src/cli/platform`) and in the package (`dist/cli/platform`) alike. */
export const PROMPTS_FOLDER = fileURLToPath(new URL("../../../prompts", import.meta.url));
