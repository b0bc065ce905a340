/** Brings the three sources together: command line, environment, `afterbeep.toml`; reports all problems at once. */
import path from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import { Failure } from "../domain/index.ts";
import { printHostPort } from "./addresses.ts";
import { CONFIG_LIMITS } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { ruleProblems } from "./rules.ts";
import {
	flagName,
	SETTING_KEYS,
	SETTINGS,
	type Setting,
	type SettingKey,
	settingsSchema,
	tomlKey,
	type Values,
} from "./settings.ts";
import type { Config, ConfigSources, LoadedConfig, Origin, SettingInForce } from "./types.ts";

interface Given {
	readonly text: string;
	readonly origin: Origin;
	readonly setBy: string | undefined;
}
type GivenTexts = Partial<Record<SettingKey, Given>>;

const FILE_NAME = "afterbeep.toml";

/**
 * Reads the settings in force.
 *
 * @throws Failure `configInvalid`; its message has one line for each problem.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
	const problems: string[] = [];
	const given = gather(sources, problems);
	const texts = Object.fromEntries(SETTING_KEYS.flatMap((key) => (given[key] ? [[key, given[key].text]] : [])));
	const parsed = settingsSchema(sources.workingFolder).safeParse(texts);
	if (!parsed.success) {
		for (const issue of parsed.error.issues) {
			const key = issue.path[0] as SettingKey;
			problems.push(`${named(given[key]!, key)}: ${issue.message}`);
		}
		throw invalid(problems);
	}
	const config = complete(parsed.data);
	problems.push(...ruleProblems(config, { peersNamed: given.sipPeers?.origin !== "default", ...sources }));
	if (problems.length > 0) throw invalid(problems);
	return { config, inForce: SETTING_KEYS.map((key) => inForce(key, given[key], config)) };
}

function invalid(problems: readonly string[]): Failure {
	const count = problems.length === 1 ? "A setting is wrong" : `${problems.length} settings are wrong`;
	const mend = "Mend the lines above; `afterbeep config --help` lists all settings.";
	return new Failure("configInvalid", `${count}:\n${problems.map((line) => `  - ${line}`).join("\n")}`, mend);
}

/** The name by which the reader knows the value: the flag, the variable, or the key and its file. */
function named(given: Given, key: SettingKey): string {
	return given.setBy ?? SETTINGS[key].variable;
}

function gather(sources: ConfigSources, problems: string[]): GivenTexts {
	const given: GivenTexts = {};
	for (const key of SETTING_KEYS) {
		const setting: Setting = SETTINGS[key];
		if (setting.default !== undefined) given[key] = { text: setting.default, origin: "default", setBy: undefined };
	}
	const above = { ...fromEnvironment(sources.env, problems), ...fromFlags(sources.flags) };
	const dataFolder = path.resolve(sources.workingFolder, (above.dataFolder ?? given.dataFolder)!.text);
	return { ...given, ...fromFile(path.join(dataFolder, FILE_NAME), sources, problems), ...above };
}

function fromFlags(flags: Readonly<Record<string, string>>): GivenTexts {
	const given: GivenTexts = {};
	for (const key of SETTING_KEYS) {
		const flag = flagName(key);
		const text = flag === undefined ? undefined : flags[flag];
		if (text !== undefined) given[key] = { text, origin: "command line", setBy: `--${flag}` };
	}
	return given;
}

function fromEnvironment(env: ConfigSources["env"], problems: string[]): GivenTexts {
	const given: GivenTexts = {};
	const variables = new Map<string, SettingKey>(SETTING_KEYS.map((key) => [SETTINGS[key].variable, key]));
	for (const [name, text] of Object.entries(env)) {
		const key = variables.get(name);
		// An empty variable is how shells and compose files spell "not set".
		if (key !== undefined && text !== undefined && text !== "")
			given[key] = { text, origin: "environment", setBy: name };
		if (key === undefined && /^AFTERBEEP_/i.test(name))
			problems.push(unknown(`${name} is no setting`, name, variables.keys()));
	}
	return given;
}

function unknown(what: string, name: string, known: Iterable<string>): string {
	const guess = nearest(name, known);
	return guess === undefined ? `${what}; remove it` : `${what}; did you mean ${guess}?`;
}

