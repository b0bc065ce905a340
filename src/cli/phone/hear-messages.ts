/** A subscriber who calls the access number: keys the PIN, follows a script of keys, listens until it is quiet. */
import type { TelephoneAudio } from "../../audio/index.ts";
import type { KeyStep } from "./key-script.ts";
import type { Ear } from "./leave-message.ts";
import type { PhoneCall } from "./phone.ts";

/** Longer than the pauses between prompts, shorter than the menu waits for a key. */
const QUIET_MS = 1_200;
/** How long the first prompt is listened to before the PIN is keyed. */
const PROMPT_HEARD_MS = 1_500;
/** Until a prompt tells what became of the PIN; looked at in slices, so that the script starts in time. */
const VERDICT_WAIT_MS = 10_000;
const VERDICT_SLICE_MS = 2_500;

export type PinVerdict = "accepted" | "refused" | "locked" | "unknown";

export interface HeardMessages {
	readonly pin: PinVerdict;
	readonly heard: readonly TelephoneAudio[];
	/** Ids of the prompts that were recognised, in order. */
	readonly prompts: readonly string[];
	readonly endedBy: "us" | "platform";
	readonly failure: string | undefined;
}

/** Prompts that tell what became of a PIN. */
const REFUSED = new Set(["pin-incorrect", "login-incorrect"]);
const LOCKED = new Set(["too-many-attempts", "mailbox-locked", "no-access"]);
const ACCEPTED = new Set([
	"you-have",
	"no-messages",
	"main-menu",
	"message-menu",
	"pin-must-change",
	"first-new-message",
]);

export async function hearMessages(
	call: PhoneCall,
	pin: string,
	script: readonly KeyStep[],
	ear: Ear,
	secondsMax: number,
): Promise<HeardMessages> {
	const deadline = performance.now() + secondsMax * 1000;
	const heard: TelephoneAudio[] = [];
	const prompts: string[] = [];
	const left = (): number => Math.max(0, deadline - performance.now());
	const listen = async (quietMs: number, maxMs = left(), keys?: string): Promise<void> => {
		if (call.isOver || maxMs === 0) return;
		const slice = await call.listen(quietMs, Math.max(20, maxMs), keys);
		heard.push(slice.audio);
		// A prompt that was cut by the end of the slice before is not heard twice.
		const known = ear.recognise(slice.audio).filter((prompt) => prompt.atMs >= 0 || prompt.id !== prompts.at(-1));
		prompts.push(...known.map((prompt) => prompt.id));
		const told = known.filter((prompt) => !prompt.text.startsWith("["));
		if (told.length > 0) ear.tell(`hears "${told.map((prompt) => prompt.text).join(" ")}"`);
		else if (slice.audio.samples.length > 8 * (quietMs + 400)) {
			ear.tell(`hears ${(slice.audio.samples.length / 8000 - quietMs / 1000).toFixed(1)} s of speech`);
		}
	};

	// All prompts can be interrupted, and who knows the menu does not wait for its end.
	await listen(QUIET_MS, PROMPT_HEARD_MS);
	// The PIN itself is shown nowhere, nor is its length.
	ear.tell("keys the PIN");
	const verdictBy = Math.min(performance.now() + VERDICT_WAIT_MS, deadline);
	let keys: string | undefined = `${pin}#`;
	while (verdictOf(prompts) === "unknown" && !call.isOver && performance.now() < verdictBy) {
		await listen(QUIET_MS, VERDICT_SLICE_MS, keys);
		keys = undefined;
	}
	const verdict = verdictOf(prompts);
	if (verdict === "accepted") await followScript(script, ear, listen);
	return { pin: verdict, heard, prompts, endedBy: call.isOver ? "platform" : "us", failure: failureOf(verdict, call) };
}

/** Keys are pressed while it is listened, so each press goes with the wait that follows it. */
async function followScript(
	script: readonly KeyStep[],
	ear: Ear,
	listen: (quietMs: number, maxMs?: number, keys?: string) => Promise<void>,
): Promise<void> {
	let keys: string | undefined;
	for (const [i, step] of script.entries()) {
		if (step.type === "press") {
			// Several keys in a row may be a PIN.
			ear.tell(step.keys.length === 1 ? `presses ${step.keys}` : `presses ${step.keys.length} keys`);
			keys = (keys ?? "") + step.keys;
			if (i === script.length - 1) await listen(QUIET_MS, undefined, keys);
			continue;
		}
		if (step.type === "untilQuiet") await listen(QUIET_MS, undefined, keys);
		else await listen(step.seconds * 1000 + 1000, step.seconds * 1000, keys);
		keys = undefined;
	}
}

function verdictOf(prompts: readonly string[]): PinVerdict {
	for (const id of [...prompts].reverse()) {
		if (REFUSED.has(id)) return "refused";
		if (LOCKED.has(id)) return "locked";
		if (ACCEPTED.has(id)) return "accepted";
	}
	return "unknown";
}

function failureOf(verdict: PinVerdict, call: PhoneCall): string | undefined {
	if (verdict === "refused") return "the PIN was refused";
	if (verdict === "locked") return "the mailbox is locked after too many wrong PINs, or may not be reached from here";
	if (verdict === "accepted") return undefined;
	if (call.isOver) return "the platform ended the call after the PIN";
	return "no prompt was recognised that tells whether the PIN was taken (loss on the way, or other recordings)";
}
