/** One run from the API to the PIN with everything logged: no secret, no digit keyed, no whole phone number in it. */
import { SMTPServer } from "smtp-server";
import { expect, test } from "vitest";
import { startPhones } from "../support/phone.ts";
import { ACCOUNT_SECRET, startPlatform, until } from "../support/platform.ts";
import { speechSignal } from "../support/speech-signal.ts";

const PIN = "739164";
const WRONG_PIN = "582047";
const NEW_PIN = "918375";
const SMTP_PASSWORD = "smtp-password-4711-not-for-logs";
const SMTP_ENCODED = Buffer.from(`\0out\0${SMTP_PASSWORD}`).toString("base64");
const CALLER = "+15557654321";

test("the log of a whole run holds no PIN, key, token, secret or password, and no phone number whole", async () => {
	let mails = 0;
	const server = new SMTPServer({
		disabledCommands: ["STARTTLS"],
		allowInsecureAuth: true,
		disableReverseLookup: true,
		closeTimeout: 50,
		onAuth: ({ password }, _session, callback) => callback(null, password === SMTP_PASSWORD ? { user: "out" } : {}),
		onRcptTo: (_address, _session, callback) =>
			// A first refusal that repeats the password back: servers do such things.
			mails++ === 0
				? callback(Object.assign(new Error(`4.7.1 ${SMTP_PASSWORD} ${SMTP_ENCODED}`), { responseCode: 451 }))
				: callback(),
		onData: (stream, _session, callback) => {
			stream.resume();
			stream.on("end", callback);
		},
	});
	server.on("error", () => {}); // a client that is stopped leaves its connections
	await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
	const { port } = server.server.address() as { port: number };
	const platform = await startPlatform({
		env: { AFTERBEEP_LOG: "debug", AFTERBEEP_SMTP_URL: `smtp://out:${SMTP_PASSWORD}@127.0.0.1:${port}` },
	});
	let number: string;
	try {
		await using phones = await startPhones(platform.sipPort);
		number = await platform.activate({ PIN, Email: "jane@example.com", FirstName: "Jane" });
		expect(
			(await platform.post("/v1.0/numbers/voicemail/activate", { PhoneNumber: number, PIN: `${PIN}77777` })).status,
		).toBe(400);
		const call = await phones.forwarded(number, CALLER);
		await call.hearBeep();
		await call.speak(speechSignal(1.5, 111));
		call.hangUp();
		await platform.messages(number, 1);
		const own = await phones.ownPhone(number);
		await own.hear("enter-pin");
		await own.press(`${WRONG_PIN}#`);
		await own.hear("pin-incorrect");
		await own.press(`${PIN}#`);
		await own.hear("end-of-message");
		await own.press("*");
		await own.hear("main-menu");
		await own.press("4");
		await own.hear("options-menu");
		await own.press("3");
		await own.hear("pin-enter-new");
		await own.press(`${NEW_PIN}#`);
		await own.hear("pin-enter-again");
		await own.press(`${NEW_PIN}#`);
		await own.hear("pin-changed");
		own.hangUp();
		await until("the mail after a refusal", 20_000, async () => mails > 1);
		await platform.untilIdle();
	} finally {
		await platform.stop();
		await new Promise<void>((resolve) => server.close(() => resolve()));
	}
	const log = platform.log();
	// It does hold what it should: otherwise nothing would be proved.
	expect(log).toContain(`...${number.slice(-4)}`);
	expect(log).toContain("debug");
	const secrets = {
		PIN,
		WRONG_PIN,
		NEW_PIN,
		ACCOUNT_SECRET,
		SMTP_PASSWORD,
		SMTP_ENCODED,
		token: "eyJ",
		number: number.slice(1),
		national: number.slice(2),
		caller: CALLER.slice(2),
	};
	const found = Object.entries(secrets).filter(([, text]) => log.includes(text));
	expect(found.map(([name, text]) => [name, log.split("\n").find((line) => line.includes(text))])).toEqual([]);
	// Keys one by one: no field that tells a digit.
	expect(log).not.toMatch(/"(digits?|keys?|pin)":\s*"?[0-9*#]+"?[,}]/i);
});
