/** A telephone of the command line: places one call over SIP, speaks, keys and listens over RTP in real time. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { durationMsOf, type TelephoneAudio } from "../../audio/index.ts";
import { Failure, silentLog } from "../../domain/index.ts";
import {
	acceptAnswer,
	G711_CODECS,
	type Media,
	MediaError,
	type MediaEvent,
	type MediaSession,
	makeOffer,
	startMedia,
} from "../../media/index.ts";
import {
	type CallEnd,
	type HeaderField,
	type ListenAddress,
	type OutgoingCall,
	type SipUserAgent,
	startSipUserAgent,
} from "../../sip/index.ts";

/** Ports of the phone's RTP: apart from the platform's own default range. */
const RTP_PORTS = { from: 30_000, to: 31_999 } as const;
/** A platform that sends nothing for so long is gone. */
const RTP_LOST_MS = 20_000;
/** Longest wait for a final answer; a voicemail answers at once. */
const ANSWER_WAIT_MS = 32_000;

export interface PhoneCallOptions {
	readonly next: ListenAddress;
	/** Address to call from; the one on the route to `next` by default. */
	readonly localHost?: string;
	/** Builds the parts of the request that hold our own address. */
	readonly request: (localHost: string) => {
		readonly uri: string;
		readonly from: string;
		readonly to?: string;
		readonly headers: readonly HeaderField[];
	};
	/** Told as it happens. */
	readonly onProgress: (what: string) => void;
	/** Where it is aborted before the answer, the call is cancelled. */
	readonly signal: AbortSignal;
}

