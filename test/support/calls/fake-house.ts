/** Calls on fake SIP, media and mailboxes, with real prompts, in simulated time. Use with vitest's fake timers. */
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import catalogue from "../../../prompts/catalogue.json" with { type: "json" };
import { type CallSettings, type Calls, startCalls } from "../../../src/calls/index.ts";
import { type Log, numberMask } from "../../../src/domain/index.ts";
import { loadPrompts, type PromptId, type PromptLibrary } from "../../../src/speech/index.ts";
import { FakeMailboxes, FakeRules, FakeTraces } from "./fake-mailboxes.ts";
import { FakeMedia } from "./fake-media.ts";
import { FakeCall } from "./fake-sip.ts";

export const MAILBOX = "+15551110001";
export const CALLER = "+18015551234";
export const DIVERTED = [
	`From: "Jane Roe" <sip:${CALLER}@op>;tag=1`,
	`Diversion: <sip:${MAILBOX}@op>;reason=no-answer`,
];
export const VOICEMAIL = "sip:voicemail@vm.example";

export interface FakeHouse {
	readonly calls: Calls;
	readonly media: FakeMedia;
	readonly mailboxes: FakeMailboxes;
	readonly rules: FakeRules;
	readonly traces: FakeTraces;
	readonly prompts: PromptLibrary;
	readonly logged: { readonly level: string; readonly fields: object; readonly message: string }[];
	/** Takes a call and lets it be decided. */
	ring(call: FakeCall): Promise<FakeCall>;
	/** A call that is answered and confirmed. */
	connected(uri?: string, lines?: readonly string[]): Promise<FakeCall>;
	/** Ids of the prompts in the last play. */
	saying(): readonly string[];
	pass(ms: number): Promise<void>;
}

const folder = fileURLToPath(new URL("../../../prompts", import.meta.url));
let library: PromptLibrary | undefined;

export async function fakeHouse(settings: Partial<CallSettings> = {}): Promise<FakeHouse> {
	library ??= await loadPrompts(folder);
	const prompts = library;
	const logged: FakeHouse["logged"] = [];
	const at = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
	const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
	const media = new FakeMedia();
	const mailboxes = new FakeMailboxes();
	const rules = new FakeRules();
	const traces = new FakeTraces();
	const calls = await startCalls({
		settings: {
			accessNumbers: ["*86"],
			greeting: { mode: "standard", maxMs: 7_000 },
			silenceMs: 0,
			rtpLostMs: 20_000,
			rtpAdvertise: [],
			greetingMaxMs: 120_000,
			nameMaxMs: 10_000,
			...settings,
		},
		mailboxes,
		rules,
		traces,
		media,
		prompts,
		clock: { now: () => new Date() },
		log,
		mask: numberMask(false),
	});
	const pass = async (ms: number) => void (await vi.advanceTimersByTimeAsync(ms));
	const ring = async (call: FakeCall) => {
		calls.take(call);
		await pass(0);
		return call;
	};
	const ids = promptIds(prompts);
	return {
		calls,
		media,
		mailboxes,
		rules,
		traces,
		prompts,
		logged,
		ring,
		pass,
		connected: async (uri = VOICEMAIL, lines = DIVERTED) => {
			const call = await ring(new FakeCall(uri, lines));
			call.confirm();
			await pass(0);
			return call;
		},
		saying: () =>
			(media.session.played.at(-1) ?? []).flatMap((clip) => ("samples" in clip ? (ids.get(clip.samples) ?? []) : [])),
	};
}

function promptIds(prompts: PromptLibrary): ReadonlyMap<Uint8Array, string> {
	return new Map(Object.keys(catalogue).map((id) => [prompts.audio(id as PromptId).samples, id]));
}
