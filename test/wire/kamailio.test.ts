/** Ring first: Kamailio of Debian with the configuration of deploy/kamailio, phones, and two Afterbeep nodes behind it. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPhone } from "../../src/cli/demo/baresip-child.ts";
import { ringTools } from "../../src/cli/demo/ring-tools.ts";
import { type Kamailio, kamailioInstalled, startKamailio } from "../support/kamailio.ts";
import {
	freeTcpPort,
	freeUdpPort,
	type ListedMessage,
	type Platform,
	startPlatform,
	until,
} from "../support/platform.ts";
import { openRtpStream } from "../support/rtp-stream.ts";
import { header, openSipPhone, type Ringing, type SipAnswer, type SipPhone } from "../support/sip-phone.ts";
import { speechSignal } from "../support/speech-signal.ts";
import { openTestDatabase } from "../support/store.ts";
import { hasTool } from "../support/tools.ts";

const TOKEN = "a-token-of-the-proxy";
const RING_SECONDS = 3;

interface Subscriber {
	readonly number: string;
	readonly user: string;
	readonly password: string;
	readonly phone: SipPhone;
}

const opened = new AsyncDisposableStack();
let first: Platform;
let second: Platform;
let kamailio: Kamailio;
let caller: Subscriber;

async function newSubscriber(ringing: Ringing = { answer: 486 }): Promise<Subscriber> {
	const number = await first.activate({ PIN: "4821" });
	return addPhone(number, ringing);
}

async function addPhone(number: string, ringing: Ringing): Promise<Subscriber> {
	const made = await first.json<{ Username: string; Password: string }>("phones", "add", number);
	const account = { user: made.Username, password: made.Password };
	const phone = opened.use(await openSipPhone({ proxyPort: kamailio.port, ...account }));
	phone.ringing = ringing;
	return { number, phone, ...account };
}

async function registered(ringing: Ringing): Promise<Subscriber> {
	const subscriber = await newSubscriber(ringing);
	expect((await subscriber.phone.register()).status).toBe(200);
	return subscriber;
}

const uriOf = (number: string) => `sip:${number}@127.0.0.1:${kamailio.port}`;

/** Calls, and where somebody answers leaves two seconds of speech. */
async function call(number: string): Promise<SipAnswer> {
	const rtp = await openRtpStream();
	const sdp = [
		"v=0",
		"o=- 1 1 IN IP4 127.0.0.1",
		"s=-",
		"c=IN IP4 127.0.0.1",
		"t=0 0",
		`m=audio ${rtp.port} RTP/AVP 0 101`,
		"a=rtpmap:101 telephone-event/8000",
		"",
	];
	try {
		const answer = await caller.phone.send("INVITE", { uri: uriOf(number), sdp: sdp.join("\r\n") });
		if (answer.status !== 200) return answer;
		rtp.sendTo(Number(/^m=audio (\d+)/m.exec(answer.text)![1]));
		await rtp.speak(speechSignal(2, 7));
		expect((await caller.phone.bye(answer)).status).toBe(200);
		return answer;
	} finally {
		rtp.close();
	}
}

async function leave(callee: Subscriber): Promise<ListedMessage> {
	const answer = await call(callee.number);
	expect(answer.status, answer.text).toBe(200);
	const [message] = await first.messages(callee.number, 1);
	return message!;
}

const hasKamailio = kamailioInstalled();

beforeAll(async () => {
	if (!hasKamailio) return;
	const database = opened.use(await openTestDatabase());
	const folder = await mkdtemp(join(tmpdir(), "afterbeep-kamailio-nodes-"));
	opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
	await writeFile(join(folder, "master.key"), randomBytes(32), { mode: 0o600 });
	const lookupPort = await freeTcpPort();
	const port = await freeUdpPort();
	const env = {
		DATABASE_URL: database.url,
		AFTERBEEP_MASTER_KEY: join(folder, "master.key"),
		AFTERBEEP_BLOBS: `file:${join(folder, "blobs")}`,
		AFTERBEEP_MWI_ROUTES: `udp:127.0.0.1:${port}`,
	};
	first = await startPlatform({
		env: {
			...env,
			AFTERBEEP_LOOKUP: `127.0.0.1:${lookupPort}`,
			AFTERBEEP_LOOKUP_TOKEN: TOKEN,
			AFTERBEEP_RING_SECONDS: String(RING_SECONDS),
		},
	});
	opened.defer(async () => void (await first.stop()));
	second = await startPlatform({ env: { ...env, AFTERBEEP_ROLES: "api,sip" } });
	opened.defer(async () => void (await second.stop()));
	kamailio = opened.use(
		await startKamailio({
			port,
			nodes: [first.sipPort, second.sipPort],
			lookupPort,
			lookupToken: TOKEN,
			settings: ["#!define PHONE_SILENT_MS 2500", "#!define NODE_SILENT_MS 4000"],
		}),
	);
	caller = await newSubscriber();
}, 120_000);
afterAll(() => opened.disposeAsync());

