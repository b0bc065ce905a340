import path from "node:path";
import { fileURLToPath } from "node:url";

/** The voice recordings, three folders up in the clone (`src/cli/platform`) and in the package (`dist/cli/platform`) alike. */
export const PROMPTS_FOLDER = fileURLToPath(new URL("../../../prompts", import.meta.url));

/** What `afterbeep call` speaks where it is given nothing else. */
export const SPOKEN_SAMPLE = path.join(PROMPTS_FOLDER, "audio", "en", "demo-message.wav");
