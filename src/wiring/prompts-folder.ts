import { fileURLToPath } from "node:url";

/** The voice recordings, two folders up in the clone (`src/wiring`) and in the package (`dist/wiring`) alike. */
export const PROMPTS_FOLDER = fileURLToPath(new URL("../../prompts", import.meta.url));