describe.skipIf(!hasKamailio)("a call that nobody takes becomes a voicemail", () => {
	test.concurrent.each<[string, Ringing | undefined, string]>([
		["nobody answers", "ring", "NoAnswer"],
		["the phone is busy", { answer: 486 }, "Busy"],
		["the call is declined", { answer: 603, after180: true }, "Busy"],
		["the phone is not registered", undefined, "Unavailable"],
		["the phone is unreachable", "silent", "Unavailable"],
	])("where %s", async (_, ringing, reason) => {
		const callee = ringing === undefined ? await newSubscriber() : await registered(ringing);
		const message = await leave(callee);
		expect(message).toMatchObject({ RedirectReason: reason, MailboxSource: "HistoryInfo", From: caller.number });
		expect(message.DurationSeconds).toBeGreaterThan(1);
		expect(callee.phone.received.some((text) => text.startsWith("INVITE "))).toBe(ringing !== undefined);
	});
});

describe.skipIf(!hasKamailio)("call filters", () => {
	test("let neither a blocked caller nor a stranger ring the phone; only the stranger leaves a message", async () => {
		const callee = await registered("ring");
		const ask = async (path: string, body: object) => {
			const answer = await first.post(path, body);
			expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
			return answer.body;
		};
		const person = {
			Name: "Jane",
			Email: `jane${callee.number}@example.com`,
			Role: "Subscriber",
			Password: "1234567890",
		};
		const { SubscriberId } = await ask("/v1.0/subscribers/create", { ...person, PhoneNumbers: [callee.number] });
		const filter = { SubscriberId, Phone: callee.number, FilterMode: "WHITELIST", AllowedNumbers: ["+18015550000"] };
		const { FilterId } = await ask("/v1.0/subscribers/call-filter", filter);
		await ask("/v1.0/subscribers/guardian-features", { SubscriberId, EnableIntelligentGuardianCalls: true });
		const message = await leave(callee);
		expect(message).toMatchObject({ Filtered: true, From: caller.number });
		const added = { SubscriberId, CallFilterId: FilterId, Numbers: [caller.number] };
		await ask("/v1.0/subscribers/call-filter/blocked-numbers/add", added);
		expect((await call(callee.number)).status).toBe(603);
		expect(callee.phone.received.filter((text) => text.startsWith("INVITE "))).toEqual([]);
	});
});

describe.skipIf(!hasKamailio || !hasTool("baresip"))("a real phone", () => {
	test.concurrent("registers, subscribes, rings, and shows its lamp when the caller has left a message", async () => {
		const folder = await mkdtemp(join(tmpdir(), "afterbeep-baresip-"));
		opened.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
		const number = await first.activate();
		const made = await first.json<{ Username: string; Password: string }>("phones", "add", number);
		const { baresip: program, baresipModules: modules } = await ringTools(() => {});
		await using phone = await startPhone({
			program,
			modules,
			folder: join(folder, "phone"),
			user: made.Username,
			password: made.Password,
			proxy: `127.0.0.1:${kamailio.port}`,
			signal: new AbortController().signal,
		});
		await phone.hear("the registration", /200 OK.*\[\d+ binding.*\]/, 20_000);
		await phone.hear("a dark lamp", /Messages-Waiting: *no[\s\S]*Voice-Message: *0\/0/, 20_000);
		const answer = await call(number);
		expect(answer.status, answer.text).toBe(200);
		expect(phone.said()).toMatch(/incoming call from/i);
		expect(await first.messages(number, 1)).toMatchObject([{ RedirectReason: "NoAnswer" }]);
		await phone.hear("a lit lamp", /Messages-Waiting: *yes[\s\S]*Voice-Message: *1\/0/, 20_000);
	});
});

