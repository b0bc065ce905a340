/**
 * A mixed load on a real platform: callers who leave messages, hang up at random, cancel; subscribers who listen, delete
 * and hang up; a network that loses SIP and RTP. In the end each message is accounted for, each by the number of its
 * caller, and nothing that belongs to a call is left.
 */
import { setTimeout as wait } from "node:timers/promises";
import { type ListedMessage, type Platform, until } from "../../test/support/platform.ts";
import { type SeededRandom, seededRandom } from "../../test/support/seeded-random.ts";
import { match, pcmOf, speechSignal } from "../../test/support/speech-signal.ts";
import { notIdle, type Reading, readGauges, watchPeaks } from "./gauges.ts";
import { openLossyRelay } from "./lossy-relay.ts";
import { type SoakCall, type SoakPhones, startSoakPhones } from "./soak-phone.ts";

export interface SoakOptions {
	readonly platform: Platform;
	/** Each is followed by a pause in which the platform must become idle. */
	readonly rounds: number;
	readonly roundSeconds: number;
	/** Calls at the same time. */
	readonly callers: number;
	readonly seed: number;
	/** Messages whose audio is compared with what was said. */
	readonly compared: number;
	/** Makes the platform collect its garbage before each reading at idle; without it a heap is mostly garbage. */
	collectGarbage?(): Promise<unknown>;
	/** Every so often while calls are under way. */
	onProgress?(calls: Readonly<Record<Kind, number>>): void;
	onReading?(reading: Reading, calls: Readonly<Record<Kind, number>>): void;
}

export type Kind = "message" | "brief" | "hungUpAtOnce" | "cancelled" | "retrieval" | "refused";

export interface SoakResult {
	readonly calls: Readonly<Record<Kind, number>>;
	readonly datagramsLost: number;
	/** Before the first call, and at idle after each round. */
	readonly readings: readonly Reading[];
	/** The most that was held at once, of readings every few seconds; undefined where none succeeded. */
	readonly peak: Reading | undefined;
	readonly messages: number;
	/** What is wrong with the messages, empty where all is well. */
	readonly faults: readonly string[];
	/** Correlation of what was said with what was stored, of those compared. */
	readonly correlations: readonly number[];
}

/** What one caller is to have left: between so many milliseconds of audio; fewer than `SHORTEST_MS` are no message. */
interface Said {
	readonly number: string;
	readonly minMs: number;
	readonly maxMs: number;
	/** Of the speeches, and how much of it; set where nothing was lost on purpose. */
	readonly whole?: { readonly speech: number; readonly samples: number };
}

interface Mailbox {
	readonly number: string;
	left: number;
}

interface Scene {
	readonly options: SoakOptions;
	readonly phones: SoakPhones;
	readonly random: SeededRandom;
	readonly said: Map<string, Said>;
	readonly calls: Record<Kind, number>;
	readonly mailboxes: Mailbox[];
	/** Activates another one where all are nearly full. */
	mailbox(): Promise<Mailbox>;
	nextCaller(): string;
}

const PIN = "4821";
const SIP_LOSS = 0.05;
const RTP_LOSS = 0.05;
/** Of the settings' default for the shortest message. */
const SHORTEST_MS = 1_000;
/** Lost packets at the end, and a beep whose end the caller took for the platform's. */
const MISSING_MS = 1_000;
/** Between a caller's last packet and the end of what is stored. */
const BEHIND_MS = 500;
const SPEECHES = 8;
const SPEECH_SECONDS = 6;
/** Of the 100 that a mailbox holds. */
const MESSAGES_PER_MAILBOX = 90;
const BEEP_PACKETS = 15;
const HEAR_MS = 30_000;
const IDLE_MS = 120_000;
const PEAK_EVERY_MS = 2_000;
const PROGRESS_EVERY_MS = 60_000;

const speeches = Array.from({ length: SPEECHES }, (_, i) => speechSignal(SPEECH_SECONDS, 500 + i));

