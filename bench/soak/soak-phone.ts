/** The phones of the soak: what a caller does, without an ear for prompts, which would cost more than the platform does. */
import { startSipUserAgent } from "../../src/sip/index.ts";
import { offer } from "../../test/support/phone.ts";
import { openRtpStream, type RtpStream } from "../../test/support/rtp-stream.ts";

export interface SoakCall {
	readonly rtp: RtpStream;
	/** Both sides know that it is over, or have given up asking. */
	readonly over: Promise<unknown>;
	/** Both resolve when all is sent, or the call over. */
	speak(samples: Uint8Array): Promise<void>;
	press(keys: string): Promise<void>;
	isOver(): boolean;
	hangUp(): void;
}

export interface Dialled {
	readonly user: string;
	readonly from: string;
	readonly header: readonly [string, string];
	/** Loses, doubles and swaps RTP by this seed. */
	readonly unreliable?: { readonly seed: number; readonly lossPart: number };
	/** CANCEL after so long; hang up where the answer was faster. */
	readonly cancelAfterMs?: number;
}

export interface SoakPhones extends AsyncDisposable {
	/** @returns the call, or the status that it was refused with. The caller closes its RTP. */
	dial(dialled: Dialled): Promise<SoakCall | number>;
}

export async function startSoakPhones(sipPort: number): Promise<SoakPhones> {
	const quiet = () => {};
	const agent = await startSipUserAgent({
		listen: [{ transport: "udp", host: "127.0.0.1", port: 0 }],
		isTrusted: () => true,
		onCall: (call) => call.reject(486),
		log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
	});
	return {
		dial: async ({ user, from, header, unreliable, cancelAfterMs }) => {
			const rtp = await openRtpStream(unreliable === undefined ? {} : { unreliable });
			const answered = Promise.withResolvers<string | number>();
			const over = Promise.withResolvers<void>();
			let isOver = false;
			const outgoing = agent.placeCall({
				uri: `sip:${user}@127.0.0.1`,
				to: `<sip:${user}@127.0.0.1>`,
				from: `<sip:${from}@127.0.0.1>`,
				headers: [header],
				next: { transport: "udp", host: "127.0.0.1", port: sipPort },
				sdp: offer(rtp.port),
				handlers: {
					onAnswered: (sdp) => answered.resolve(sdp ?? ""),
					onRejected: (status) => answered.resolve(status),
					onEnded: () => {
						isOver = true;
						over.resolve();
						rtp.mute();
					},
				},
			});
			const cancelling = cancelAfterMs === undefined ? undefined : setTimeout(() => outgoing.cancel(), cancelAfterMs);
			const answer = await answered.promise;
			clearTimeout(cancelling);
			if (typeof answer === "number") {
				rtp.close();
				return answer;
			}
			const port = Number(/^m=audio (\d+)/m.exec(answer)?.[1]);
			if (cancelAfterMs === undefined) rtp.sendTo(port);
			return {
				rtp,
				over: over.promise,
				isOver: () => isOver,
				speak: (samples) => Promise.race([rtp.speak(samples), over.promise]),
				press: (keys) => Promise.race([rtp.press(keys), over.promise]),
				hangUp: () => {
					rtp.mute();
					outgoing.hangUp();
				},
			};
		},
		[Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
	};
}
