/** A process that records until it is killed. Arguments: log folder, first RTP port, port of the peer. */
import { answerOffer, startMedia } from "../../../src/media/index.ts";

const [folder, firstPort, peerPort] = process.argv.slice(2);
const quiet = (): void => {};
const media = await startMedia({
	recordingLogFolder: folder!,
	rtpPorts: { from: Number(firstPort), to: Number(firstPort) + 199 },
	workers: 2,
	log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
const session = await media.open({ bind: "127.0.0.1", rtpLostMs: 0, onEvent: quiet });
const offer = `v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio ${peerPort} RTP/AVP 0\r\n`;
const answer = answerOffer(offer, { address: "127.0.0.1", port: session.port, sessionId: 1, sessionVersion: 1 });
if (!answer.ok) throw new Error(answer.why);
session.connect(answer.negotiated);
session.record({ recordingId: "KILLED", header: Buffer.from("facts"), maxMs: 60_000, silenceMs: 0 });
process.stdout.write(`${session.port}\n`);
