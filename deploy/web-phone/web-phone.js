/** A telephone in a web page: JsSIP speaks SIP over WebSocket, the browser itself does the media. For any bundler. */
import JsSIP from "jssip";

/**
 * Calls a number and sends the microphone until one of both hangs up. Needs a page from https or from localhost:
 * elsewhere browsers give out no microphone.
 *
 * @param {object} options
 * @param {string} options.proxy Kamailio's WebSocket: `wss://sip.example.com`, from pages of localhost also `ws:`.
 * @param {string} options.user of `afterbeep phones add`.
 * @param {string} options.password beside it.
 * @param {string} options.number as it is dialled.
 * @param {HTMLAudioElement} options.loudspeaker plays what the other side says.
 * @param {MediaTrackConstraints} [options.microphone] of getUserMedia.
 * @param {RTCIceServer[]} [options.iceServers] for browsers behind firewalls that let only TURN through.
 * @param {(state: "calling" | "answered" | "ended" | "failed", detail: string) => void} options.onChange the detail is the
 *   number, the codec that is spoken, or why it is over.
 * @returns {{ hangUp(): void }}
 */
export function call({ proxy, user, password, number, loudspeaker, microphone, iceServers, onChange }) {
	const host = new URL(proxy).hostname;
	const phone = new JsSIP.UA({
		sockets: [new JsSIP.WebSocketInterface(proxy)],
		uri: `sip:${user}@${host}`,
		password,
		register: false,
	});
	let over = false;
	let session;
	const end = (state, detail) => {
		if (over) return;
		over = true;
		onChange(state, detail);
		phone.stop();
	};
	const begin = () => {
		if (session !== undefined) return;
		session = phone.call(`sip:${number}@${host}`, {
			mediaConstraints: { audio: microphone ?? true, video: false },
			pcConfig: { iceServers: iceServers ?? [] },
		});
		session.connection?.addEventListener("track", ({ track }) => {
			loudspeaker.srcObject = new MediaStream([track]);
		});
		session.on("accepted", () => onChange("answered", codecOf(session.connection.remoteDescription.sdp)));
		session.on("ended", ({ cause }) => end("ended", cause));
		session.on("failed", ({ cause }) => end("failed", cause));
	};
	phone.on("connected", begin);
	phone.on("disconnected", ({ reason }) => end("failed", reason ?? "the proxy does not answer"));
	phone.start();
	onChange("calling", number);
	return {
		hangUp: () => {
			if (session === undefined) end("failed", "hung up");
			else if (!session.isEnded()) session.terminate();
		},
	};
}

/** The first of the answer: the one that is sent. */
function codecOf(sdp) {
	const payloadType = /^m=audio \d+ \S+ (\d+)/m.exec(sdp)?.[1];
	return new RegExp(`^a=rtpmap:${payloadType} (\\S+)`, "m").exec(sdp)?.[1] ?? `payload type ${payloadType}`;
}
