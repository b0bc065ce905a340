/** Makes the call that `afterbeep call` plans, tells it as it happens, sums it up. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { decodeWav, encodeWav, type TelephoneAudio, WavError } from "../../audio/index.ts";
import { Failure } from "../../domain/index.ts";
import { PROMPTS_FOLDER, SPOKEN_SAMPLE } from "../../platform/prompts-folder.ts";
import type { HeaderField, ListenAddress } from "../../sip/index.ts";
import { loadPrompts, type PromptLibrary } from "../../speech/index.ts";
import type { Invocation } from "../command.ts";
import { hearMessages } from "./hear-messages.ts";
import { createPromptRecogniser, type KnownPrompt } from "./hearing.ts";
import type { KeyStep } from "./key-script.ts";
import { type Ear, leaveMessage } from "./leave-message.ts";
import { CallRefused, type PhoneCall, placePhoneCall } from "./phone.ts";

export interface CallPlan {
	readonly number: string;
	readonly pin: string | undefined;
	readonly caller: string;
	readonly next: ListenAddress;
	readonly accessNumber: string;
	readonly secondsMax: number;
	readonly script: readonly KeyStep[];
}

/** What `--json` prints. */
interface CallSummary {
	readonly Successful: boolean;
	readonly Reason: string | null;
	readonly PhoneNumber: string;
	readonly From: string;
	readonly Kind: "deposit" | "retrieval";
	/** Final SIP status. */
	readonly Status: number;
	readonly SipCallId: string | null;
	readonly GreetingSeconds?: number;
	readonly BeepHeard?: boolean;
	readonly SpokenSeconds?: number;
	readonly Pin?: string;
	readonly Prompts?: readonly string[];
	readonly EndedBy?: string;
	readonly HeardSeconds?: number;
}

export async function runCall(invocation: Invocation, plan: CallPlan): Promise<number> {
	const { terminal } = invocation;
	const startedAt = performance.now();
	const tell = (what: string): void => {
		const time = terminal.remarkStyle("dim", `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`);
		terminal.remark(`${time}  ${what}`);
	};
	const speech = plan.pin === undefined ? await speechOf(invocation) : undefined;
	const prompts = await loadPrompts(PROMPTS_FOLDER);
	const ear: Ear = { tell, recognise: recogniser(prompts, await catalogue()) };
	const common = {
		PhoneNumber: plan.number,
		From: plan.caller,
		Kind: plan.pin === undefined ? "deposit" : "retrieval",
	} as const;
	tell(
		`calls ${plan.pin === undefined ? plan.number : plan.accessNumber} as ${plan.caller}, over ${printNext(plan.next)}`,
	);
	let summary: CallSummary;
	// Without it the platform would listen to nobody until the RTP time-out, and what was heard would stay in the temp folder.
	const { signal, release } = untilStopped();
	try {
		await using phone = await placePhoneCall({ next: plan.next, request: requestOf(plan), onProgress: tell, signal });
		tell("answered");
		signal.addEventListener("abort", () => phone.hangUp());
		if (signal.aborted) phone.hangUp();
		const base = { ...common, Status: 200, SipCallId: phone.sipCallId };
		summary = speech
			? await deposit(phone, speech, ear, plan, base, invocation)
			: await retrieve(phone, ear, plan, base, invocation);
		if (signal.aborted) {
			tell("hangs up");
			summary = { ...summary, Successful: false, Reason: "stopped by hand" };
		} else if (phone.isOver) tell("the platform hung up");
		else {
			phone.hangUp();
			tell("hangs up");
		}
	} catch (error) {
		if (!(error instanceof CallRefused)) throw error;
		const Reason = `not answered: ${error.message}${hint(error.status)}`;
		summary = { ...common, Successful: false, Reason, Status: error.status, SipCallId: null };
	} finally {
		release();
	}
	if (invocation.json) terminal.json(summary);
	else if (summary.Successful) terminal.line(terminal.style("green", doneText(summary)));
	else terminal.remark(`${terminal.remarkStyle("red", "Failed:")} ${summary.Reason}`);
	return summary.Successful ? 0 : signal.aborted ? 130 : 1;
}

/** Aborted by Ctrl-C and the like, the first time; a second one ends the process as it always does. */
function untilStopped(): { readonly signal: AbortSignal; release(): void } {
	const stopped = new AbortController();
	const stop = (): void => stopped.abort();
	const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
	for (const name of signals) process.once(name, stop);
	return {
		signal: stopped.signal,
		release: () => {
			for (const name of signals) process.removeListener(name, stop);
		},
	};
}

type SummaryBase = Pick<CallSummary, "PhoneNumber" | "From" | "Kind" | "Status" | "SipCallId">;

