/** A caller who reaches the voicemail of somebody who did not answer: greeting, beep, message, hang-up. */
import { type TelephoneAudio, toLinear } from "../../audio/index.ts";
import { findBeep, type RecognisedPrompt } from "./hearing.ts";
import type { PhoneCall } from "./phone.ts";

/** A pause of a speaker is shorter, so listening is cut between sentences and never inside of one. */
const QUIET_MS = 300;
/** A greeting of somebody's own may be long (contract 6.4), and then comes the beep. */
const BEEP_WAIT_MS = 130_000;
/** After this much silence behind a greeting, no beep will come: speak. */
const SILENCE_WITHOUT_BEEP_MS = 3_000;

export interface LeftMessage {
	readonly beepHeard: boolean;
	/** From answer to the end of the beep (or to the moment of giving up on it). */
	readonly greetingMs: number;
	readonly spokenMs: number;
	/** What was heard until speaking began. */
	readonly heard: readonly TelephoneAudio[];
	/** Why the message was not left. */
	readonly failure: string | undefined;
}

export interface Ear {
	recognise(audio: TelephoneAudio): readonly RecognisedPrompt[];
	tell(what: string): void;
}

export async function leaveMessage(
	call: PhoneCall,
	speech: TelephoneAudio,
	ear: Ear,
	secondsMax: number,
): Promise<LeftMessage> {
	const answeredAt = performance.now();
	const heard: TelephoneAudio[] = [];
	let silentMs = 0;
	let heardAnything = false;
	let beepHeard = false;
	while (!beepHeard && !call.isOver && performance.now() - answeredAt < BEEP_WAIT_MS) {
		const slice = await call.listen(QUIET_MS, 60_000);
		heard.push(slice.audio);
		tellPrompts(ear, slice.audio);
		const beep = findBeep(toLinear(slice.audio).pcm);
		beepHeard = beep !== undefined;
		if (beep !== undefined) ear.tell(`hears a beep of ${beep.endMs - beep.startMs} ms at ${beep.hz} Hz`);
		const sliceMs = slice.audio.samples.length / 8;
		const quiet = sliceMs < QUIET_MS + 200;
		silentMs = quiet ? silentMs + sliceMs : 0;
		heardAnything ||= !quiet;
		if (heardAnything && silentMs >= SILENCE_WITHOUT_BEEP_MS) break;
	}
	const greetingMs = performance.now() - answeredAt;
	const none = { beepHeard, greetingMs, heard, spokenMs: 0 };
	if (call.isOver) return { ...none, failure: "the platform ended the call before it could be spoken" };
	if (!beepHeard && !heardAnything) return { ...none, failure: "nothing was heard: no greeting and no beep" };
	if (!beepHeard) ear.tell("hears no beep, but silence: speaks all the same");

	const samples = speech.samples.subarray(0, secondsMax * 8000);
	ear.tell(`speaks for ${(samples.length / 8000).toFixed(1)} s`);
	const startedAt = performance.now();
	await call.say({ encoding: speech.encoding, samples });
	const spokenMs = performance.now() - startedAt;
	const cut = call.isOver && spokenMs < samples.length / 8 - 200;
	return { ...none, spokenMs, failure: cut ? "the platform ended the call while it was spoken" : undefined };
}

/** Tells the texts of known prompts; tones have none. */
function tellPrompts(ear: Ear, audio: TelephoneAudio): void {
	const texts = ear.recognise(audio).map((prompt) => prompt.text);
	const told = texts.filter((text) => !text.startsWith("["));
	if (told.length > 0) ear.tell(`hears "${told.join(" ")}"`);
}
