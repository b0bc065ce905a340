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

function readEntries(file: string): Entry[] {
	const catalogue = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
	return Object.entries(catalogue)
		.filter(([id]) => id !== "beep")
		.map(([id, text]) => ({
			id,
			text,
			fragment: !text.endsWith("."),
			speed: id.startsWith("digit-") ? DIGIT_SPEED : SPEED,
		}));
}

/** Words that run on into the next one without a pause. */
const runsOn = (id: string): boolean => /^(digit-\d$|number-|minute-)/.test(id);

/**
 * A fragment is spoken before another word, which is cut off: so its voice stays up, where that of a lone word would
 * fall as at the end of a sentence. A comma makes a pause to cut in. What runs on is cut where the w of the next word
 * begins: no pause lengthens it, and no stop consonant clips it. (A speech recogniser heard an "eight" between digits that
 * were cut before a t or spoken one by one, and "fifteen" for a fifty before a pause.)
 */
const carried = ({ id, text }: Entry): string => (runsOn(id) ? `${text} well, two.` : `${text}, one.`);

function festivalScript(entries: readonly Entry[], folder: string): string {
	const lines = entries.map((entry) => {
		const spoken = entry.fragment ? carried(entry) : entry.text;
		return `(make-prompt "${join(folder, entry.id)}" ${JSON.stringify(spoken)} ${entry.speed})`;
	});
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

/** Where the next word begins, or the middle of the pause before it: Festival makes none behind some short words. */
function fragmentEndSeconds(marks: string): number {
	const segments = marks
		.trim()
		.split("\n")
		.map((line) => line.split(" "))
		.map(([name, end]) => ({ name, end: Number(end) }));
	const last = segments.findLastIndex(({ name }) => name === "w") - 1;
	const { name, end } = segments[last]!;
	return name === "pau" ? (segments[last - 1]!.end + end) / 2 : end;
}

/** One entry as telephone samples, before shaping. */
function spoken({ id, fragment }: Entry, folder: string): Int16Array {
	const file = join(folder, id);
	const until = fragment ? fragmentEndSeconds(readFileSync(`${file}.marks`, "utf8")) : undefined;
	return telephoneSamples(`${file}.wav`, until);
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
