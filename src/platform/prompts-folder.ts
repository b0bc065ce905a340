import path from "node:path";
import { fileURLToPath } from "node:url";

/** The voice recordings, two folders up in the clone (`src/platform`) and in the package (`dist/platform`) alike. */
export const PROMPTS_FOLDER = fileURLToPath(new URL("../../prompts", import.meta.url));

/** What `afterbeep call` speaks where it is given nothing else. */
export const SPOKEN_SAMPLE = path.join(PROMPTS_FOLDER, "audio", "en", "demo-message.wav");
