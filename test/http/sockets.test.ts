/** What only a real socket shows: slow, cut, oversized and broken requests, and the end of the server. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMetrics, startHttp } from "../../src/http/index.ts";
import { openTestApi, type TestApi } from "../support/http-api.ts";
import { until } from "../support/platform.ts";

const TIMEOUT_MS = 400;
const INFO = "/v1.0/numbers/voicemail/info";
let api: TestApi;
let server: Awaited<ReturnType<typeof startHttp>>;
let authorization: string;
let PhoneNumber: string;
beforeAll(async () => {
	api = await openTestApi({ requestTimeoutMs: TIMEOUT_MS });
	server = await startHttp({ host: "127.0.0.1", port: 0 }, api.deps);
	authorization = `Authorization: Bearer ${await api.token()}`;
	PhoneNumber = await api.number();
});
afterAll(async () => {
	await server[Symbol.asyncDispose]();
	await api[Symbol.asyncDispose]();
});

interface Wire {
	readonly status: number;
	readonly head: string;
	readonly body: string;
}

/** Sends pieces one after the other and reads until the server closes or an answer is whole. */
async function talk(pieces: readonly string[], options: { end?: boolean } = {}): Promise<Wire> {
	const socket: Socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
	socket.on("error", () => {});
	await once(socket, "connect");
	let text = "";
	const whole = new Promise<void>((resolve) => {
		socket.on("data", (chunk) => {
			text += chunk.toString("latin1");
			const headEnd = text.indexOf("\r\n\r\n");
			const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? -1);
			if (headEnd >= 0 && length >= 0 && text.length >= headEnd + 4 + length) resolve();
		});
		socket.on("close", () => resolve());
		socket.on("end", () => resolve());
	});
	for (const piece of pieces) socket.write(piece);
	if (options.end) socket.end();
	await whole;
	socket.destroy();
	const headEnd = text.indexOf("\r\n\r\n");
	return {
		status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
		head: text.slice(0, headEnd),
		body: text.slice(headEnd + 4),
	};
}

function expectError(answer: Wire, status: number): void {
	expect(answer.status, answer.head).toBe(status);
	const body = JSON.parse(answer.body);
	expect(Object.keys(body)).toEqual(["StatusCode", "Message"]);
	expect(body.StatusCode).toBe(status);
}

const head = (length: number, ...more: string[]) =>
	[
		`POST ${INFO} HTTP/1.1`,
		"Host: x",
		authorization,
		"Content-Type: application/json",
		`Content-Length: ${length}`,
		...more,
		"",
		"",
	].join("\r\n");