export async function runSoak(options: SoakOptions): Promise<SoakResult> {
	const { platform, rounds, roundSeconds, callers } = options;
	await using opened = new AsyncDisposableStack();
	const random = seededRandom(options.seed);
	const relay = opened.use(await openLossyRelay(platform.sipPort, SIP_LOSS, random));
	const phones = opened.use(await startSoakPhones(relay.port));
	const scene = await setScene(options, phones, random);
	const readings = [await untilIdle(options)];
	const takenBefore = readings[0]!.rooms.get("calls/callsTaken") ?? 0;
	const progress = setInterval(() => options.onProgress?.(scene.calls), PROGRESS_EVERY_MS);
	opened.defer(() => clearInterval(progress));
	const peaks = watchPeaks(platform, PEAK_EVERY_MS);
	opened.defer(() => peaks.stop());
	for (let round = 0; round < rounds; round++) {
		const end = performance.now() + roundSeconds * 1_000;
		await Promise.all(Array.from({ length: callers }, () => callUntil(end, scene)));
		readings.push(await untilIdle(options));
		options.onReading?.(readings.at(-1)!, scene.calls);
	}
	await peaks.stop();
	const messages = await platform.json<ListedMessage[]>("messages", "list", "--all", "--limit", "10000");
	const placed = Object.values(scene.calls).reduce((sum, count) => sum + count, 0);
	const { rooms } = readings.at(-1)!;
	const ended = ["Deposit", "Retrieval", "Refused"].map((kind) => rooms.get(`calls/calls${kind}`) ?? 0);
	const taken = (rooms.get("calls/callsTaken") ?? 0) - takenBefore;
	const faults = judge(scene.said, messages);
	// A call that is refused for want of CPU, or cancelled before it was seen, may not have come so far.
	if (taken > placed) faults.push(`${placed} calls were placed, but ${taken} taken`);
	if (ended.reduce((sum, count) => sum + count, 0) !== taken + takenBefore)
		faults.push(`not all of ${taken} calls ended`);
	return {
		calls: scene.calls,
		datagramsLost: relay.lost,
		readings,
		peak: peaks.peak,
		messages: messages.length,
		faults,
		correlations: await compare(options, scene.said, messages),
	};
}

async function setScene(options: SoakOptions, phones: SoakPhones, random: SeededRandom): Promise<Scene> {
	const mailboxes: Mailbox[] = [];
	const activate = async () => {
		mailboxes.push({ number: await options.platform.activate({ PIN }), left: 0 });
	};
	await activate();
	await activate();
	let activating: Promise<void> | undefined;
	let caller = 0;
	return {
		options,
		phones,
		random,
		said: new Map(),
		calls: { message: 0, brief: 0, hungUpAtOnce: 0, cancelled: 0, retrieval: 0, refused: 0 },
		mailboxes,
		nextCaller: () => `+1555${String(2_000_000 + caller++)}`,
		mailbox: async () => {
			for (;;) {
				const free = mailboxes.filter(({ left }) => left < MESSAGES_PER_MAILBOX);
				if (free.length > 0) return random.pick(free);
				activating ??= activate().finally(() => {
					activating = undefined;
				});
				await activating;
			}
		},
	};
}

async function callUntil(end: number, scene: Scene): Promise<void> {
	// Not all at the same moment.
	await wait(scene.random.next() * 500);
	while (performance.now() < end) {
		const dice = scene.random.next();
		if (dice < 0.4) await leave(scene, "message", 2.2 + scene.random.next() * 3.5);
		else if (dice < 0.55) await leave(scene, "brief", scene.random.next() * 1.6);
		else if (dice < 0.65) await hangUpAtOnce(scene);
		else if (dice < 0.75) await cancel(scene);
		else await retrieve(scene);
	}
}

const forwardedTo = (number: string, from: string) => ({
	user: "voicemail",
	from,
	header: ["Diversion", `<sip:${number}@127.0.0.1>;reason=no-answer`] as const,
});

/** A message of so many seconds; `#` and then `1` or a hang-up, or a hang-up at once. */
async function leave(scene: Scene, kind: Kind, seconds: number): Promise<void> {
	const { random } = scene;
	const mailbox = await scene.mailbox();
	mailbox.left++;
	const from = scene.nextCaller();
	const [lossy, speech, byKey] = [random.chance(0.3), random.between(0, SPEECHES - 1), random.next()];
	const unreliable = { seed: random.between(1, 1e9), lossPart: RTP_LOSS };
	const call = await place(scene, kind, { ...forwardedTo(mailbox.number, from), ...(lossy ? { unreliable } : {}) });
	if (call === undefined) return;
	await until("a beep", HEAR_MS, async () => call.rtp.packets >= BEEP_PACKETS);
	await wait(300);
	const samples = Math.round(seconds * 50) * 160;
	await call.speak(speeches[speech]!.subarray(0, samples));
	if (byKey < 0.3) await call.press("#");
	if (byKey < 0.15) {
		await call.press("1");
		await Promise.race([call.over, wait(10_000)]);
	}
	call.hangUp();
	await call.over;
	const maxMs = call.rtp.packetsSent * 20 + BEHIND_MS;
	const minMs = Math.max(0, samples / 8 - MISSING_MS);
	const whole = lossy ? {} : { whole: { speech, samples } };
	scene.said.set(from, { number: mailbox.number, minMs, maxMs, ...whole });
	call.rtp.close();
}

