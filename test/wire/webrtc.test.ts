/** A browser leaves a voicemail: the page of deploy/web-phone, Kamailio's WebSocket, rtpengine, and Afterbeep behind them. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeG711, decodeWav } from "../../src/audio/index.ts";
import { type Browser, startBrowser } from "../support/browser.ts";
import { type Kamailio, kamailioInstalled, startKamailio } from "../support/kamailio.ts";
import { freeTcpPort, type Platform, projectRoot, startPlatform, until } from "../support/platform.ts";
import { type Rtpengine, startRtpengine } from "../support/rtpengine.ts";
import { openSipPhone } from "../support/sip-phone.ts";
import { matchFinely } from "../support/speech-signal.ts";
import { hasTool } from "../support/tools.ts";

const installed =
	hasTool("chromium") && hasTool("rtpengine") && kamailioInstalled("websocket.so", "rtpengine.so", "xhttp.so");

const TOKEN = "a-token-of-the-proxy";
/** Seven seconds that somebody says, over and over: the message begins anywhere in them and holds them once and more. */
const SPOKEN = join(projectRoot, "prompts/audio/en/main-menu.wav");
const OTHER = join(projectRoot, "prompts/audio/en/greeting-menu.wav");
const TALK_MS = 12_000;
/** A browser on a busy machine may lose a moment of its microphone: so much of the speech must be whole. */
const WINDOW_S = 4;
const RATE_HZ = 8000;

const opened = new AsyncDisposableStack();
let platform: Platform;
let rtpengine: Rtpengine;
let kamailio: Kamailio;
let browser: Browser;

beforeAll(async () => {
	if (!installed) return;
	const lookupPort = await freeTcpPort();
	const page = await servePage();
	[platform, rtpengine, browser] = await Promise.all([
		startPlatform({ env: { AFTERBEEP_LOOKUP: `127.0.0.1:${lookupPort}`, AFTERBEEP_LOOKUP_TOKEN: TOKEN } }),
		startRtpengine(),
		startBrowser({ url: page, microphone: SPOKEN }),
	]);
	opened.defer(async () => void (await platform.stop()));
	opened.use(rtpengine);
	opened.use(browser);
	kamailio = opened.use(
		await startKamailio({
			nodes: [platform.sipPort],
			lookupPort,
			lookupToken: TOKEN,
			rtpenginePort: rtpengine.port,
		}),
	);
}, 240_000);
afterAll(() => opened.disposeAsync());

/** The page with its script bundled, from 127.0.0.1: there a browser gives out its microphone. */
async function servePage(): Promise<string> {
	const bundle = await rolldown({ input: join(projectRoot, "deploy/web-phone/main.js"), platform: "browser" });
	const { output } = await bundle.generate({ format: "esm" });
	await bundle.close();
	const files = new Map([
		["/", { type: "text/html", body: await readFile(join(projectRoot, "deploy/web-phone/index.html"), "utf8") }],
		["/main.js", { type: "text/javascript", body: output[0].code }],
	]);
	const server = createServer(({ url }, response) => {
		const file = files.get(url ?? "");
		response.writeHead(file === undefined ? 404 : 200, { "content-type": file?.type ?? "text/plain" });
		response.end(file?.body);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	opened.defer(async () => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const shown = async () => String(await browser.evaluate("document.querySelector('output').textContent"));

/** Fills the form and submits it, as a user does. */
const dial = (fields: Record<string, string | boolean>) =>
	browser.evaluate(`{
		const form = document.querySelector("form");
		for (const [name, value] of Object.entries(${JSON.stringify(fields)})) {
			if (value === true) form.elements[name].checked = true;
			else form.elements[name].value = value;
		}
		form.requestSubmit(form.elements.dial);
	}`);

const hangUp = () => browser.evaluate("document.querySelector('[name=end]').click()");

/** How many calls rtpengine has given up the ports of. */
const freed = () => rtpengine.log().split("Deleting entire call").length - 1;

/** Linear at 8,000 Hz. */
const pcmOf = async (file: string) => decodeG711(decodeWav(await readFile(file)));

/** Of all pieces of so many seconds, the one that came out best. */
function bestPiece(spoken: Int16Array, kept: Int16Array): number {
	const starts = Array.from({ length: Math.floor(spoken.length / RATE_HZ - WINDOW_S) + 1 }, (_, i) => i * RATE_HZ);
	return Math.max(...starts.map((from) => matchFinely(spoken.subarray(from, from + WINDOW_S * RATE_HZ), kept)));
}

const isInvite = (text: string) => text.startsWith("INVITE ");

async function addPhone(number: string): Promise<{ user: string; password: string }> {
	const made = await platform.json<{ Username: string; Password: string }>("phones", "add", number);
	return { user: made.Username, password: made.Password };
}

describe.skipIf(!installed)("a page in a browser", () => {
	test("calls a busy phone, leaves a voicemail that says what its microphone heard, and keeps no ports behind", async () => {
		const [caller, callee] = await Promise.all([platform.activate(), platform.activate()]);
		const [page, desk] = await Promise.all([caller, callee].map(addPhone));
		await using phone = await openSipPhone({ proxyPort: kamailio.port, ...desk! });
		phone.ringing = { answer: 486, after180: true };
		expect((await phone.register()).status).toBe(200);

		const fields = { proxy: `ws://127.0.0.1:${kamailio.port}`, ...page, raw: true };
		await dial({ ...fields, number: callee });
		const answered = await until("the voicemail answers the browser", 60_000, async () => {
			const text = await shown();
			if (/^(failed|ended)/.test(text)) throw new Error(`${text}\n${kamailio.log()}\n${rtpengine.log()}`);
			return /^answered/.test(text) && text;
		});
		await new Promise((done) => setTimeout(done, TALK_MS));
		await hangUp();

		const [message] = await platform.messages(callee, 1);
		expect(message).toMatchObject({
			From: caller,
			RedirectReason: "Busy",
			MailboxSource: "HistoryInfo",
			Silent: false,
		});
		const kept = await platform.audio(message!.MessageId);
		expect(bestPiece(await pcmOf(SPOKEN), kept)).toBeGreaterThan(0.9);
		expect(bestPiece(await pcmOf(OTHER), kept)).toBeLessThan(0.5);

		// What Chromium prefers of what Afterbeep speaks.
		expect(answered).toBe("answered opus/48000/2");
		// Encrypted between browser and rtpengine; the phone, too, was offered RTP that it can do.
		expect(rtpengine.log()).toContain("DTLS-SRTP successfully negotiated");
		const offered = phone.received.find(isInvite);
		expect(offered).toMatch(/^m=audio \d+ RTP\/AVP /m);
		expect(offered).not.toMatch(/^a=(candidate|fingerprint|crypto|ice-ufrag|rtcp-mux)/m);
		// The ports of the call are free again.
		await until("rtpengine forgets the call", 20_000, async () => freed() === 1);

		// Nor does a call keep ports that ends before anybody answers.
		phone.ringing = "ring";
		const before = phone.received.length;
		await dial({ ...fields, number: callee });
		await until("the phone rings", 20_000, async () => phone.received.slice(before).some(isInvite));
		await hangUp();
		await until("the browser has hung up", 20_000, async () => /^failed Canceled/.test(await shown()));
		await until("the phone hears of it", 20_000, async () => phone.received.some((text) => text.startsWith("CANCEL ")));
		await until("rtpengine forgets this call too", 20_000, async () => freed() === 2);
	}, 240_000);
});
