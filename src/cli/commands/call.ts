/** `afterbeep call`: a telephone on the command line, to leave a message or to hear some. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isWildcard, readListenAddress } from "../../config/index.ts";
import { Failure } from "../../domain/index.ts";
import { decodeWav, encodeWav, type TelephoneAudio, WavError } from "../../media/index.ts";
import type { HeaderField, ListenAddress } from "../../sip/index.ts";
import { loadPrompts, type PromptLibrary } from "../../speech/index.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { phoneNumberArgument } from "../input.ts";
import { hearMessages } from "../phone/hear-messages.ts";
import { createPromptRecogniser, type KnownPrompt } from "../phone/hearing.ts";
import { readKeyScript } from "../phone/key-script.ts";
import { type Ear, leaveMessage } from "../phone/leave-message.ts";
import { CallRefused, type PhoneCall, placePhoneCall } from "../phone/phone.ts";
import { PROMPTS_FOLDER, SPOKEN_SAMPLE } from "../platform/prompts-folder.ts";
import { readStatusFile } from "../platform/status-file.ts";

const CALLER_DEFAULT = "+15551234567";
const SECONDS_MAX = 900;

export const call: Command = {
	name: "call",
	summary: "Make a real call: leave a message, or with --pin hear messages",
	positionals: [{ name: "NUMBER", required: true }],
	options: {
		wav: { value: "FILE", meaning: "what is spoken after the beep (a spoken sample)" },
		pin: { value: "PIN", meaning: "call the access number as the owner of NUMBER and key this PIN" },
		keys: { value: "SCRIPT", meaning: "keys after the PIN: 1w5 9 is key 1, wait 5 s, wait until quiet, key 9" },
		to: { value: "ADDRESS", meaning: "platform (the one that runs on the data folder, or udp:127.0.0.1:5060)" },
		from: { value: "NUMBER", meaning: `the caller's number (${CALLER_DEFAULT}; with --pin the NUMBER itself)` },
		record: { value: "FILE.wav", meaning: "write what is heard to this file" },
		seconds: { value: "N", meaning: "longest message or listening, seconds (60)" },
	},
	details: `
Without --pin the call reaches the platform as one that NUMBER did not answer: Diversion and History-Info name it.
The greeting is heard, the beep awaited, the sample spoken in real time as G.711 over RTP, then the call is ended.
With --pin the call goes to the access number with NUMBER as its asserted identity; keys are sent by RFC 4733.
Exit code 0 only if the call was answered and did what it should.`,
	examples: [
		"afterbeep call +11234567890",
		"afterbeep call +11234567890 --wav hello.wav --from +15557654321",
		'afterbeep call +11234567890 --pin 4821 --keys "1w20 9" --record heard.wav',
		"afterbeep call +11234567890 --to tcp:192.0.2.7:5060 --json",
	],
	run: async (invocation) => {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		const from = invocation.value("from");
		const pin = invocation.value("pin");
		if (pin !== undefined && !/^\d{1,20}$/.test(pin)) throw new UsageError("--pin is not a row of digits.");
		if (pin === undefined && invocation.value("keys") !== undefined) throw new UsageError("--keys needs --pin.");
		if (pin !== undefined && invocation.value("wav") !== undefined)
			throw new UsageError("--wav and --pin do not go together.");
		const plan: CallPlan = {
			number,
			pin,
			caller: from === undefined ? (pin === undefined ? CALLER_DEFAULT : number) : phoneNumberArgument(from),
			next: platformAddress(invocation),
			accessNumber: invocation.config().accessNumbers[0]!,
			secondsMax: secondsOption(invocation),
		};
		return runCall(invocation, plan);
	},
};

interface CallPlan {
	readonly number: string;
	readonly pin: string | undefined;
	readonly caller: string;
	readonly next: ListenAddress;
	readonly accessNumber: string;
	readonly secondsMax: number;
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

async function runCall(invocation: Invocation, plan: CallPlan): Promise<number> {
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
	try {
		await using phone = await placePhoneCall({ next: plan.next, request: requestOf(plan), onProgress: tell });
		tell("answered");
		const base = { ...common, Status: 200, SipCallId: phone.sipCallId };
		summary = speech
			? await deposit(phone, speech, ear, plan, base, invocation)
			: await retrieve(phone, ear, plan, base, invocation);
		if (phone.isOver) tell("the platform hung up");
		else {
			phone.hangUp();
			tell("hangs up");
		}
	} catch (error) {
		if (!(error instanceof CallRefused)) throw error;
		const Reason = `not answered: ${error.message}${hint(error.status)}`;
		summary = { ...common, Successful: false, Reason, Status: error.status, SipCallId: null };
	}
	if (invocation.json) terminal.json(summary);
	else if (summary.Successful) terminal.line(terminal.style("green", doneText(summary)));
	else terminal.remark(`${terminal.remarkStyle("red", "Failed:")} ${summary.Reason}`);
	return summary.Successful ? 0 : 1;
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
	const script = readKeyScript(invocation.value("keys") ?? "");
	const result = await hearMessages(phone, plan.pin!, script, ear, plan.secondsMax);
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

function platformAddress(invocation: Invocation): ListenAddress {
	const given = invocation.value("to");
	if (given !== undefined) {
		const reading = readListenAddress(given.includes(":") && /^(udp|tcp|tls):/i.test(given) ? given : `udp:${given}`);
		if (!reading.ok) throw new UsageError(`--to: ${reading.why}.`);
		return reading.value;
	}
	const config = invocation.config();
	const running = readStatusFile(config.dataFolder)?.sip[0];
	const reading = running === undefined ? undefined : readListenAddress(running);
	const address = reading?.ok ? reading.value : config.sip[0]!;
	return isWildcard(address.host) ? { ...address, host: address.host.includes(":") ? "::1" : "127.0.0.1" } : address;
}

function secondsOption(invocation: Invocation): number {
	const text = invocation.value("seconds") ?? "60";
	const number = Number(text);
	if (!/^\d{1,3}(\.\d+)?$/.test(text) || number <= 0 || number > SECONDS_MAX) {
		throw new UsageError(`--seconds is "${text}", not a number up to ${SECONDS_MAX}.`);
	}
	return number;
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