/** The call was not answered. */
export class CallRefused extends Error {
	override readonly name = "CallRefused";
	readonly status: number;
	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

/** What was heard in one stretch of listening. */
export interface Heard {
	readonly audio: TelephoneAudio;
	readonly endedBy: "quiet" | "time" | "callEnd";
}

export interface PhoneCall extends AsyncDisposable {
	readonly sipCallId: string;
	/** Resolves when the call is over, however it ended. */
	readonly over: Promise<CallEnd>;
	readonly isOver: boolean;
	/**
	 * Listens until nothing was heard for `quietMs`, or for `maxMs`, or until the call is over.
	 *
	 * @param keys pressed as soon as it listens, so that nothing is missed of what they bring.
	 */
	listen(quietMs: number, maxMs: number, keys?: string): Promise<Heard>;
	/** Speaks; resolves at its end, or at the end of the call. */
	say(audio: TelephoneAudio): Promise<void>;
	hangUp(): void;
}

/** Places a call and waits for its answer. @throws CallRefused. */
export async function placePhoneCall(options: PhoneCallOptions): Promise<PhoneCall> {
	await using opened = new AsyncDisposableStack();
	const folder = await mkdtemp(path.join(tmpdir(), "afterbeep-phone-"));
	opened.defer(() => rm(folder, { recursive: true, force: true }));
	const localHost = options.localHost ?? (await localAddressTowards(options.next));
	const media: Media = opened.use(
		await startMedia({ recordingLogFolder: folder, rtpPorts: RTP_PORTS, workers: 1, log: silentLog }),
	);
	const agent: SipUserAgent = opened.use(
		await startSipUserAgent({
			listen: [{ transport: options.next.transport, host: localHost, port: 0 }],
			isTrusted: (address) => address === options.next.host,
			onCall: (call) => call.reject(486),
			log: silentLog,
			userAgent: "afterbeep call",
		}),
	);
	const listeners = new Set<(event: MediaEvent) => void>();
	const session = await media
		.open({
			bind: localHost,
			onEvent: (event) => {
				for (const listener of listeners) listener(event);
			},
			rtpLostMs: RTP_LOST_MS,
		})
		.catch((error: unknown) => {
			if (!(error instanceof MediaError && error.code === "noPortFree")) throw error;
			const { from, to } = RTP_PORTS;
			const message = `No UDP port for this phone's audio is free in ${from}-${to}`;
			throw new Failure("badInput", message, "Other programs hold them: end some, then call again.", { cause: error });
		});
	opened.defer(() => session.close());
	const dialled = await dial(agent, session, localHost, options);
	const stack = opened.move();
	return phoneCall({ ...dialled, media, session, listeners, close: () => stack.disposeAsync() });
}

interface Dialled {
	readonly outgoing: OutgoingCall;
	readonly over: Promise<CallEnd>;
}

async function dial(
	agent: SipUserAgent,
	session: MediaSession,
	localHost: string,
	options: PhoneCallOptions,
): Promise<Dialled> {
	// The ear of this phone knows the prompts by their octets of G.711.
	const local = { address: localHost, port: session.port, sessionId: Date.now(), sessionVersion: 1 };
	const offer = makeOffer({ ...local, codecs: G711_CODECS });
	const ended = Promise.withResolvers<CallEnd>();
	const answered = Promise.withResolvers<void>();
	const outgoing = agent.placeCall({
		...options.request(localHost),
		next: options.next,
		sdp: offer,
		handlers: {
			onProgress: (status) => options.onProgress(status === 180 ? "ringing" : `progress ${status}`),
			onAnswered: (sdp) => {
				const answer = sdp === undefined ? undefined : acceptAnswer(offer, sdp, options.next.host);
				if (answer === undefined || !answer.ok) {
					answered.reject(new CallRefused(488, `answered, but not with audio we know: ${answer?.why ?? "no SDP"}`));
					return;
				}
				session.connect(answer.negotiated);
				answered.resolve();
			},
			onRejected: (status, reason) => answered.reject(new CallRefused(status, `${status} ${reason}`)),
			onEnded: (why) => ended.resolve(why),
		},
	});
	const timer = setTimeout(() => {
		answered.reject(new CallRefused(408, "no answer"));
		outgoing.cancel();
	}, ANSWER_WAIT_MS);
	const stop = (): void => {
		answered.reject(new CallRefused(487, "stopped by hand"));
		outgoing.cancel();
	};
	options.signal.addEventListener("abort", stop);
	if (options.signal.aborted) stop();
	try {
		await answered.promise;
	} finally {
		clearTimeout(timer);
		options.signal.removeEventListener("abort", stop);
	}
	return { outgoing, over: ended.promise };
}

interface CallParts extends Dialled {
	readonly media: Media;
	readonly session: MediaSession;
	readonly listeners: Set<(event: MediaEvent) => void>;
	close(): Promise<void>;
}

function phoneCall({ outgoing, over, media, session, listeners, close }: CallParts): PhoneCall {
	let isOver = false;
	let count = 0;
	const end = over.then((why) => {
		isOver = true;
		return why;
	});

	/** The next event that fits, the end of the call, or the time; whichever is first. */
	function next(fits: (event: MediaEvent) => boolean, maxMs: number): Promise<MediaEvent | "callEnd" | "time"> {
		const found = Promise.withResolvers<MediaEvent | "callEnd" | "time">();
		const listener = (event: MediaEvent): void => {
			if (fits(event)) found.resolve(event);
		};
		listeners.add(listener);
		const timer = setTimeout(() => found.resolve("time"), maxMs);
		end.then(() => found.resolve("callEnd"));
		return found.promise.finally(() => {
			listeners.delete(listener);
			clearTimeout(timer);
		});
	}

	async function listen(quietMs: number, maxMs: number, keys?: string): Promise<Heard> {
		const recordingId = `heard-${++count}`;
		const heard = next((event) => event.type === "silence" || event.type === "recordingFull", maxMs);
		session.record({ recordingId, header: new Uint8Array(), maxMs: maxMs + 1000, silenceMs: quietMs });
		if (keys !== undefined) session.sendDigits(keys);
		const why = await heard;
		const summary = await session.stopRecording();
		const logged = summary === undefined ? undefined : await media.recordings.read(recordingId);
		await media.recordings.done(recordingId);
		const endedBy = typeof why === "string" ? why : why.type === "silence" ? "quiet" : "time";
		return { audio: logged?.audio ?? { encoding: "PCMU", samples: new Uint8Array() }, endedBy };
	}

	return {
		sipCallId: outgoing.callId,
		over: end,
		get isOver() {
			return isOver;
		},
		listen,
		say: async (audio) => {
			const playId = ++count;
			const spoken = next((event) => event.type === "playEnded" && event.playId === playId, durationMsOf(audio) + 5000);
			session.play(playId, [audio]);
			await spoken;
		},
		hangUp: () => outgoing.hangUp(),
		async [Symbol.asyncDispose]() {
			if (!isOver) outgoing.hangUp();
			await close();
		},
	};
}

/** Our address on the route to the platform: what a connected UDP socket is bound to. Nothing is sent. */
async function localAddressTowards(next: ListenAddress): Promise<string> {
	const socket = createSocket(isIPv6(next.host) ? "udp6" : "udp4");
	try {
		const connected = once(socket, "connect");
		socket.connect(next.port || 5060, next.host);
		await connected;
		return socket.address().address;
	} finally {
		socket.close();
	}
}
