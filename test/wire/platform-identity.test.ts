/** What the network says of a caller, through the whole platform; and a greeting that nobody pays for. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HeaderField } from "../../src/sip/index.ts";
import { type Phones, startPhones, type TestCall } from "../support/phone.ts";
import { type ListedMessage, type Platform, startPlatform, until } from "../support/platform.ts";
import { speechSignal } from "../support/speech-signal.ts";

/** The caller's side is a peer that is believed, and that hears greetings before the answer. */
const PEERS = `
[peers.carrier]
addresses = ["127.0.0.1"]
country = "US"
asserted_identity = true
early_media = true
`;

interface Trace {
	readonly Status: number;
	readonly From: string | null;
	readonly Identity: string | null;
	readonly Steps: readonly { readonly What: string }[];
}

let folder: string;
let platform: Platform;
let phones: Phones;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "afterbeep-peers-"));
	const file = join(folder, "peers.toml");
	await writeFile(file, PEERS, { mode: 0o600 });
	platform = await startPlatform({ env: { AFTERBEEP_PEERS: file, AFTERBEEP_GREETING: "standard" } });
	phones = await startPhones(platform.sipPort);
});
afterAll(async () => {
	await phones?.[Symbol.asyncDispose]();
	await platform?.stop();
	if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function leave(headers: readonly HeaderField[], from: string): Promise<{ call: TestCall; greeting: string }> {
	const call = await phones.dial({ user: "voicemail", from, headers });
	const greeting = await call.hear("greeting-reached", "greeting-leave-message");
	await call.hearBeep();
	await call.speak(speechSignal(2, 1));
	call.hangUp();
	await call.over;
	return { call, greeting };
}

const traceOf = (call: TestCall): Promise<Trace> =>
	until("the trace of the call", 20_000, async () => {
		const { code, stdout } = await platform.cli("calls", "trace", call.sipCallId, "--json");
		return code === 0 && (JSON.parse(stdout.toString()) as Trace);
	});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("the greeting is heard before the answer, and the attestation stands with message and trace", async () => {
	const number = await platform.activate();
	const claims = { attest: "B", orig: { tn: "18015551234" }, dest: { tn: [number] }, iat: 1, origid: "origin-7" };
	const passport = `${part({ alg: "ES256", ppt: "shaken" })}.${part(claims)}.c2ln`;
	const { call, greeting } = await leave(
		[
			["Diversion", `<sip:${number}@127.0.0.1>;reason=no-answer`],
			["Identity", `${passport};info=<https://cert.example/a.pem>;alg=ES256;ppt=shaken`],
		],
		"+18015551234",
	);
	expect(greeting).toBe("greeting-reached");
	const [message] = (await platform.messages(number, 1)) as (ListedMessage & { Attestation: string | null })[];
	expect(message).toMatchObject({ From: "+18015551234", Attestation: "B" });
	const trace = await traceOf(call);
	expect(trace.Identity).toBe("attestation B (partial), origid origin-7, not verified by us");
	const steps = trace.Steps.map((step) => step.What);
	expect(steps.slice(0, 4)).toEqual([
		"the greeting comes before the answer",
		"early media, known to the caller",
		"answered",
		"recording, take 1",
	]);
	expect(steps.some((step) => step.includes("Reason: Q.850;cause=16"))).toBe(true);
});

test("a private caller is stored and shown as withheld, and the one who diverted is not named to the caller", async () => {
	const number = await platform.activate();
	const { call, greeting } = await leave(
		[
			["P-Asserted-Identity", "<sip:+18015551234@127.0.0.1>"],
			["Privacy", "id;history"],
			["History-Info", `<sip:${number}@127.0.0.1>;index=1, <sip:voicemail@127.0.0.1;cause=486>;index=1.1;mp=1`],
		],
		"anonymous",
	);
	const [message] = await platform.messages(number, 1);
	expect(message).toMatchObject({ From: null, MailboxSource: "HistoryInfo", RedirectReason: "Busy" });
	expect((await traceOf(call)).From).toBeNull();
	// Else the number that was dialled in between would be read out.
	expect(greeting).toBe("greeting-leave-message");
});
