import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OutgoingRequest, TargetPolicy } from "../../../src/directory/index.ts";
import { createWebhookSender } from "../../../src/notify/index.ts";
import { RETRY_WAITS_MS, retryAfterMs } from "../../../src/notify/webhooks/schedule.ts";
import { signatureHeaders } from "../../../src/notify/webhooks/sign.ts";
import { movableClock } from "../../directory/support.ts";
import { openReceiver, type Receiver, status, verifies } from "./receiver.ts";

const clock = movableClock();
const KEY = new Uint8Array(32).fill(7);
const SECRET = `whsec_${Buffer.from(KEY).toString("base64")}`;
const PRIVATE: TargetPolicy = { privateTargets: true, plainHttp: false };
const PUBLIC: TargetPolicy = { privateTargets: false, plainHttp: true };

let receiver: Receiver;
beforeAll(async () => {
	receiver = await openReceiver();
});
afterAll(() => receiver[Symbol.asyncDispose]());
beforeEach(() => {
	receiver.received.length = 0;
	receiver.answer(status(204));
});

function request(url: string, over: Partial<OutgoingRequest> = {}): OutgoingRequest {
	const body = JSON.stringify({ EventId: "EVID-1", Data: { FromName: "Jané 🎙" } });
	return { url, method: "POST", authorization: undefined, secrets: [KEY], eventId: "EVID-1", body, ...over };
}

async function send(one: OutgoingRequest, over: Partial<Parameters<typeof createWebhookSender>[0]> = {}) {
	await using sender = createWebhookSender({ policy: PRIVATE, clock, userAgent: "Afterbeep/1.2.3", ...over });
	return await sender.send(one); // before the sender closes
}

describe("a request to a receiver", () => {
	test("carries the body, its signature and the receiver's own authentication", async () => {
		const authorization = "Bearer t0k3n";
		expect(await send(request(receiver.url, { authorization, method: "PUT" }))).toMatchObject({
			httpStatus: 204,
			message: "delivered",
		});
		const [got] = receiver.received;
		expect(got).toMatchObject({ method: "PUT", body: { EventId: "EVID-1", Data: { FromName: "Jané 🎙" } } });
		expect(got!.headers).toMatchObject({
			authorization,
			"content-type": "application/json",
			"user-agent": "Afterbeep/1.2.3",
			"webhook-id": "EVID-1",
			"webhook-timestamp": String(clock.now().getTime() / 1000),
		});
		expect(await verifies(SECRET, got!, clock.now().getTime())).toBe(true);
		expect(await verifies(SECRET, { ...got!, text: `${got!.text} ` }, clock.now().getTime())).toBe(false);
		expect(await verifies(`whsec_${btoa("another key")}`, got!, clock.now().getTime())).toBe(false);
		expect(await verifies(SECRET, got!, clock.now().getTime() + 301_000)).toBe(false);
	});

	test("is signed as the scheme's own example has it", () => {
		const key = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
		const headers = signatureHeaders([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}');
		expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	});

	test("does not follow redirects", async () => {
		await using other = await openReceiver();
		receiver.answer(status(307, { location: other.url }));
		expect(await send(request(receiver.url))).toMatchObject({
			httpStatus: 307,
			message: "HTTP 307: redirects are not followed",
		});
		expect(other.received).toEqual([]);
	});

	test("ends after its time when no answer comes, also when one never ends", async () => {
		receiver.answer(() => {});
		expect(await send(request(receiver.url), { timeoutMs: 200 })).toMatchObject({
			httpStatus: null,
			message: "no answer within 0.2 s",
		});
		receiver.answer((response) => void response.writeHead(200).write("and so on"));
		expect(await send(request(receiver.url), { timeoutMs: 500 })).toMatchObject({ httpStatus: 200 });
	});

	test("an answer without end is cut, and does no harm", async () => {
		receiver.answer((response) => {
			response.writeHead(200);
			const more = () => {
				while (!response.destroyed && response.write(Buffer.alloc(16_384)));
			};
			response.on("drain", more).on("error", () => {});
			more();
		});
		const closed = new Promise<void>((resolve) => {
			const before = receiver.received.length;
			void receiver.until(before + 1).then(() => resolve());
		});
		expect(await send(request(receiver.url))).toMatchObject({ httpStatus: 200 });
		await closed;
	});

	test("says in its own words why there was no answer", async () => {
		const closed = await openReceiver();
		await closed[Symbol.asyncDispose]();
		expect(await send(request(closed.url))).toMatchObject({ httpStatus: null, message: "the connection was refused" });
		receiver.answer((response) => response.socket?.destroy());
		expect((await send(request(receiver.url))).message).toBe("the connection was cut before an answer came");
		const resolve = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
		expect((await send(request("https://no.such.example/"), { resolve })).message).toBe("the host name has no address");
	});

	test("uses its connections again, and survives that the receiver closes an idle one", async () => {
		const ports = new Set<number | undefined>();
		receiver.answer((response) => {
			ports.add(response.socket?.remotePort);
			response.writeHead(204).end();
		});
		await using sender = createWebhookSender({ policy: PRIVATE, clock, userAgent: "x" });
		for (let i = 0; i < 3; i++) expect((await sender.send(request(receiver.url))).httpStatus).toBe(204);
		expect(ports.size).toBe(1);
	});
});

describe("the address that is really connected to", () => {
	const port = () => new URL(receiver.url).port;

	test.each([
		"127.0.0.1",
		"[::1]",
		"[::ffff:127.0.0.1]",
		"0x7f000001",
		"2130706433",
		"0177.1",
		"10.0.0.1",
		"[fe80::1]",
	])("http://%s is refused before a connection is made", async (host) => {
		const outcome = await send(request(`http://${host}:${port()}/`), { policy: PUBLIC });
		expect(outcome).toMatchObject({ httpStatus: null, message: expect.stringContaining("private or local address") });
		expect(receiver.received).toEqual([]);
	});

	test("a name that leads to a private address is refused, also when another of its addresses is public", async () => {
		for (const addresses of [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]]) {
			const outcome = await send(request(`http://hooks.example:${port()}/`), {
				policy: PUBLIC,
				resolve: async () => addresses,
			});
			expect(outcome.message).toContain("private or local address");
		}
		expect(receiver.received).toEqual([]);
	});

	test("a name that changes its address between two looks (DNS rebinding) is judged by the one that is connected to", async () => {
		const answers = [["127.0.0.1"], ["10.0.0.8"]];
		const asked: string[] = [];
		const resolve = async (host: string) => {
			asked.push(host);
			return answers.shift() ?? ["93.184.216.34"];
		};
		await using sender = createWebhookSender({ policy: PUBLIC, clock, userAgent: "x", resolve, timeoutMs: 300 });
		const url = `http://rebind.example:${port()}/`;
		expect((await sender.send(request(url))).message).toContain("private or local address");
		expect((await sender.send(request(url))).message).toContain("private or local address");
		// One look for one connection: there is no second answer that could differ from the one judged.
		expect(asked).toEqual(["rebind.example", "rebind.example"]);
		expect(receiver.received).toEqual([]);
	});

	test("where the operator allows it, a name may lead anywhere", async () => {
		const resolve = async () => ["127.0.0.1"];
		expect((await send(request(`http://pbx.internal:${port()}/`), { resolve })).httpStatus).toBe(204);
	});

	test("http: is refused where the operator allows neither it nor private targets", async () => {
		const policy = { privateTargets: false, plainHttp: false };
		expect((await send(request("http://example.com/"), { policy })).message).toContain("not https");
	});
});

