/** Telephones for tests of the whole platform: calls over our SIP stack, RTP by a stream of their own. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeG711 } from "../../src/audio/index.ts";
import { createPromptRecogniser } from "../../src/cli/phone/hearing.ts";
import { type CallEnd, type HeaderField, startSipUserAgent, type TlsOptions } from "../../src/sip/index.ts";
import { loadPrompts, type PromptId } from "../../src/speech/index.ts";
import { projectRoot, until } from "./platform.ts";
import { openRtpStream, type RtpStream, type RtpStreamOptions, TELEPHONE_EVENT } from "./rtp-stream.ts";

export interface Dialling {
	/** User part of the Request-URI, with URI parameters behind a semicolon. */
	readonly user: string;
	readonly toUser?: string;
	readonly from: string;
	readonly headers?: readonly HeaderField[];
	readonly rtp?: RtpStreamOptions;
}

export interface TestCall {
	readonly sipCallId: string;
	/** Where the platform receives our RTP. */
	readonly remoteRtpPort: number;
	readonly rtp: RtpStream;
	readonly over: Promise<CallEnd>;
	readonly isOver: boolean;
	/** Waits until a prompt is heard that was not heard before, wholly or in part. @returns its id. */
	hear(...anyOf: PromptId[]): Promise<PromptId>;
	/** Waits until the beep is over, and as long as a person takes to answer it. */
	hearBeep(): Promise<void>;
	speak(samples: Uint8Array): Promise<void>;
	press(keys: string): Promise<void>;
	/** All that was heard so far, linear. */
	heard(): Int16Array;
	hangUp(): void;
}

export interface Phones extends AsyncDisposable {
	/** @throws Error naming the status when it is not answered. */
	dial(dialling: Dialling): Promise<TestCall>;
	/** A call that nobody answered, forwarded to voicemail. */
	forwarded(number: string, from?: string, rtp?: RtpStreamOptions): Promise<TestCall>;
	/** A subscriber's own phone calls the access number. */
	ownPhone(number: string): Promise<TestCall>;
	/** INVITE, and CANCEL after so long. @returns what came of it. */
	cancelled(number: string, afterMs: number): Promise<"rejected" | "ended">;
}

const HEAR_MS = 20_000;
/**
 * Nobody speaks sooner after a beep. Its last packet is here 20 ms before its end, and the platform records once its end
 * has gone from one thread to another and back: who speaks at once loses a packet or two at the beginning.
 */
const REACTION_MS = 150;

