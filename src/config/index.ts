export * from "./addresses.ts";
export * from "./load.ts";
export * from "./machine.ts";
export * from "./nearest.ts";
export * from "./peers/index.ts";
export { flagName, SETTING_KEYS, SETTINGS, type Setting, type SettingKey, tomlKey } from "./settings.ts";
export * from "./types.ts";
