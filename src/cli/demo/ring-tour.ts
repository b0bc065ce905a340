/** The tour of ringing: Kamailio, a phone that nobody answers, a caller, the voicemail, and the lamp on the phone. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { decodeWav } from "../../audio/index.ts";
import { ACTIVATE_EXAMPLE, PROVISION_EXAMPLE } from "../../platform/first-start.ts";
import { SPOKEN_SAMPLE } from "../../platform/prompts-folder.ts";
import { leaveMessage } from "../phone/leave-message.ts";
import { placePhoneCall } from "../phone/phone.ts";
import { startPhone } from "./baresip-child.ts";
import type { ChildProgram } from "./child-program.ts";
import { runJson } from "./command-child.ts";
import { startKamailio } from "./kamailio-child.ts";
import type { RingTools } from "./ring-tools.ts";
import type { StepNotes } from "./screen.ts";
import { call, checkStored, getToken, options, post, type Tour, text } from "./tour.ts";

/** Loopback has many addresses: the carrier has one of its own, as it would have in the world. */
const CARRIER = "127.0.0.5";
const CALLER = "+18015550123";
const NEW_PIN = "4821";
const WAIT_MS = 20_000;
const SPEECH_SECONDS_MAX = 30;

export interface RingPorts {
	readonly kamailio: number;
	readonly lookup: number;
}

export interface RingTour extends Tour {
	readonly tools: RingTools;
	readonly ports: RingPorts;
	readonly ringSeconds: number;
	/** Closes what the tour started. */
	readonly stack: AsyncDisposableStack;
}

/** @returns the number, and its PIN after the tour. */
export async function runRingTour(tour: RingTour): Promise<{ readonly number: string; readonly pin: string }> {
	const { screen, platform, stack, ports } = tour;
	const token = await screen.step("Get a token", (notes) => getToken(tour, notes));
	const number = await screen.step("Provision a number and activate voicemail on it", async (notes) => {
		const answer = await post(tour, notes, "/v1.0/numbers/provision", PROVISION_EXAMPLE, token);
		const assigned = text(answer, "PhoneNumberAssigned");
		const fields = { PhoneNumber: assigned, ...ACTIVATE_EXAMPLE };
		await post(tour, notes, "/v1.0/numbers/voicemail/activate", fields, token);
		return assigned;
	});
	const account = await screen.step("Add a phone to it", async (notes) => {
		notes.command(`npx afterbeep phones add ${number} --data ${platform.dataFolder}`);
		const made = await runJson<Record<string, string>>(["phones", "add", number], options(tour));
		notes.detail(`user ${made.Username}, realm ${made.Realm}; the password is shown once and kept only as a hash`);
		return { user: made.Username!, password: made.Password! };
	});
	await screen.step("Start Kamailio with deploy/kamailio/kamailio.cfg", async (notes) => {
		const folder = path.join(platform.dataFolder, "kamailio");
		notes.command(`kamailio -f ${folder}/kamailio.cfg`);
		const node = platform.sip.replace(/^udp:/, "");
		const { tools, signal } = tour;
		const secret = randomBytes(24).toString("hex");
		const settings = { program: tools.kamailio, folder, node, secret, trunk: CARRIER, signal };
		stack.use(await startKamailio({ ...settings, port: ports.kamailio, lookupPort: ports.lookup }));
		notes.detail(`phones register at 127.0.0.1:${ports.kamailio}; it asks Afterbeep at 127.0.0.1:${ports.lookup}`);
	});
	const phone = await screen.step("A phone (baresip) registers; its lamp is dark", (notes) =>
		register(tour, notes, account),
	);
	await screen.step(`Somebody calls; the phone rings for ${tour.ringSeconds} s and nobody answers`, (notes) =>
		callIn(tour, notes, number, phone),
	);
	const message = await screen.step("The call became a voicemail, and it is known why", async (notes) => {
		const stored = await checkStored(tour, notes, number);
		if (stored.RedirectReason !== "NoAnswer" || stored.MailboxSource !== "HistoryInfo") {
			throw new Error(`expected NoAnswer by HistoryInfo, not ${stored.RedirectReason} by ${stored.MailboxSource}`);
		}
		return stored;
	});
	await screen.step("The lamp on the phone is lit", (notes) => lamp(notes, phone, "1/0"));
	await screen.step("The subscriber hears the message; the lamp goes dark", async (notes) => {
		const seconds = Math.ceil(message.DurationSeconds) + 1;
		const keys = `w1,${NEW_PIN}#w1,${NEW_PIN}#w3,1w${seconds},9w2`;
		await call(tour, notes, [number, "--pin", ACTIVATE_EXAMPLE.PIN, "--keys", keys]);
		await lamp(notes, phone, "0/1");
	});
	return { number, pin: NEW_PIN };
}

