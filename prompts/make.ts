/**
 * Makes the recordings anew from `catalogue.json`:
 *
 *     apt-get install festival festvox-us-slt-hts sox
 *     node prompts/make.ts
 *
 * Festival speaks each entry, sox brings it to 8 kHz, and the rest (trim, level, fades) is done here, so that prompts
 * follow each other without clicks and at one loudness.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePrompt, shape, tone } from "./shaping.ts";

const RATE_HZ = 8000;
/** Of the voice's own speed. Digits are read briskly: a greeting with eleven of them must stay within 7 s. */
const SPEED = 1.15;
const DIGIT_SPEED = 1.1;
/** After a whole statement, so that statements may follow each other as they are. */
const STATEMENT_GAP_MS = 120;

interface Entry {
	readonly id: string;
	/** What the synthesiser reads. */
	readonly text: string;
	/** Part of a longer statement: spoken with the voice held up, and without a gap behind it. */
	readonly fragment: boolean;
	readonly speed: number;
}

/** What the voice would spell or misread otherwise. */
function readable(text: string): string {
	return text.replaceAll("PIN", "pin").replaceAll(/\b([ap])\.m\./g, (_, half: string) => `${half.toUpperCase()} M.`);
}

function readEntries(file: string): Entry[] {
	const catalogue = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
	return Object.entries(catalogue)
		.filter(([id]) => id !== "beep")
		.map(([id, text]) => ({
			id,
			text: readable(text),
			fragment: !text.endsWith("."),
			speed: id.startsWith("digit-") ? DIGIT_SPEED : SPEED,
		}));
}

/**
 * A digit inside a number is spoken before "well" and cut off where its w begins: no pause lengthens it, and no stop
 * consonant clips it. (Cut before a t, a speech recogniser heard "eight" between the digits.)
 */
const insideNumber = (id: string): boolean => /^digit-\d$/.test(id);

/**
 * A fragment is spoken before a comma and one more word, which is cut off at the pause between: so its voice stays up,
 * where that of a lone word would fall as at the end of a sentence. It is spoken alone too, since Festival makes no
 * pause behind some short words ("at, one").
 */
function festivalScript(entries: readonly Entry[], folder: string): string {
	const line = (file: string, text: string, speed: number): string =>
		`(make-prompt "${join(folder, file)}" ${JSON.stringify(text)} ${speed})`;
	const lines = entries.flatMap(({ id, text, fragment, speed }) => [
		line(id, text, speed),
		...(fragment ? [line(`${id}.carried`, insideNumber(id) ? `${text} well, two.` : `${text}, one.`, speed)] : []),
	]);
	return `
(voice_cmu_us_slt_arctic_hts)
(define plain_params hts_engine_params)
(define (make-prompt file text speed)
  (set! hts_engine_params (append plain_params (list (list "-r" speed))))
  (let ((utt (utt.synth (eval (list 'Utterance 'Text text)))) (marks (fopen (string-append file ".marks") "w")))
    (utt.save.wave utt (string-append file ".wav") 'riff)
    (mapcar (lambda (s) (format marks "%s %f\\n" (item.name s) (item.feat s 'end))) (utt.relation.items utt 'Segment))
    (fclose marks)))
${lines.join("\n")}
`;
}

/** Where the carrier begins: in the middle of the last pause inside the utterance; undefined where there is none. */
function fragmentEndSeconds(id: string, marks: string): number | undefined {
	const segments = marks
		.trim()
		.split("\n")
		.map((line) => line.split(" "))
		.map(([name, end]) => ({ name, end: Number(end) }));
	if (insideNumber(id)) return segments[segments.findLastIndex(({ name }) => name === "w") - 1]!.end;
	const at = segments.findLastIndex(({ name }, i) => name === "pau" && i > 0 && i < segments.length - 1);
	return at < 0 ? undefined : (segments[at - 1]!.end + segments[at]!.end) / 2;
}

/** One entry as telephone samples, before shaping. */
function spoken({ id, fragment }: Entry, folder: string): Int16Array {
	const carried = join(folder, `${id}.carried`);
	const until = fragment ? fragmentEndSeconds(id, readFileSync(`${carried}.marks`, "utf8")) : undefined;
	return until === undefined ? telephoneSamples(join(folder, `${id}.wav`)) : telephoneSamples(`${carried}.wav`, until);
}

function telephoneSamples(wav: string, untilSeconds?: number): Int16Array {
	const cut = untilSeconds === undefined ? [] : ["trim", "0", String(untilSeconds)];
	const output = ["-t", "raw", "-e", "signed", "-b", "16", "-L", "-"];
	// -D: no dither, so that the same text gives the same file; 100 Hz: below it a telephone carries only rumble
	const raw = execFileSync("sox", [
		"-D",
		wav,
		...output,
		...cut,
		"gain",
		"-6",
		"rate",
		"-v",
		String(RATE_HZ),
		"highpass",
		"100",
	]);
	return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
}

function make(): void {
	const entries = readEntries(join(import.meta.dirname, "catalogue.json"));
	const target = join(import.meta.dirname, "audio", "en");
	const work = mkdtempSync(join(tmpdir(), "prompts-"));
	try {
		writeFileSync(join(work, "prompts.scm"), festivalScript(entries, work));
		execFileSync("festival", ["-b", join(work, "prompts.scm")], { stdio: "inherit" });
		mkdirSync(target, { recursive: true });
		for (const old of readdirSync(target)) rmSync(join(target, old));
		for (const entry of entries) {
			const gapMs = /^[A-Z].*\.$/.test(entry.text) ? STATEMENT_GAP_MS : 0;
			writeFileSync(join(target, `${entry.id}.wav`), encodePrompt(shape(spoken(entry, work), gapMs)));
		}
		writeFileSync(join(target, "beep.wav"), encodePrompt(tone(1000, 300)));
		console.log(`${entries.length + 1} prompts in ${target}`);
	} finally {
		rmSync(work, { recursive: true });
	}
}

make();
