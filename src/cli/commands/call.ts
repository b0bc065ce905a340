/** `afterbeep call`: a telephone on the command line, to leave a message or to hear some. */
import { isWildcard, readListenAddress } from "../../config/index.ts";
import { readStatusFile } from "../../platform/status-file.ts";
import type { ListenAddress } from "../../sip/index.ts";
import { type Command, type Invocation, UsageError } from "../command.ts";
import { phoneNumberArgument } from "../input.ts";
import { readKeyScript } from "../phone/key-script.ts";
import type { CallPlan } from "../phone/run-call.ts";

const CALLER_DEFAULT = "+15551234567";
const SECONDS_MAX = 900;

export const call: Command = {
	name: "call",
	summary: "Make a real call: leave a message, or with --pin hear messages",
	positionals: [{ name: "NUMBER", required: true }],
	options: {
		wav: { value: "FILE", meaning: "what is spoken after the beep (a spoken sample)" },
		pin: { value: "PIN", meaning: "call the access number as the owner of NUMBER and key this PIN" },
		keys: { value: "SCRIPT", meaning: "keys after the PIN: 1w5 9 is key 1, wait 5 s, wait until quiet, key 9" },
		to: { value: "ADDRESS", meaning: "platform (the one that runs on the data folder, or udp:127.0.0.1:5060)" },
		from: { value: "NUMBER", meaning: `the caller's number (${CALLER_DEFAULT}; with --pin the NUMBER itself)` },
		record: { value: "FILE.wav", meaning: "write what is heard to this file" },
		seconds: { value: "N", meaning: "longest message or listening, seconds (60)" },
	},
	details: `
Without --pin the call reaches the platform as one that NUMBER did not answer: Diversion and History-Info name it.
The greeting is heard, the beep awaited, the sample spoken in real time as G.711 over RTP, then the call is ended.
With --pin the call goes to the access number with NUMBER as its asserted identity; keys are sent by RFC 4733.
Exit code 0 only if the call was answered and did what it should.`,
	examples: [
		"afterbeep call +11234567890",
		"afterbeep call +11234567890 --wav hello.wav --from +15557654321",
		'afterbeep call +11234567890 --pin 4821 --keys "1w20 9" --record heard.wav',
		"afterbeep call +11234567890 --to tcp:192.0.2.7:5060 --json",
	],
	run: async (invocation) => {
		const number = phoneNumberArgument(invocation.positionals[0]!);
		const from = invocation.value("from");
		const pin = invocation.value("pin");
		if (pin !== undefined && !/^\d{1,20}$/.test(pin)) throw new UsageError("--pin is not a row of digits.");
		if (pin === undefined && invocation.value("keys") !== undefined) throw new UsageError("--keys needs --pin.");
		if (pin !== undefined && invocation.value("wav") !== undefined)
			throw new UsageError("--wav and --pin do not go together.");
		const plan: CallPlan = {
			number,
			pin,
			caller: from === undefined ? (pin === undefined ? CALLER_DEFAULT : number) : phoneNumberArgument(from),
			next: platformAddress(invocation),
			accessNumber: invocation.config().accessNumbers[0]!,
			secondsMax: secondsOption(invocation),
			script: readKeyScript(invocation.value("keys") ?? ""),
		};
		const { runCall } = await import("../phone/run-call.ts");
		return runCall(invocation, plan);
	},
};

function platformAddress(invocation: Invocation): ListenAddress {
	const given = invocation.value("to");
	if (given !== undefined) {
		const reading = readListenAddress(given.includes(":") && /^(udp|tcp|tls):/i.test(given) ? given : `udp:${given}`);
		if (!reading.ok) throw new UsageError(`--to: ${reading.why}.`);
		return reading.value;
	}
	const config = invocation.config();
	const running = readStatusFile(config.dataFolder)?.sip[0];
	const reading = running === undefined ? undefined : readListenAddress(running);
	const address = reading?.ok ? reading.value : config.sip[0]!;
	return isWildcard(address.host) ? { ...address, host: address.host.includes(":") ? "::1" : "127.0.0.1" } : address;
}

function secondsOption(invocation: Invocation): number {
	const text = invocation.value("seconds") ?? "60";
	const number = Number(text);
	if (!/^\d{1,3}(\.\d+)?$/.test(text) || number <= 0 || number > SECONDS_MAX) {
		throw new UsageError(`--seconds is "${text}", not a number up to ${SECONDS_MAX}.`);
	}
	return number;
}
