/** A user agent that answers every call with the same description, and keeps what it was told. */
import {
	type CallEnd,
	type IncomingCall,
	type SipUserAgent,
	type SipUserAgentOptions,
	startSipUserAgent,
} from "../../../src/sip/index.ts";

export const ANSWER = [
	"v=0",
	"o=- 1 1 IN IP4 127.0.0.1",
	"s=-",
	"c=IN IP4 127.0.0.1",
	"t=0 0",
	"m=audio 30000 RTP/AVP 0",
	"a=rtpmap:0 PCMU/8000",
	"",
].join("\r\n");

export interface AnsweringAgent extends AsyncDisposable {
	readonly agent: SipUserAgent;
	readonly port: number;
	readonly calls: IncomingCall[];
	readonly ends: CallEnd[];
	readonly confirmed: (string | undefined)[];
	/** Offers of re-INVITE, UPDATE and PRACK. */
	readonly reinvites: (string | undefined)[];
	readonly keys: string[];
	/** What PRACKs brought; "lost" where none came. */
	readonly pracks: (string | undefined)[];
	cancelled: number;
	/** Errors and warnings of the stack. */
	readonly complaints: string[];
}

export interface AnsweringOptions {
	readonly transport?: "udp" | "tcp";
	/** Answers after so long; at once by default. "never" waits for the caller to give up. */
	readonly answerAfterMs?: number | "never";
	readonly onCall?: (call: IncomingCall) => void;
	readonly callsMax?: number;
	readonly t1Ms?: number;
	readonly isTrusted?: (address: string) => boolean;
	/** Further settings of the agent. */
	readonly agent?: Partial<SipUserAgentOptions>;
}

export async function startAnsweringAgent(options: AnsweringOptions = {}): Promise<AnsweringAgent> {
	const calls: IncomingCall[] = [];
	const ends: CallEnd[] = [];
	const confirmed: (string | undefined)[] = [];
	const reinvites: (string | undefined)[] = [];
	const keys: string[] = [];
	const pracks: (string | undefined)[] = [];
	const complaints: string[] = [];
	const complain = (fields: object, message: string): void => {
		complaints.push(`${message} ${JSON.stringify(fields)}`);
	};
	const agent = await startSipUserAgent({
		listen: [{ transport: options.transport ?? "udp", host: "127.0.0.1", port: 0 }],
		isTrusted: options.isTrusted ?? (() => true),
		log: { debug: () => {}, info: () => {}, warn: complain, error: complain },
		...(options.callsMax === undefined ? {} : { callsMax: options.callsMax }),
		...(options.t1Ms === undefined ? {} : { t1Ms: options.t1Ms }),
		...options.agent,
		onCall: (call) => {
			calls.push(call);
			call.handlers = {
				onCancelled: () => {
					running.cancelled++;
				},
				onProgressConfirmed: (answer) => pracks.push(answer),
				onProgressLost: () => pracks.push("lost"),
				onConfirmed: (answer) => confirmed.push(answer),
				onDigit: (key) => keys.push(key),
				onReinvite: (offer) => {
					reinvites.push(offer);
					return { sdp: ANSWER };
				},
				onEnded: (why) => ends.push(why),
			};
			if (options.onCall !== undefined) options.onCall(call);
			else answer(call, options.answerAfterMs);
		},
	});
	const running: AnsweringAgent = {
		agent,
		port: agent.listening[0]?.port ?? 0,
		calls,
		ends,
		confirmed,
		reinvites,
		keys,
		pracks,
		cancelled: 0,
		complaints,
		[Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
	};
	return running;
}

function answer(call: IncomingCall, afterMs: AnsweringOptions["answerAfterMs"] = 0): void {
	if (afterMs === "never") call.progress(180);
	else if (afterMs === 0) call.answer(ANSWER);
	else {
		call.progress(180);
		setTimeout(() => call.answer(ANSWER), afterMs);
	}
}
