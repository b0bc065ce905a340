/** A real mail server in this process, in all its moods. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, describe, expect, test } from "vitest";
import type { Failure, Log } from "../../src/domain/index.ts";
import { composeEmail } from "../../src/notify/compose.ts";
import { openSmtp, type SmtpTimeouts } from "../../src/notify/smtp.ts";
import type { Outbox } from "../../src/notify/types.ts";
import { MESSAGE_ID, sampleNotice } from "./samples.ts";

const PASSWORD = "hunter2-very-secret";
const SHORT: SmtpTimeouts = { connectMs: 500, greetingMs: 300, inactiveMs: 300, sendMs: 2_000 };

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
	for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const logged: string[] = [];
const keep = (fields: object, message: string): void => void logged.push(JSON.stringify(fields) + message);
const log: Log = { debug: keep, info: keep, warn: keep, error: keep };

function outbox(url: string, timeouts = SHORT): Outbox {
	const opened = openSmtp(url, log, timeouts);
	cleanUps.push(() => opened[Symbol.asyncDispose]());
	return opened;
}

interface Delivered {
	readonly from: string | false;
	readonly to: readonly string[];
	readonly data: Buffer;
	readonly secure: boolean;
}

/** Listens on a free port; keeps what it takes. */
async function server(
	options: SMTPServerOptions = {},
): Promise<{ port: number; delivered: Delivered[]; sessions: () => number }> {
	const delivered: Delivered[] = [];
	let sessions = 0;
	const smtp = new SMTPServer({
		authOptional: true,
		disabledCommands: ["STARTTLS"],
		disableReverseLookup: true,
		closeTimeout: 50,
		onConnect: (_session, callback) => {
			sessions += 1;
			callback();
		},
		onData: (stream, session, callback) => {
			const chunks: Buffer[] = [];
			stream.on("data", (chunk: Buffer) => chunks.push(chunk));
			stream.on("end", () => {
				const { mailFrom, rcptTo } = session.envelope;
				delivered.push({
					from: mailFrom === false ? false : mailFrom.address,
					to: rcptTo.map(({ address }) => address),
					data: Buffer.concat(chunks),
					secure: session.secure,
				});
				callback();
			});
		},
		...options,
	});
	smtp.on("error", () => {}); // clients that leave early are part of these tests
	await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
	cleanUps.push(() => new Promise<void>((resolve) => smtp.close(() => resolve())));
	return { port: (smtp.server.address() as { port: number }).port, delivered, sessions: () => sessions };
}

/** A server that speaks only what `talk` says. */
async function rawServer(talk: (socket: Socket) => void): Promise<number> {
	const sockets = new Set<Socket>();
	const raw: Server = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		talk(socket);
	});
	raw.listen(0, "127.0.0.1");
	await once(raw, "listening");
	cleanUps.push(() => {
		for (const socket of sockets) socket.destroy();
		return new Promise<void>((resolve) => raw.close(() => resolve()));
	});
	return (raw.address() as { port: number }).port;
}

const answer = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code });
const mail = (messageId = MESSAGE_ID) =>
	composeEmail(sampleNotice({}, { messageId }), { mailFrom: "voicemail@op.example", accessNumber: "*86" });
const failureOf = async (work: Promise<unknown>): Promise<Failure & { permanent?: boolean }> =>
	work.then(
		() => {
			throw new Error("did not fail");
		},
		(error: Failure) => error,
	);

