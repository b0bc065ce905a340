/** The scenario of a subscriber who calls from the own phone, enters the PIN by INFO, and hears the message again and again. */

export interface Listening {
	readonly pin: string;
	/** Where the audio is to go. */
	readonly rtpPort: number;
	/** The phone sends no audio of its own. */
	readonly mute: boolean;
	/** From the message's beginning to BYE. */
	readonly seconds: number;
	/** The key for "play again", so often: below the length of the message, so that it never ends. */
	readonly againSeconds: number;
}

/** From ACK to the first key, and from the PIN to the message: prompts in between are cut short by keys. */
const BEFORE_PIN_MS = 500;
const BEFORE_MESSAGE_MS = 3_000;
const PLAY = "1";

export function listeningCaller(options: Listening): string {
	let cseq = 1;
	const key = (digit: string) => `${send(request("INFO", ++cseq, info(digit)))}${receive(200)}`;
	const pause = (ms: number) => `  <pause milliseconds="${ms}" />\n`;
	const keys = (digits: string) => [...digits].map(key).join("");
	// A message that is no longer new is reached by way of the menu, where the key is the same.
	const opened = `${keys(`${options.pin}#`)}${pause(BEFORE_MESSAGE_MS)}${keys(PLAY)}${pause(1_000)}${keys(PLAY)}`;
	const again: string[] = [];
	for (let left = options.seconds; left > 0; left -= options.againSeconds) {
		if (again.length > 0) again.push(keys(PLAY));
		again.push(pause(Math.min(left, options.againSeconds) * 1_000));
	}
	return [
		'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="retrieval">\n',
		send(invite(options)),
		'  <recv response="100" optional="true" />\n  <recv response="200" rrs="true" />\n',
		`  <send>\n    <![CDATA[\n${request("ACK", 1)}\n]]>\n  </send>\n`,
		pause(BEFORE_PIN_MS),
		opened,
		...again,
		send(request("BYE", ++cseq)),
		receive(200),
		"</scenario>\n",
	].join("");
}

const send = (message: string) => `  <send retrans="500">\n    <![CDATA[\n${message}\n]]>\n  </send>\n`;
const receive = (status: number) => `  <recv response="${status}" />\n`;

const COMMON = [
	"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
	"From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]c[call_number]",
	"Call-ID: [call_id]",
	"Max-Forwards: 70",
];

function invite({ rtpPort, mute }: Listening): string {
	const sdp = [
		...["v=0", "o=caller 1 1 IN IP[local_ip_type] [local_ip]", "s=-", "c=IN IP[media_ip_type] [media_ip]", "t=0 0"],
		...[`m=audio ${rtpPort} RTP/AVP 0 101`, "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000"],
		...(mute ? ["a=recvonly"] : []),
	];
	return [
		"INVITE sip:*86@[remote_ip]:[remote_port] SIP/2.0",
		...COMMON,
		"To: <sip:*86@[remote_ip]:[remote_port]>",
		"CSeq: 1 INVITE",
		"Contact: <sip:caller@[local_ip]:[local_port]>",
		"P-Asserted-Identity: <sip:[field0]@[local_ip]>",
		...["Content-Type: application/sdp", "Content-Length: [len]", "", ...sdp],
	].join("\n");
}

function request(method: string, cseq: number, body?: readonly [string, string]): string {
	return [
		`${method} [next_url] SIP/2.0`,
		...COMMON,
		...["[routes]", "[last_To:]", `CSeq: ${cseq} ${method}`],
		...(body === undefined
			? ["Content-Length: 0", ""]
			: [`Content-Type: ${body[0]}`, "Content-Length: [len]", "", body[1]]),
	].join("\n");
}

const info = (digit: string) => ["application/dtmf-relay", `Signal=${digit}\nDuration=100`] as const;
