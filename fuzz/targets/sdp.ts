/** SDP as offer and as answer: whatever is offered, our answer is SDP that we would read ourselves. */
import { acceptAnswer, answerOffer, makeOffer } from "../../src/media/sdp/index.ts";
import { parseSdp } from "../../src/media/sdp/parse.ts";
import { type FuzzTarget, must } from "../target.ts";
import { sdpText } from "./sip-grammar.ts";

const LOCAL = { address: "198.51.100.1", port: 20_000, sessionId: 1, sessionVersion: 1 };
const OURS = makeOffer(LOCAL);

export const sdp: FuzzTarget = {
	name: "sdp",
	share: 3,
	generate: (random) => Buffer.from(sdpText(random), "latin1"),
	run: (octets) => {
		const text = Buffer.from(octets).toString("latin1");
		const answer = answerOffer(text, LOCAL, "192.0.2.9");
		if (answer.ok) {
			const { negotiated } = answer;
			const read = parseSdp(answer.sdp);
			const offered = parseSdp(text);
			must(read.ok && offered.ok, "our answer is no SDP");
			must(read.lines.length === offered.lines.length, "an answer has as many lines as its offer (RFC 3264 §6)");
			must(read.lines.filter((line) => line.audio !== undefined).length === 1, "one line is taken, the others refused");
			must(negotiated.remotePort > 0 && negotiated.remotePort < 65_536, "a port outside of its range");
			must(negotiated.payloadType >= 0 && negotiated.payloadType < 128, "a payload type outside of its range");
			must(negotiated.ptimeMs >= 10 && negotiated.ptimeMs <= 60, "a packet time that we do not send");
		}
		acceptAnswer(OURS, text, "192.0.2.9");
	},
};