describe("TLS", () => {
	let folder: string;
	const pem = (name: string) => readFileSync(join(folder, name), "utf8");
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "afterbeep-tls-"));
		const subject = ["-subj", "/CN=hooks.example", "-addext", "subjectAltName=DNS:hooks.example"];
		const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
		const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
		execFileSync("openssl", ["req", "-x509", ...kind, ...subject, ...files], { stdio: "ignore" });
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	test("a receiver is believed only with a certificate for its name that somebody vouches for", async () => {
		await using secure = await openReceiver({ key: pem("key.pem"), cert: pem("cert.pem") });
		const resolve = async () => ["127.0.0.1"];
		const named = (host: string) => request(`https://${host}:${secure.port}/`);
		expect((await send(named("hooks.example"), { resolve })).message).toContain("certificate is not accepted");
		const ca = pem("cert.pem");
		expect((await send(named("other.example"), { resolve, ca })).message).toContain("certificate is not accepted");
		expect(secure.received).toEqual([]);
		expect((await send(named("hooks.example"), { resolve, ca })).httpStatus).toBe(204);
		expect(secure.received).toHaveLength(1);
	});
});

describe("the waits between tries", () => {
	test("are those of the contract, up to a fifth longer, and then no more", () => {
		const seconds = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];
		expect(RETRY_WAITS_MS.map((wait) => wait / 1000)).toEqual(seconds);
		for (const [i, wait] of seconds.entries()) {
			expect(retryAfterMs(i + 1, 0)).toBe(wait * 1000);
			expect(retryAfterMs(i + 1, 1)).toBe(wait * 1200);
		}
		expect(retryAfterMs(11, 0.5)).toBeUndefined();
	});
});
