/** Callers who leave messages, played by the real sipp: what its scenarios have in common, and the parts they choose. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSipp, type SippResult, type SippRun } from "../wire/sip/sipp.ts";

export interface SippCallers {
	readonly sipPort: number;
	/** User part of the Request-URI, with its parameters. */
	readonly user: string;
	readonly toUser?: string;
	/** Header lines of the INVITE. */
	readonly headers?: readonly string[];
	/** Calls at the same time; 1 by default. */
	readonly calls?: number;
	/** Raw µ-law that each of them speaks. */
	readonly speech: Uint8Array;
	/** From ACK to the first word. */
	readonly beforeSpeechMs: number;
	/** From the last word to BYE. */
	readonly afterSpeechMs: number;
	/** The offer comes from the platform, in its 200. */
	readonly lateOffer?: boolean;
	/** INVITE and BYE are sent again after their answers. */
	readonly repeated?: boolean;
	/** A hold of this length in the middle of the speech, which is not spoken meanwhile. */
	readonly holdMs?: number;
	readonly transport?: SippRun["transport"];
	readonly more?: readonly string[];
}

/** First RTP port of the next run: two runs at once must not meet. */
let nextRtpPort = 11_000 + 8 * Math.floor(Math.random() * 1000);

export async function leaveBySipp(callers: SippCallers): Promise<SippResult> {
	const folder = await mkdtemp(join(tmpdir(), "sipp-caller-"));
	try {
		const audioFile = join(folder, "speech.ulaw");
		const scenario = join(folder, "scenario.xml");
		await writeFile(audioFile, callers.speech);
		await writeFile(scenario, scenarioOf(callers, audioFile));
		const calls = callers.calls ?? 1;
		const rtpPort = nextRtpPort;
		nextRtpPort += 4 * calls + 4;
		return await runSipp({
			scenario,
			port: callers.sipPort,
			calls,
			perSecond: 20,
			transport: callers.transport ?? "u1",
			timeoutSeconds: 60,
			more: ["-mp", String(rtpPort), ...(callers.more ?? [])],
		});
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

function scenarioOf(callers: SippCallers, audioFile: string): string {
	const speechMs = callers.speech.length / 8;
	const offered = callers.lateOffer !== true;
	const invite = message("INVITE", 1, "inv", offered ? sdp() : undefined, callers);
	const bye = message("BYE", 9, "bye", undefined);
	const again = (...steps: string[]) => (callers.repeated === true ? steps : []);
	const held = callers.holdMs === undefined ? [] : holdSteps(callers.holdMs, speechMs);
	return [
		'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="caller">',
		send(invite, 'retrans="500" start_txn="invite"'),
		receive(100, "invite", true),
		receive(200, "invite"),
		...again(send(invite)),
		send(message("ACK", 1, "ack", offered ? undefined : sdp()), 'ack_txn="invite"'),
		...again(send(invite)),
		pause(callers.beforeSpeechMs),
		`<nop><action><exec rtp_stream="${audioFile},1,0,PCMU/8000" /></action></nop>`,
		...(held.length > 0 ? held : [pause(speechMs)]),
		pause(callers.afterSpeechMs),
		send(bye, 'retrans="500" start_txn="bye"'),
		receive(200, "bye"),
		// sipp answers a further 200 with a further BYE of its own accord, so that these are many.
		...again(send(bye), pause(20)),
		"</scenario>",
	].join("\n");
}

/** Hold and resume by re-INVITE (RFC 3264 §8.4), in the middle of the speech. */
function holdSteps(holdMs: number, speechMs: number): string[] {
	const reinvite = (cseq: number, name: string, direction: string) => [
		send(message("INVITE", cseq, name, sdp(direction)), `retrans="500" start_txn="${name}"`),
		receive(100, name, true),
		receive(200, name),
		send(message("ACK", cseq, `ack${name}`, undefined), `ack_txn="${name}"`),
	];
	return [
		pause(Math.round(speechMs / 2)),
		'<nop><action><exec rtp_stream="pause" /></action></nop>',
		...reinvite(2, "hold", "sendonly"),
		pause(holdMs),
		...reinvite(3, "resume", "sendrecv"),
		'<nop><action><exec rtp_stream="resume" /></action></nop>',
		pause(Math.round(speechMs / 2)),
	];
}

const pause = (ms: number): string => (ms === 0 ? "" : `<pause milliseconds="${Math.round(ms)}"/>`);
const send = (text: string, attributes = ""): string => `<send ${attributes}><![CDATA[\n${text}\n]]></send>`;
const receive = (status: number, transaction: string, optional = false): string =>
	`<recv response="${status}" response_txn="${transaction}" optional="${optional}" rrs="${transaction === "invite" && !optional}"/>`;

function message(
	method: string,
	cseq: number,
	branch: string,
	body: string | undefined,
	initial?: SippCallers,
): string {
	const lines = [
		`${method} ${initial ? sipUri(initial.user) : "[next_url]"} SIP/2.0`,
		`Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-${branch}`,
		"From: <sip:+15551234567@[local_ip]:[local_port]>;tag=[pid]c[call_number]",
		initial ? `To: <${sipUri(initial.toUser ?? initial.user.split(";")[0]!)}>` : "[last_To:]",
		"Call-ID: [call_id]",
		`CSeq: ${cseq} ${method}`,
		"Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>",
		"Max-Forwards: 70",
		...(initial?.headers ?? []),
		...(body === undefined ? [] : ["Content-Type: application/sdp"]),
		"Content-Length: [len]",
		"",
		body ?? "",
	];
	return lines.join("\n");
}

/** @param user user part, and URI parameters behind a semicolon. */
function sipUri(user: string): string {
	const [name, ...params] = user.split(";");
	return [`sip:${name}@[remote_ip]:[remote_port]`, ...params].join(";");
}

function sdp(direction = "sendrecv"): string {
	return [
		"v=0",
		"o=caller 1 1 IN IP[local_ip_type] [local_ip]",
		"s=-",
		"c=IN IP[media_ip_type] [media_ip]",
		"t=0 0",
		"m=audio [rtpstream_audio_port] RTP/AVP 0 101",
		"a=rtpmap:0 PCMU/8000",
		"a=rtpmap:101 telephone-event/8000",
		`a=${direction}`,
		"",
	].join("\n");
}
