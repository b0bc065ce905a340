import { fileURLToPath } from "node:url";

/** Configurations of what stands in front, two folders up in the clone (`src/platform`) and in the package alike. */
export const DEPLOY_FOLDER = fileURLToPath(new URL("../../deploy", import.meta.url));