describe.skipIf(!hasKamailio)("the lamp", () => {
	const counts = (phone: SipPhone) =>
		phone.received.filter((text) => text.startsWith("NOTIFY ")).map((text) => header(text, "Voice-Message"));
	const shows = (phone: SipPhone, count: string) =>
		until(`${count} on the phone`, 20_000, async () => counts(phone).at(-1)?.startsWith(count));

	test("of a phone that subscribed, and of one that did not, shows each change, also after it has been away", async () => {
		const callee = await registered({ answer: 486 });
		const other = await addPhone(callee.number, { answer: 486 });
		expect((await other.phone.register()).status).toBe(200);
		await shows(other.phone, "0/0");
		const before = counts(callee.phone).length;
		const subscribed = await callee.phone.send("SUBSCRIBE", {
			uri: uriOf(callee.user),
			headers: ["Event: message-summary", "Expires: 600"],
		});
		expect(subscribed.status, subscribed.text).toBe(200);
		await until("the first NOTIFY", 20_000, async () => counts(callee.phone).length > before);
		const [message] = [await leave(callee)];
		await shows(callee.phone, "1/0");
		await shows(other.phone, "1/0");
		const inDialog = callee.phone.received.filter((text) => /^Subscription-State: active/m.test(text));
		expect(inDialog.map((text) => header(text, "Voice-Message"))).toEqual(["0/0 (0/0)", "1/0 (0/0)"]);
		// A phone that comes new is told what waits.
		const third = await addPhone(callee.number, { answer: 486 });
		expect((await third.phone.register()).status).toBe(200);
		await shows(third.phone, "1/0");
		const removed = await first.post("/v1.0/numbers/voicemail/delete", { PhoneNumber: message.PhoneNumber });
		expect(removed.status).toBe(200);
		await shows(other.phone, "0/0");
		await shows(third.phone, "0/0");
	});

	test("of another subscriber stays hidden", async () => {
		const victim = await newSubscriber();
		const answer = await caller.phone.send("SUBSCRIBE", {
			uri: uriOf(victim.number),
			headers: ["Event: message-summary", `P-Asserted-Identity: <sip:${victim.number}@x>`],
		});
		expect(answer.status).toBe(403);
	});
});

describe.skipIf(!hasKamailio)("several nodes", () => {
	test("share the calls; when one dies without a word, the next calls are all taken", async () => {
		const callee = await registered({ answer: 486 });
		// Turn about; a node that was slow for a moment is left out until it is asked again.
		let placed = 0;
		const answered = () => Promise.all([first, second].map((node) => node.counter("sip", "sipCallsAnswered")));
		const before = await answered();
		await until("both nodes have taken calls", 60_000, async () => {
			placed += 2;
			await Promise.all([call(callee.number), call(callee.number)]);
			return (await answered()).every((count, i) => count > before[i]!);
		});
		// Kept: what a node records lies in its own folder until then.
		await first.messages(callee.number, placed);
		const EVENT = ["Event: message-summary", "Expires: 600"];
		const subscriptions: SipAnswer[] = [];
		await until("both nodes hold a subscription", 60_000, async () => {
			subscriptions.push(await callee.phone.send("SUBSCRIBE", { uri: uriOf(callee.user), headers: EVENT }));
			return new Set(subscriptions.map(({ text }) => /^Contact: .*:(\d+)>/m.exec(text)?.[1])).size === 2;
		});
		await second.kill();
		const answers = await Promise.all([call(callee.number), call(callee.number), call(callee.number)]);
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(await first.messages(callee.number, placed + 3)).toHaveLength(placed + 3);
		const refreshed = await Promise.all(
			subscriptions.map((subscription) => callee.phone.again("SUBSCRIBE", subscription, EVENT)),
		);
		expect(new Set(refreshed.map(({ status }) => status))).toEqual(new Set([200]));
		const count = new RegExp(`^Voice-Message: ${placed + 3}/0`, "m");
		await until("the count of now", 20_000, async () => callee.phone.received.some((text) => count.test(text)));
	});
});