async function deposit(
	phone: PhoneCall,
	speech: TelephoneAudio,
	ear: Ear,
	plan: CallPlan,
	base: SummaryBase,
	invocation: Invocation,
): Promise<CallSummary> {
	const left = await leaveMessage(phone, speech, ear, plan.secondsMax);
	await keepHeard(invocation, left.heard);
	return {
		...base,
		Successful: left.failure === undefined,
		Reason: left.failure ?? null,
		GreetingSeconds: seconds(left.greetingMs),
		BeepHeard: left.beepHeard,
		SpokenSeconds: seconds(left.spokenMs),
		HeardSeconds: heardSeconds(left.heard),
		EndedBy: phone.isOver ? "platform" : "us",
	};
}

async function retrieve(
	phone: PhoneCall,
	ear: Ear,
	plan: CallPlan,
	base: SummaryBase,
	invocation: Invocation,
): Promise<CallSummary> {
	const result = await hearMessages(phone, plan.pin!, plan.script, ear, plan.secondsMax);
	await keepHeard(invocation, result.heard);
	return {
		...base,
		Successful: result.failure === undefined,
		Reason: result.failure ?? null,
		Pin: result.pin,
		Prompts: result.prompts,
		HeardSeconds: heardSeconds(result.heard),
		EndedBy: result.endedBy,
	};
}

/** The request as a network sends it that forwards on no answer, or that asserts a subscriber's own number. */
function requestOf(plan: CallPlan) {
	return (localHost: string) => {
		const host = plan.next.host.includes(":") ? `[${plan.next.host}]` : plan.next.host;
		const local = localHost.includes(":") ? `[${localHost}]` : localHost;
		const from = `<sip:${plan.caller}@${local}>`;
		if (plan.pin !== undefined) {
			const uri = `sip:${plan.accessNumber.replaceAll("#", "%23")}@${host}`;
			const identity: HeaderField = ["P-Asserted-Identity", `<sip:${plan.caller}@${local}>`];
			return { uri, from, headers: [identity] };
		}
		const uri = `sip:voicemail@${host};cause=408`;
		const called = `sip:${plan.number}@${host}`;
		const headers: HeaderField[] = [
			["Diversion", `<${called}>;reason=no-answer;counter=1`],
			["History-Info", `<${called}>;index=1, <${uri}>;index=1.1;mp=1`],
		];
		return { uri, from, to: `<${called}>`, headers };
	};
}

async function speechOf(invocation: Invocation): Promise<TelephoneAudio> {
	const file = invocation.value("wav") ?? SPOKEN_SAMPLE;
	try {
		return decodeWav(await readFile(file));
	} catch (cause) {
		const why =
			cause instanceof WavError ? cause.message : `can not be read (${(cause as NodeJS.ErrnoException).code})`;
		throw new Failure("badInput", `${file}: ${why}`, "Give a WAV file: PCM of 16 bits, or G.711.", { cause });
	}
}

async function catalogue(): Promise<Readonly<Record<string, string>>> {
	return JSON.parse(await readFile(path.join(PROMPTS_FOLDER, "catalogue.json"), "utf8")) as Record<string, string>;
}

function recogniser(prompts: PromptLibrary, texts: Readonly<Record<string, string>>): Ear["recognise"] {
	const known = Object.entries(texts).map(([id, text]): KnownPrompt => {
		return { id, text, samples: prompts.audio(id as Parameters<PromptLibrary["audio"]>[0]).samples };
	});
	const find = createPromptRecogniser(known);
	return (audio) => (audio.encoding === "PCMU" ? find(audio.samples) : []);
}

async function keepHeard(invocation: Invocation, heard: readonly TelephoneAudio[]): Promise<void> {
	const file = invocation.value("record");
	if (file === undefined) return;
	const samples = Buffer.concat(heard.map((slice) => slice.samples));
	await writeFile(file, encodeWav({ encoding: heard[0]?.encoding ?? "PCMU", samples }));
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
const heardSeconds = (heard: readonly TelephoneAudio[]): number =>
	seconds(heard.reduce((sum, slice) => sum + slice.samples.length / 8, 0));

function printNext({ transport, host, port }: ListenAddress): string {
	return `${transport}:${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function hint(status: number): string {
	if (status === 404) return " (the platform holds no such number: afterbeep numbers list)";
	if (status === 480) return " (the number has no voicemail: POST /v1.0/numbers/voicemail/activate)";
	if (status === 408)
		return " (is the platform running, and is this machine one of AFTERBEEP_SIP_PEERS? afterbeep doctor)";
	if (status === 503) return " (the platform is stopping, full, or without its database)";
	return "";
}

function doneText(summary: CallSummary): string {
	if (summary.Kind === "deposit") return `Left a message of ${summary.SpokenSeconds} s for ${summary.PhoneNumber}.`;
	return `The PIN was taken; heard ${summary.HeardSeconds} s.`;
}