describe("over a real socket", () => {
	test("a whole request is answered, whatever pieces it came in", async () => {
		const body = JSON.stringify({ PhoneNumber });
		const answer = await talk([...(head(body.length) + body)]);
		expect(answer.status).toBe(200);
		expect(JSON.parse(answer.body).PhoneNumber).toBe(PhoneNumber);
	});

	test("a body that does not come is 408 in the type that was asked for", async () => {
		const answer = await talk([head(100, "Accept: text/plain"), '{"PhoneNumber":']);
		expectError(answer, 408);
		expect(JSON.parse(answer.body).Message).toBe(
			"Request timeout: the server did not receive a complete request within the allowed time. Retry with exponential backoff.",
		);
		expect(answer.head).toMatch(/content-type: text\/plain; charset=utf-8/i);
		expect(answer.head).toMatch(/connection: close/i);
	});

	test("headers that do not end are 408", async () => {
		expectError(await talk([`POST ${INFO} HTTP/1.1\r\nHost: x\r\nX-Slow: `]), 408);
	});

	test("a connection on which nothing comes is closed with 408", async () => {
		expectError(await talk([]), 408);
	});

	test("what is behind us and does not answer in time is 504", async () => {
		const mailboxes = { ...api.deps.mailboxes, info: () => new Promise<never>(() => {}) };
		await using stuck = await startHttp({ host: "127.0.0.1", port: 0 }, { ...api.deps, mailboxes });
		const response = await fetch(stuck.url + INFO, {
			method: "POST",
			headers: { authorization: authorization.slice("Authorization: ".length), "content-type": "application/json" },
			body: JSON.stringify({ PhoneNumber }),
		});
		expect(response.status).toBe(504);
		expect(await response.json()).toEqual({
			StatusCode: 504,
			Message: "Gateway timeout: an upstream service did not respond in time. Retry with exponential backoff.",
		});
	});

	test("a connection closed half-way by the client, in head or body, is 408", async () => {
		expectError(await talk([head(100), '{"Phone'], { end: true }), 408);
		expectError(await talk([`POST ${INFO} HTTP/1.1\r\nHost: x\r\n`], { end: true }), 408);
	});

	test("half closed after a whole request, the answer still comes", async () => {
		const body = JSON.stringify({ PhoneNumber });
		expect((await talk([head(body.length) + body], { end: true })).status).toBe(200);
	});

	test("a flood of headers is 431, one huge header too", async () => {
		const many = Array.from({ length: 3_000 }, (_, i) => `X-Flood-${i}: y`).join("\r\n");
		expectError(await talk([`GET / HTTP/1.1\r\nHost: x\r\n${many}\r\n\r\n`]), 431);
		expectError(await talk([`GET / HTTP/1.1\r\nHost: x\r\nX-Huge: ${"y".repeat(100_000)}\r\n\r\n`]), 431);
		expectError(await talk([`GET /${"y".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`]), 431);
	});

	test.each([
		["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
		["GET / SPDY/3\r\n\r\n"],
		["GET\r\n\r\n"],
		["GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"],
		["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
		["GET / HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n"],
		["GET / HTTP/1.1\r\n\r\n"],
		["INVITE sip:x@y SIP/2.0\r\n\r\n"],
	])("what is not HTTP is 400: %j", async (text) => {
		expectError(await talk([text]), 400);
		expect(await api.deps.metrics.text()).toMatch(/^afterbeep_http_broken_requests_total\{status="408"\} [1-9]/m);
	});

	test("a body over the bound is 413 before it is read", async () => {
		expectError(await talk([head(1_000_000_000)]), 413);
		const chunked = head(0).replace("Content-Length: 0", "Transfer-Encoding: chunked");
		expectError(await talk([chunked, `40000\r\n${" ".repeat(0x40000)}\r\n`, "10\r\n                \r\n"]), 413);
	});

	test("an expectation that can not be met is 417, 100-continue is met", async () => {
		expectError(await talk([head(2, "Expect: miracles")]), 417);
		expect((await talk([head(2, "Expect: 100-continue"), "{}"])).status).toBe(100);
	});

	test("who takes us for a proxy is told that we are none", async () => {
		const answer = await talk(["CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"]);
		expectError(answer, 405);
		expect(answer.head).toMatch(/allow: GET, HEAD, POST, OPTIONS/i);
	});

	test("OPTIONS * names what the server can", async () => {
		const answer = await talk(["OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]);
		expect(answer.status).toBe(204);
		expect(answer.head).toMatch(/allow: GET, HEAD, POST/i);
	});

	test("a hundred slow clients do not keep others waiting", async () => {
		const slow = Array.from({ length: 100 }, () => talk([head(50), "{"]));
		const body = JSON.stringify({ PhoneNumber });
		expect((await talk([head(body.length) + body])).status).toBe(200);
		for (const answer of await Promise.all(slow)) expectError(answer, 408);
	});
});

test("at the end of the server a request under way is finished, and one that comes on an open connection gets 503", async () => {
	const metrics = createMetrics();
	const held = Promise.withResolvers<void>();
	const asked = Promise.withResolvers<void>();
	const readiness = async () => {
		asked.resolve();
		await held.promise;
		return { ready: true, checks: {} };
	};
	const ending = await startHttp({ host: "127.0.0.1", port: 0 }, { ...api.deps, metrics, readiness });
	const busy = connect(ending.port, "127.0.0.1");
	let text = "";
	busy.on("data", (chunk) => {
		text += chunk.toString();
	});
	busy.write("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
	await asked.promise;
	const late = connect(ending.port, "127.0.0.1");
	let lateText = "";
	late.on("data", (chunk) => {
		lateText += chunk.toString();
	});
	late.write("GET /v1.0/numbers HTTP/1.1\r\nHost: x\r\n");
	await once(late, "connect");
	// By the answer to this the lines above have been read.
	await fetch(`${ending.url}/healthz`);

	const closed = ending[Symbol.asyncDispose]();
	await until("new connections are refused", 2_000, () =>
		fetch(`${ending.url}/healthz`).then(
			() => false,
			() => true,
		),
	);
	late.write("Accept: text/plain\r\n\r\n");
	await once(late, "close");
	const busyClosed = once(busy, "close");
	held.resolve();
	await Promise.all([closed, busyClosed]);

	expect(await metrics.text()).toContain('route="/readyz",status="200"');
	expect(text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*connection: close[\s\S]*\{"Ready":true,"Checks":\{\}\}$/);
	expect(lateText).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: \d+[\s\S]*content-type: text\/plain; charset=utf-8/);
	expect(JSON.parse(lateText.slice(lateText.indexOf("\r\n\r\n")))).toEqual({
		StatusCode: 503,
		Message: "Service unavailable: the API is temporarily unavailable. Retry after a short delay.",
	});
});

test("half a request on an open connection does not keep the server from ending", async () => {
	const patient = { ...api.deps, settings: { ...api.deps.settings, requestTimeoutMs: 600_000 } };
	const ending = await startHttp({ host: "127.0.0.1", port: 0 }, patient);
	const half = connect(ending.port, "127.0.0.1");
	half.on("error", () => {});
	half.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET / HTT");
	await once(half, "data");
	const closed = once(half, "close");
	await ending[Symbol.asyncDispose]();
	await closed;
});

test("an address in use is the system's error, and nothing is left running", async () => {
	await expect(startHttp({ host: "127.0.0.1", port: server.port }, api.deps)).rejects.toMatchObject({
		code: "EADDRINUSE",
	});
});
