export { type LoadOptions, loadPrompts } from "./library.ts";
export * from "./say.ts";
export type { MessagePlace, PromptId, PromptLibrary, Speech, SpeechItem } from "./types.ts";
