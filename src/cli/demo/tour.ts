/** The tour: what the platform does, each step a real request or call that a person can repeat by hand. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { decodeG711, decodeWav } from "../../audio/index.ts";
import { ACTIVATE_EXAMPLE, PROVISION_EXAMPLE } from "../../platform/first-start.ts";
import { SPOKEN_SAMPLE } from "../../platform/prompts-folder.ts";
import { likeness } from "../phone/hearing.ts";
import type { ChildPlatform } from "./child-platform.ts";
import { type CommandOptions, runCommand, runJson } from "./command-child.ts";
import { readMaildir, type ShownMail } from "./mail.ts";
import type { Screen, StepNotes } from "./screen.ts";

/** The same octets come back where nothing is lost; resampled or damaged audio falls far below. */
const LIKENESS_MIN = 0.99;
const WRONG_PIN = "9753";
/** The contract's example PIN is weak, so the first call asks for a new one. */
const NEW_PIN = "4821";
const MESSAGE_WAIT_MS = 5_000;
const MAIL_WAIT_MS = 10_000;
const POLL_MS = 100;

export interface TourResult {
	readonly number: string;
	readonly pin: string;
}

interface MessageLine {
	readonly MessageId: string;
	readonly From: string | null;
	readonly DurationSeconds: number;
	readonly Status: string;
	readonly MailboxSource: string;
	readonly RedirectReason: string;
}

export interface Tour {
	readonly screen: Screen;
	readonly platform: ChildPlatform;
	readonly self: readonly [string, string];
	readonly signal: AbortSignal;
}

export async function runTour(tour: Tour): Promise<TourResult> {
	const { screen, platform } = tour;
	const token = await screen.step("Get a token", (notes) => getToken(tour, notes));
	const number = await screen.step("Provision a number from the operator's pool", async (notes) => {
		const answer = await post(tour, notes, "/v1.0/numbers/provision", PROVISION_EXAMPLE, token);
		return text(answer, "PhoneNumberAssigned");
	});
	await screen.step("Activate voicemail on it, with the contract's own example", (notes) =>
		post(tour, notes, "/v1.0/numbers/voicemail/activate", { PhoneNumber: number, ...ACTIVATE_EXAMPLE }, token),
	);
	await screen.step("A caller whom nobody answered leaves a message, over real SIP and RTP", (notes) =>
		call(tour, notes, [number]),
	);
	const message = await screen.step("The message is stored, whole", (notes) => checkStored(tour, notes, number));
	await screen.step("The subscriber gets it by e-mail", (notes) => checkMail(tour, notes));
	await screen.step("Somebody else calls the mailbox with a wrong PIN and is refused", (notes) =>
		checkWrongPin(tour, notes, number),
	);
	await screen.step("The subscriber calls with the right PIN, hears the message and saves it", async (notes) => {
		const heard = path.join(platform.dataFolder, "heard.wav");
		const seconds = Math.ceil(message.DurationSeconds) + 1;
		const keys = `w1,${NEW_PIN}#w1,${NEW_PIN}#w3,1w${seconds},9w2`;
		notes.detail(`${ACTIVATE_EXAMPLE.PIN} is easily guessed, so the platform asks for a new PIN first: ${NEW_PIN}.`);
		await call(tour, notes, [number, "--pin", ACTIVATE_EXAMPLE.PIN, "--keys", keys, "--record", heard]);
		await compare(notes, await readFile(heard), "heard on the phone");
		const saved = await newestMessage(tour, number, (found) => found.Status === "Saved");
		notes.detail(`${saved.MessageId} is ${saved.Status}.`);
	});
	await screen.step("Why did the call become a voicemail of this mailbox?", async (notes) => {
		const words = ["calls", "trace", message.MessageId];
		notes.command(`npx afterbeep ${words.join(" ")} --data ${platform.dataFolder}`);
		const { code, stdout, stderr } = await runCommand(words, options(tour));
		if (code !== 0) throw new Error(stderr);
		const why = stdout
			.toString()
			.split("\n")
			.find((line) => /^why\s/.test(line));
		notes.detail((why ?? "").replace(/^why\s+/, ""));
	});
	return { number, pin: NEW_PIN };
}

export function options(tour: Tour): CommandOptions {
	return { self: tour.self, dataFolder: tour.platform.dataFolder, signal: tour.signal };
}

export async function getToken(tour: Tour, notes: StepNotes): Promise<string> {
	const { accountKey, accountSecret, dataFolder } = tour.platform;
	notes.detail(`AccountKey and AccountSecret are those of ${path.join(dataFolder, "credentials.json")}`);
	const answer = await post(tour, notes, "/v1.0/oauth2/tokens", {
		AccountKey: accountKey,
		AccountSecret: accountSecret,
	});
	return text(answer, "token");
}

type Answer = Readonly<Record<string, unknown>>;

export function text(answer: Answer, name: string): string {
	const value = answer[name];
	if (typeof value !== "string") throw new Error(`the answer has no ${name}: ${JSON.stringify(answer)}`);
	return value;
}