async function register(
	tour: RingTour,
	notes: StepNotes,
	account: { readonly user: string; readonly password: string },
): Promise<ChildProgram> {
	const folder = path.join(tour.platform.dataFolder, "baresip");
	notes.command(`baresip -f ${folder}`);
	const { baresip: program, baresipModules: modules } = tour.tools;
	const proxy = `127.0.0.1:${tour.ports.kamailio}`;
	const phone = tour.stack.use(await startPhone({ program, modules, folder, proxy, ...account, signal: tour.signal }));
	const [said] = await phone.hear("the registration", /200 OK.*\[\d+ binding.*\]/, WAIT_MS);
	notes.detail(said.trim());
	await lamp(notes, phone, "0/0");
	return phone;
}

/** What the phone prints of a NOTIFY. */
async function lamp(notes: StepNotes, phone: ChildProgram, counts: string): Promise<void> {
	const waiting = counts.startsWith("0/") ? "no" : "yes";
	// Of the last NOTIFY: each begins with the same line.
	const rest = "(?:(?!Messages-Waiting)[^])*";
	const pattern = new RegExp(`Messages-Waiting: *(${waiting})${rest}Voice-Message: *(${counts}[^\\r\\n]*)${rest}$`);
	const found = await phone.hear(`a NOTIFY with ${counts}`, pattern, WAIT_MS);
	notes.detail(`NOTIFY on the phone: Messages-Waiting: ${found[1]}, Voice-Message: ${found[2]}`);
}

async function callIn(tour: RingTour, notes: StepNotes, number: string, phone: ChildProgram): Promise<void> {
	const startedAt = performance.now();
	const tell = (what: string): void =>
		notes.detail(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${what}`);
	tell(`${CALLER} calls ${number} over the carrier's trunk, ${CARRIER}`);
	await using incoming = await placePhoneCall({
		next: { transport: "udp", host: "127.0.0.1", port: tour.ports.kamailio },
		localHost: CARRIER,
		request: (localHost) => ({
			uri: `sip:${number}@127.0.0.1:${tour.ports.kamailio}`,
			from: `<sip:${CALLER}@${localHost}>`,
			headers: [["P-Asserted-Identity", `<sip:${CALLER}@${localHost}>`]],
		}),
		onProgress: tell,
		signal: tour.signal,
	});
	const rang = /[Ii]ncoming call from[^\r\n]*/.exec(phone.said())?.[0];
	if (rang === undefined) throw new Error(`the phone did not ring: ${phone.said().slice(-500)}`);
	tell(`answered by the voicemail; the phone said "${plain(rang)}"`);
	const speech = decodeWav(await readFile(SPOKEN_SAMPLE));
	const left = await leaveMessage(incoming, speech, { tell, recognise: () => [] }, SPEECH_SECONDS_MAX);
	if (left.failure !== undefined) throw new Error(left.failure);
	incoming.hangUp();
	tell("hangs up");
}

/** Without the colours and cursor movements of a terminal. */
function plain(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for.
	return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "").trim();
}