describe("a mail server that accepts", () => {
	test("gets the mail whole, with sender and recipient in the envelope", async () => {
		const { port, delivered } = await server();
		await outbox(`smtp://127.0.0.1:${port}`).send(mail());
		expect(delivered).toHaveLength(1);
		expect(delivered[0]).toMatchObject({ from: "voicemail@op.example", to: ["jane@example.com"] });
		const parsed = await simpleParser(delivered[0]!.data);
		expect(parsed.messageId).toBe(`<${MESSAGE_ID}@op.example>`);
		expect(parsed.subject).toBe("Voicemail from +1 801 555 1234 (0:23)");
		expect(parsed.attachments[0]!.content).toEqual(Buffer.from(mail().attachment!.wav));
	});

	test("gets twenty mails over at most four connections", async () => {
		const { port, delivered, sessions } = await server();
		const smtp = outbox(`smtp://127.0.0.1:${port}`);
		await Promise.all(Array.from({ length: 20 }, (_, i) => smtp.send(mail(`VMID-${i}`))));
		expect(new Set(delivered.map(({ data }) => /^Message-ID: (.*)\r$/m.exec(data.toString())![1])).size).toBe(20);
		expect(sessions()).toBeLessThanOrEqual(4);
	});

	test("gets user and password where they are set, and no log line does", async () => {
		let login: unknown;
		const { port, delivered } = await server({
			authOptional: false,
			allowInsecureAuth: true,
			onAuth: ({ username, password }, _session, callback) => {
				login = { username, password };
				callback(null, { user: username });
			},
		});
		const smtp = outbox(`smtp://vm%40op:${PASSWORD}@127.0.0.1:${port}`);
		await smtp.send(mail());
		expect(login).toEqual({ username: "vm@op", password: PASSWORD });
		expect(delivered).toHaveLength(1);
		expect(smtp.description).toBe(`smtp://127.0.0.1:${port}`);
		expect(logged.join()).not.toContain(PASSWORD);
	});

	test("is asked whether it serves us, without a mail", async () => {
		const { port, delivered } = await server();
		await outbox(`smtp://127.0.0.1:${port}`).check();
		expect(delivered).toEqual([]);
	});
});

describe("a mail server that defers", () => {
	test.each([
		["the recipient", { onRcptTo: (_a, _s, done) => done(answer(451, "4.7.1 greylisted")) }, "greylisted"],
		["the sender", { onMailFrom: (_a, _s, done) => done(answer(421, "too busy")) }, "too busy"],
		[
			"the mail",
			{
				onData: (stream, _s, done) => {
					stream.resume();
					stream.on("end", () => done(answer(452, "disk full")));
				},
			},
			"disk full",
		],
		["everyone", { onConnect: (_s, done) => done(answer(421, "closing for now")) }, "closing for now"],
	] as [string, SMTPServerOptions, string][])("%s: the mail is to be tried again", async (_, options, said) => {
		const { port } = await server(options);
		const failure = await failureOf(outbox(`smtp://127.0.0.1:${port}`).send(mail()));
		expect(failure).toMatchObject({ name: "Failure", code: "mailServerUnavailable" });
		expect(failure.permanent).toBeUndefined();
		expect(failure.message).toContain(said);
	});
});

describe("a mail server that refuses", () => {
	test.each([
		["the recipient", { onRcptTo: (_a, _s, done) => done(answer(550, "5.1.1 <jane@example.com> unknown")) }],
		[
			"the mail",
			{
				onData: (stream, _s, done) => {
					stream.resume();
					stream.on("end", () => done(answer(554, "5.7.1 jane@example.com wants no audio")));
				},
			},
		],
	] as [string, SMTPServerOptions][])("%s: no try is made again, and the operator reads why", async (_, options) => {
		const { port } = await server(options);
		const failure = await failureOf(outbox(`smtp://127.0.0.1:${port}`).send(mail()));
		expect(failure).toMatchObject({ name: "Failure", code: "mailServerRefused", permanent: true });
		expect(failure.message).toMatch(/55[04] 5\.[17]\.1 .*j\*\*\*@example\.com/);
		expect(failure.message).not.toContain("jane@");
	});

	test.each([
		["the sender", { onMailFrom: (_a, _s, done) => done(answer(550, "sender not allowed")) }],
		[
			"the login",
			{
				authOptional: false,
				allowInsecureAuth: true,
				onAuth: (_login, _s, done) => done(answer(535, "bad credentials")),
			},
		],
		["everyone", { onConnect: (_s, done) => done(answer(554, "no service here")) }],
	] as [string, SMTPServerOptions][])("%s: that is about our settings, so the mail waits", async (_, options) => {
		const { port } = await server(options);
		const failure = await failureOf(outbox(`smtp://vm:${PASSWORD}@127.0.0.1:${port}`).send(mail()));
		expect(failure).toMatchObject({ name: "Failure", code: "mailServerRefused" });
		expect(failure.permanent).toBeUndefined();
		expect(`${failure.message}${failure.mend}${logged.join()}`).not.toContain(PASSWORD);
	});
});