export async function post(tour: Tour, notes: StepNotes, route: string, body: object, token?: string): Promise<Answer> {
	const json = JSON.stringify(body);
	const bearer = token === undefined ? "" : ` -H "Authorization: Bearer $TOKEN"`;
	const curl = `curl -s ${tour.platform.url}${route}${bearer} -H 'Content-Type: application/json' -d '${json}'`;
	notes.command(token === undefined ? `TOKEN=$(${curl} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')` : curl);
	const response = await fetch(`${tour.platform.url}${route}`, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
		},
		body: json,
		signal: tour.signal,
	});
	const answer = await response.text();
	notes.detail(`${response.status} ${token === undefined ? shortened(answer) : answer}`);
	if (response.status !== 200) throw new Error(`the API answered ${response.status}: ${answer}`);
	return JSON.parse(answer) as Answer;
}

/** A token fills five lines and tells nothing. */
function shortened(answer: string): string {
	return answer.replace(/("token":"[^"]{12})[^"]*/, "$1...");
}

export async function call(tour: Tour, notes: StepNotes, words: readonly string[]): Promise<void> {
	const shown = ["call", ...words].map((word) => (/[\s#*,]/.test(word) ? `"${word}"` : word)).join(" ");
	notes.command(`npx afterbeep ${shown} --data ${tour.platform.dataFolder}`);
	const { code, stderr } = await runCommand(["call", ...words], { ...options(tour), onRemark: notes.detail });
	if (code !== 0) throw new Error(`the call did not do what it should: ${stderr.split("\n").at(-1)}`);
}

async function checkWrongPin(tour: Tour, notes: StepNotes, number: string): Promise<void> {
	const words = ["call", number, "--pin", WRONG_PIN];
	notes.command(`npx afterbeep ${words.join(" ")} --data ${tour.platform.dataFolder}`);
	const result = await runCommand([...words, "--json"], { ...options(tour), onRemark: notes.detail });
	const summary = JSON.parse(result.stdout.toString() || "{}") as { Pin?: string; Reason?: string };
	if (result.code === 0) throw new Error("a wrong PIN was taken");
	if (summary.Pin !== "refused")
		throw new Error(`expected that the PIN is refused, but: ${summary.Reason ?? result.stderr}`);
}

export async function checkStored(tour: Tour, notes: StepNotes, number: string): Promise<MessageLine> {
	notes.command(`npx afterbeep messages list ${number} --data ${tour.platform.dataFolder}`);
	const message = await newestMessage(tour, number, () => true);
	notes.detail(
		`${message.MessageId}: ${message.DurationSeconds.toFixed(1)} s from ${message.From}, ${message.Status}; ` +
			`mailbox named by ${message.MailboxSource}, ${message.RedirectReason}`,
	);
	const words = ["messages", "audio", message.MessageId];
	notes.command(`npx afterbeep ${words.join(" ")} --data ${tour.platform.dataFolder} > message.wav`);
	const { code, stdout, stderr } = await runCommand(words, options(tour));
	if (code !== 0) throw new Error(stderr);
	await compare(notes, stdout, "stored");
	return message;
}

async function newestMessage(
	tour: Tour,
	number: string,
	fits: (message: MessageLine) => boolean,
): Promise<MessageLine> {
	const deadline = performance.now() + MESSAGE_WAIT_MS;
	for (;;) {
		const list = await runJson<readonly MessageLine[]>(["messages", "list", number], options(tour));
		const found = list[0];
		if (found !== undefined && fits(found)) return found;
		if (performance.now() > deadline) throw new Error(`the message is not there as it should: ${JSON.stringify(list)}`);
		await pause(POLL_MS);
	}
}

/** The audio against what was spoken: aligned, correlated, and the figure shown. */
async function compare(notes: StepNotes, wav: Uint8Array, what: string): Promise<void> {
	const sample = await readFile(SPOKEN_SAMPLE);
	const spoken = decodeG711(decodeWav(sample));
	const audio = decodeG711(decodeWav(wav));
	const found = likeness(spoken, audio);
	if (found === undefined) {
		throw new Error(
			`what was spoken (${(spoken.length / 8000).toFixed(1)} s) is not whole in what was ${what} (${(audio.length / 8000).toFixed(1)} s)`,
		);
	}
	const figure = found.correlation.toFixed(4);
	notes.detail(
		`Audio ${what}: correlation ${figure} with the ${(spoken.length / 8000).toFixed(1)} s that were spoken, ` +
			`from ${(found.offsetMs / 1000).toFixed(2)} s on.`,
	);
	if (found.correlation < LIKENESS_MIN)
		throw new Error(`the audio ${what} is not what was spoken: ${figure} < ${LIKENESS_MIN}`);
}

async function checkMail(tour: Tour, notes: StepNotes): Promise<void> {
	const folder = path.join(tour.platform.dataFolder, "mail");
	notes.command(`ls ${folder}/new`);
	const deadline = performance.now() + MAIL_WAIT_MS;
	let mails: readonly ShownMail[] = [];
	while (mails.length === 0) {
		if (performance.now() > deadline) throw new Error(`no mail in ${folder} after ${MAIL_WAIT_MS / 1000} s`);
		await pause(POLL_MS);
		mails = await readMaildir(folder);
	}
	const [mail] = mails as [ShownMail];
	notes.detail(`From: ${mail.from}`);
	notes.detail(`To: ${mail.to}`);
	notes.detail(`Subject: ${mail.subject}`);
	const [attachment] = mail.attachments;
	if (attachment === undefined) throw new Error(`the mail ${mail.file} has no attachment`);
	notes.detail(`Attached: ${attachment.name}, ${attachment.type}, ${Math.round(attachment.content.length / 1024)} KiB`);
	if (mails.length > 1) throw new Error(`${mails.length} mails for one message`);
	await compare(notes, attachment.content, "attached");
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
