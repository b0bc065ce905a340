/** Loads the recordings of one language into memory, once at start. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeWav, durationMsOf, type TelephoneAudio, WavError } from "../audio/index.ts";
import { Failure } from "../domain/index.ts";
import type { PromptId, PromptLibrary, Speech } from "./types.ts";

const FALLBACK_LANGUAGE = "en";
/** A prompt of two minutes is a wrong file, not a prompt. */
const PROMPT_MS_MAX = 120_000;

export interface LoadOptions {
	/** BCP 47; English where the folder has no recordings of that language. */
	readonly language?: string;
}

/**
 * Reads `catalogue.json` and `audio/<language>/<id>.wav` for each of its ids.
 *
 * @param folder the project's `prompts` or one built like it.
 * @throws Failure `configInvalid` that names every missing or broken file.
 */
export async function loadPrompts(folder: string, options: LoadOptions = {}): Promise<PromptLibrary> {
	const ids = await readCatalogue(folder);
	const language = await languageOf(folder, options.language ?? FALLBACK_LANGUAGE);
	const troubles: string[] = [];
	const recordings = new Map<string, TelephoneAudio>();
	for (const id of ids) {
		const file = join(folder, "audio", language, `${id}.wav`);
		try {
			recordings.set(id, await readPrompt(file));
		} catch (error) {
			troubles.push(`${id}.wav ${(error as Error).message}`);
		}
	}
	if (troubles.length > 0) throw unusable(join(folder, "audio", language), troubles);
	return library(language, recordings);
}

async function readCatalogue(folder: string): Promise<string[]> {
	const file = join(folder, "catalogue.json");
	try {
		const catalogue: unknown = JSON.parse(await readFile(file, "utf8"));
		if (typeof catalogue === "object" && catalogue !== null) return Object.keys(catalogue);
	} catch (error) {
		throw unusable(folder, [`catalogue.json ${reason(error)}`]);
	}
	throw unusable(folder, ["catalogue.json is no object of prompt ids"]);
}

async function languageOf(folder: string, wanted: string): Promise<string> {
	const primary = wanted.toLowerCase().split("-", 1)[0]!;
	const spoken = await readdir(join(folder, "audio")).catch((): string[] => []);
	return spoken.includes(primary) ? primary : FALLBACK_LANGUAGE;
}

async function readPrompt(file: string): Promise<TelephoneAudio> {
	let bytes: Uint8Array;
	try {
		bytes = await readFile(file);
	} catch (error) {
		throw new Error(reason(error));
	}
	let audio: TelephoneAudio;
	try {
		audio = decodeWav(bytes, { maxMs: PROMPT_MS_MAX });
	} catch (error) {
		if (error instanceof WavError) throw new Error(`cannot be used (${error.message})`);
		throw error;
	}
	if (audio.samples.length === 0) throw new Error("is empty");
	return audio;
}

function reason(error: unknown): string {
	const { code, message } = error as NodeJS.ErrnoException;
	return code === "ENOENT" ? "is missing" : `cannot be read (${code ?? message})`;
}

/** So many are named; a folder that is away lacks hundreds. */
const TROUBLES_NAMED = 5;

function unusable(folder: string, troubles: readonly string[]): Failure {
	const more = troubles.length - TROUBLES_NAMED;
	const named = [...troubles.slice(0, TROUBLES_NAMED), ...(more > 0 ? [`and ${more} more`] : [])];
	return new Failure(
		"configInvalid",
		`The voice prompts in ${folder} are not usable: ${named.join("; ")}.`,
		"Restore the folder prompts from the release, or make the recordings anew with: node prompts/make.ts",
	);
}

function library(language: string, recordings: ReadonlyMap<string, TelephoneAudio>): PromptLibrary {
	let total = 0;
	for (const { samples } of recordings.values()) total += samples.length;
	const shared = new SharedArrayBuffer(total);
	const clips = new Map<string, TelephoneAudio>();
	let at = 0;
	for (const [id, audio] of recordings) {
		const samples = new Uint8Array(shared, at, audio.samples.length);
		samples.set(audio.samples);
		clips.set(id, { encoding: audio.encoding, samples });
		at += samples.length;
	}
	const audio = (id: PromptId): TelephoneAudio => {
		const clip = clips.get(id);
		if (clip === undefined) throw new Error(`no prompt ${id} in the catalogue that was loaded`);
		return clip;
	};
	const durationMs = (items: Speech): number => {
		let ms = 0;
		for (const item of items) {
			if ("pauseMs" in item) ms += item.pauseMs;
			else ms += durationMsOf("prompt" in item ? audio(item.prompt) : item.audio);
		}
		return ms;
	};
	return { language, audio, durationMs };
}