/** Not one packet was spoken: there is no message. */
async function hangUpAtOnce(scene: Scene): Promise<void> {
	const { number } = await scene.mailbox();
	const call = await place(scene, "hungUpAtOnce", {
		...forwardedTo(number, scene.nextCaller()),
		cancelAfterMs: 60_000,
	});
	if (call === undefined) return;
	await wait(scene.random.next() * 300);
	call.hangUp();
	await call.over;
	call.rtp.close();
}

async function cancel(scene: Scene): Promise<void> {
	const { number } = await scene.mailbox();
	const cancelAfterMs = scene.random.next() * 50;
	const dialled = { ...forwardedTo(number, scene.nextCaller()), cancelAfterMs };
	scene.calls.cancelled++;
	const call = await scene.phones.dial(dialled);
	if (typeof call === "number") return;
	// The answer was faster.
	call.hangUp();
	await call.over;
	call.rtp.close();
}

/** The PIN, some keys, and a hang-up at random. */
async function retrieve(scene: Scene): Promise<void> {
	const { random } = scene;
	const { number } = random.pick(scene.mailboxes);
	const header = ["P-Asserted-Identity", `<sip:${number}@127.0.0.1>`] as const;
	const call = await place(scene, "retrieval", { user: "*86", from: number, header });
	if (call === undefined) return;
	await hearMore(call);
	await call.press(`${PIN}#`);
	await hearMore(call);
	for (let keys = random.between(0, 3); keys > 0; keys--) {
		await wait(random.next() * 2_000);
		await call.press(random.pick(["#", "7", "9", "1", "2", "*", "5"]));
	}
	await wait(random.next() * 3_000);
	call.hangUp();
	await call.over;
	call.rtp.close();
}

/** Half a second of audio more. */
async function hearMore({ rtp, isOver }: SoakCall): Promise<void> {
	const before = rtp.packets;
	await until("a prompt", HEAR_MS, async () => isOver() || rtp.packets >= before + 25);
}

/** A platform that lacks CPU may refuse with 503, and nothing else may happen. */
async function place(
	scene: Scene,
	kind: Kind,
	dialled: Parameters<SoakPhones["dial"]>[0],
): Promise<SoakCall | undefined> {
	const call = await scene.phones.dial(dialled);
	if (typeof call !== "number") {
		scene.calls[kind]++;
		return call;
	}
	if (call !== 503) throw new Error(`a ${kind} call was refused with ${call}`);
	scene.calls.refused++;
	return undefined;
}

async function untilIdle({ platform, collectGarbage }: SoakOptions): Promise<Reading> {
	const deadline = performance.now() + IDLE_MS;
	for (;;) {
		const reading = await readGauges(platform);
		const left = notIdle(reading);
		if (left.length === 0) {
			if (collectGarbage === undefined) return reading;
			await collectGarbage();
			return readGauges(platform);
		}
		if (performance.now() > deadline) throw new Error(`not idle after ${IDLE_MS / 1000} s: ${left.join(", ")}`);
		await wait(500);
	}
}

function judge(said: ReadonlyMap<string, Said>, messages: readonly ListedMessage[]): string[] {
	const faults: string[] = [];
	const found = new Set<string>();
	for (const { From, PhoneNumber, DurationSeconds, MessageId } of messages) {
		const call = said.get(From ?? "");
		if (call === undefined) faults.push(`${MessageId} is of nobody who spoke: ${From}`);
		else if (found.has(From!)) faults.push(`${MessageId} is the second of ${From}`);
		else if (PhoneNumber !== call.number) faults.push(`${MessageId} is in the wrong mailbox`);
		else if (DurationSeconds * 1000 < call.minMs || DurationSeconds * 1000 > call.maxMs)
			faults.push(`${MessageId} lasts ${DurationSeconds} s, not ${call.minMs} to ${call.maxMs} ms`);
		found.add(From ?? "");
	}
	for (const [from, { minMs }] of said)
		if (minMs >= SHORTEST_MS && !found.has(from))
			faults.push(`the message of ${from} is missing (${minMs} ms or more)`);
	return faults;
}

async function compare(
	{ platform, compared }: SoakOptions,
	said: ReadonlyMap<string, Said>,
	messages: readonly ListedMessage[],
): Promise<number[]> {
	const whole = messages.flatMap(({ From, MessageId, Status }) => {
		const call = said.get(From ?? "");
		const fit = call?.whole !== undefined && call.minMs >= SHORTEST_MS && Status !== "Deleted";
		return fit ? [{ MessageId, ...call.whole! }] : [];
	});
	const correlations: number[] = [];
	for (let i = 0; i < Math.min(compared, whole.length); i++) {
		const { MessageId, speech, samples } = whole[Math.floor((i * whole.length) / compared)] ?? whole[i]!;
		const heard = await platform.audio(MessageId);
		correlations.push(match(pcmOf(speeches[speech]!.subarray(0, samples)), heard).correlation);
	}
	return correlations;
}