describe("a mail server that fails", () => {
	const expectUnavailable = async (port: number, url = `smtp://127.0.0.1:${port}`): Promise<string> => {
		const failure = await failureOf(outbox(url).send(mail()));
		expect(failure).toMatchObject({ name: "Failure", code: "mailServerUnavailable" });
		expect(failure.permanent).toBeUndefined();
		return String(failure.message);
	};

	test("by not being there", async () => {
		const port = await rawServer(() => {});
		await cleanUps.pop()!();
		expect(await expectUnavailable(port)).toContain("ECONNREFUSED");
	});

	test("by never greeting", async () => {
		await expectUnavailable(await rawServer(() => {}));
	});

	test("by falling silent within the dialogue", async () => {
		await expectUnavailable(await rawServer((socket) => void socket.write("220 mail.example ESMTP\r\n")));
	});

	test("by going on so slowly that no time-out of silence is met; its connection is given up", async () => {
		const port = await rawServer((socket) => {
			socket.write("220 mail.example ESMTP\r\n");
			const drip = setInterval(() => socket.write("250-still thinking\r\n"), 50);
			socket.on("close", () => {
				clearInterval(drip);
				closed.resolve();
			});
		});
		const closed = Promise.withResolvers<void>();
		const smtp = outbox(`smtp://127.0.0.1:${port}`, { ...SHORT, sendMs: 700 });
		expect(await failureOf(smtp.send(mail()))).toMatchObject({
			code: "mailServerUnavailable",
			message: expect.stringContaining("did not finish within 0.7 s"),
		});
		await closed.promise;
	});

	test("by hanging up in the middle of the mail, which is then sent whole", async () => {
		let failing = true;
		const { port, delivered } = await server();
		const relay = await rawServer((socket) => {
			const upstream = connect(port, "127.0.0.1");
			upstream.on("error", () => {});
			upstream.pipe(socket);
			let octets = 0;
			socket.on("data", (chunk: Buffer) => {
				octets += chunk.length;
				if (failing && octets > 5_000) {
					socket.destroy();
					upstream.destroy();
				} else upstream.write(chunk);
			});
			socket.on("close", () => upstream.destroy());
		});
		await expectUnavailable(relay);
		expect(delivered).toEqual([]);
		failing = false;
		await outbox(`smtp://127.0.0.1:${relay}`).send(mail());
		expect(delivered).toHaveLength(1);
	});

	test("by talking nonsense", async () => {
		await expectUnavailable(await rawServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
	});

	test("and works for the next mail once it is back", async () => {
		let deferring = true;
		const { port, delivered } = await server({
			onRcptTo: (_a, _s, done) => done(deferring ? answer(450, "later") : null),
		});
		const smtp = outbox(`smtp://127.0.0.1:${port}`);
		await failureOf(smtp.send(mail()));
		deferring = false;
		await smtp.send(mail());
		expect(delivered).toHaveLength(1);
	});
});

describe("TLS", () => {
	test("a server without STARTTLS gets no mail where TLS is required", async () => {
		const { port, delivered } = await server();
		const failure = await failureOf(outbox(`smtp://127.0.0.1:${port}?tls=required`).send(mail()));
		expect(failure).toMatchObject({ code: "mailServerRefused", message: expect.stringContaining("STARTTLS") });
		expect(failure.permanent).toBeUndefined();
		expect(delivered).toEqual([]);
	});

	test("a certificate that nobody vouches for is not accepted, and the mail goes nowhere", async () => {
		const { port, delivered } = await server({ disabledCommands: [] });
		const failure = await failureOf(outbox(`smtp://127.0.0.1:${port}`).send(mail()));
		expect(failure).toMatchObject({ code: "mailServerUnavailable" });
		expect(failure.message).toMatch(/certificate|self.signed/i);
		expect(delivered).toEqual([]);
	});

	test("tls=none leaves STARTTLS aside", async () => {
		const { port, delivered } = await server({ disabledCommands: [] });
		await outbox(`smtp://127.0.0.1:${port}?tls=none`).send(mail());
		expect(delivered).toMatchObject([{ secure: false }]);
	});
});