/** @param tls over TLS with these, instead of UDP. */
export async function startPhones(sipPort: number, tls?: TlsOptions): Promise<Phones> {
	await using opened = new AsyncDisposableStack();
	const library = await loadPrompts(join(projectRoot, "prompts"));
	const texts = JSON.parse(await readFile(join(projectRoot, "prompts/catalogue.json"), "utf8")) as Record<
		string,
		string
	>;
	const quiet = () => {};
	const agent = opened.use(
		await startSipUserAgent({
			listen: [{ transport: "udp", host: "127.0.0.1", port: 0 }],
			isTrusted: () => true,
			...(tls === undefined ? {} : { tls }),
			onCall: (call) => call.reject(486),
			log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
		}),
	);
	const next = { transport: tls === undefined ? "udp" : "tls", host: "127.0.0.1", port: sipPort } as const;
	const running = opened.move();

	const dial = async (dialling: Dialling): Promise<TestCall> => {
		const rtp = await openRtpStream(dialling.rtp);
		const ended = Promise.withResolvers<CallEnd>();
		const answered = Promise.withResolvers<string>();
		let isOver = false;
		const outgoing = agent.placeCall({
			...parties(dialling),
			next,
			sdp: offer(rtp.port),
			handlers: {
				onAnswered: (sdp) => answered.resolve(sdp ?? ""),
				onRejected: (status, reason) => answered.reject(new Error(`not answered: ${status} ${reason}`)),
				onEnded: (why) => {
					isOver = true;
					ended.resolve(why);
					rtp.mute();
				},
			},
		});
		const remoteRtpPort = Number(/^m=audio (\d+)/m.exec(await answered.promise)?.[1]);
		rtp.sendTo(remoteRtpPort);
		running.defer(() => {
			if (!isOver) outgoing.hangUp();
			rtp.close();
		});
		let cursor = 0;
		const hear = async (...anyOf: PromptId[]): Promise<PromptId> => {
			const known = anyOf.map((id) => ({ id, text: texts[id] ?? "", samples: library.audio(id).samples }));
			const recognise = createPromptRecogniser(known);
			const found = await until(`to hear ${anyOf.join(" or ")}`, HEAR_MS, async () => {
				const prompts = recognise(rtp.heard().subarray(cursor));
				if (prompts[0] === undefined && isOver) throw new Error(`call over before ${anyOf.join(" or ")}`);
				return prompts[0];
			});
			const length = known.find((prompt) => prompt.id === found.id)!.samples.length;
			cursor = Math.max(cursor, cursor + found.atMs * 8 + length);
			return found.id as PromptId;
		};
		return {
			sipCallId: outgoing.callId,
			remoteRtpPort,
			rtp,
			over: ended.promise,
			get isOver() {
				return isOver;
			},
			hear,
			hearBeep: async () => {
				await hear("beep");
				await until("the end of the beep", 5_000, async () => rtp.heard().length >= cursor);
				await new Promise((done) => setTimeout(done, REACTION_MS));
			},
			speak: (samples) => rtp.speak(samples),
			press: (keys) => {
				// A prompt that is cut short does not hide the one that follows it.
				cursor = Math.min(cursor, rtp.heard().length);
				return rtp.press(keys);
			},
			heard: () => decodeG711({ encoding: "PCMU", samples: rtp.heard() }),
			hangUp: () => outgoing.hangUp(),
		};
	};
	return {
		dial,
		forwarded: (number, from = "+15551234567", rtp = {}) =>
			dial({ user: "voicemail", from, headers: [["Diversion", `<sip:${number}@127.0.0.1>;reason=no-answer`]], rtp }),
		ownPhone: (number) =>
			dial({ user: "*86", from: number, headers: [["P-Asserted-Identity", `<sip:${number}@127.0.0.1>`]] }),
		cancelled: async (number, afterMs) => {
			const rtp = await openRtpStream();
			const done = Promise.withResolvers<"rejected" | "ended">();
			const outgoing = agent.placeCall({
				...parties({ user: number, from: "+15551234567" }),
				next,
				sdp: offer(rtp.port),
				handlers: { onRejected: () => done.resolve("rejected"), onEnded: () => done.resolve("ended") },
			});
			await new Promise((resolve) => setTimeout(resolve, afterMs));
			outgoing.cancel();
			const ending = setTimeout(() => outgoing.hangUp(), 300);
			return done.promise.finally(() => {
				clearTimeout(ending);
				rtp.close();
			});
		},
		[Symbol.asyncDispose]: () => running.disposeAsync(),
	};
}

function parties({ user, toUser, from, headers = [] }: Dialling) {
	const [name, ...params] = user.split(";");
	const uri = [`sip:${name}@127.0.0.1`, ...params].join(";");
	const to = `<sip:${toUser ?? name}@127.0.0.1>`;
	return { uri, to, from: `<sip:${from}@127.0.0.1>`, headers };
}

/** PCMU and telephone events at a port of this machine. */
export function offer(port: number): string {
	return [
		"v=0",
		"o=phone 1 1 IN IP4 127.0.0.1",
		"s=-",
		"c=IN IP4 127.0.0.1",
		"t=0 0",
		`m=audio ${port} RTP/AVP 0 ${TELEPHONE_EVENT}`,
		"a=rtpmap:0 PCMU/8000",
		`a=rtpmap:${TELEPHONE_EVENT} telephone-event/8000`,
		`a=fmtp:${TELEPHONE_EVENT} 0-16`,
		"",
	].join("\r\n");
}