function fromFile(file: string, sources: ConfigSources, problems: string[]): GivenTexts {
	const content = sources.readFile(file);
	if (content === undefined) return {};
	if (content.length > CONFIG_LIMITS.fileBytesMax) {
		problems.push(`${file} is larger than ${CONFIG_LIMITS.fileBytesMax / 1024} KiB`);
		return {};
	}
	let table: Record<string, unknown>;
	try {
		table = parseToml(content);
	} catch (error) {
		if (!(error instanceof TomlError)) throw error;
		const reason = error.message.split("\n")[0];
		problems.push(`${file}, line ${error.line}, column ${error.column}: ${reason}`);
		return {};
	}
	const keys = new Map<string, SettingKey>(SETTING_KEYS.map((key) => [tomlKey(key), key]));
	const given: GivenTexts = {};
	for (const [name, raw] of Object.entries(table)) {
		const key = keys.get(name);
		const setBy = `${name} in ${FILE_NAME}`;
		if (key === undefined) {
			problems.push(unknown(`${setBy} is no setting`, name, keys.keys()));
		} else if (key === "dataFolder") {
			problems.push(`${setBy}: the data folder can not be named by a file inside it; use AFTERBEEP_DATA or --data`);
		} else {
			const text = textOf(raw, key);
			if (text === undefined) problems.push(`${setBy}: expected text, a number, yes/no or a list`);
			else given[key] = { text, origin: "file", setBy };
		}
	}
	return given;
}

/** A TOML value as the text that a variable would have; undefined where it has no such form. */
function textOf(raw: unknown, key: SettingKey): string | undefined {
	if (typeof raw === "string") return raw;
	if (typeof raw === "number" || typeof raw === "bigint" || typeof raw === "boolean") return String(raw);
	if (Array.isArray(raw)) {
		return raw.every((item) => typeof item === "string" || typeof item === "number") ? raw.join(",") : undefined;
	}
	if (key === "extensions" && typeof raw === "object" && raw !== null) {
		return Object.entries(raw)
			.map(([dialled, number]) => `${dialled}=${String(number)}`)
			.join(",");
	}
	return undefined;
}

/** Fills in what follows from other settings. */
function complete(values: Values): Config {
	return {
		...values,
		admin: values.admin,
		sipAdvertise: values.sipAdvertise ?? [],
		sipTlsCert: values.sipTlsCert,
		sipTlsKey: values.sipTlsKey,
		sipTlsCa: values.sipTlsCa,
		rtpAdvertise: values.rtpAdvertise ?? [],
		peersFile: values.peersFile,
		country: values.country,
		mediaWorkers: values.mediaWorkers,
		databaseUrl: values.databaseUrl,
		databaseDirectUrl: values.databaseDirectUrl,
		lookup: values.lookup,
		lookupToken: values.lookupToken,
		masterKeyFile: values.masterKeyFile,
		smtpUrl: values.smtpUrl,
		accountKey: values.accountKey,
		accountSecret: values.accountSecret,
		blobs: values.blobs ?? `file:${path.join(values.dataFolder, "blobs")}`,
		publicUrl: (values.publicUrl ?? `http://${printHostPort(values.http)}`).replace(/\/+$/, ""),
	};
}

function inForce(key: SettingKey, given: Given | undefined, config: Config): SettingInForce {
	const setting: Setting = SETTINGS[key];
	const shown = { variable: setting.variable, meaning: setting.meaning };
	if (given === undefined) return { ...shown, value: setting.unset ?? "none", origin: "default", setBy: undefined };
	const text = key === "dataFolder" ? config.dataFolder : given.text;
	return { ...shown, value: hidden(text, setting), origin: given.origin, setBy: given.setBy };
}

function hidden(text: string, setting: Setting): string {
	if (setting.secret === "whole") return "(hidden)";
	return setting.secret === "url" ? withoutPassword(text) : text;
}

/** A URL as it may be shown: the password, and parameters that name one, are hidden. */
export function withoutPassword(text: string): string {
	return text
		.replace(/^([a-z0-9+.-]+:\/\/[^/?#:]*):[^/?#]*@/i, "$1:hidden@")
		.replace(/([?&][^=&#]*(?:pass|secret|token|key)[^=&#]*)=[^&#]*/gi, "$1=hidden");
}
