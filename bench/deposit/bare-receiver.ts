/**
 * The limit of the deposit bench: what this runtime needs merely to receive and count. Answers INVITE with a port of its
 * own and BYE with 200 from templates, and counts the RTP octets; no parser, no transaction, no storage. So the very same
 * sipp scenario runs against it and against the platform.
 *
 * Usage: node bench/deposit/bare-receiver.ts SIP_PORT FIRST_RTP_PORT SOCKETS. Prints `ready`, and on SIGTERM one line of JSON.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";

const [sipPort, firstRtpPort, sockets] = process.argv.slice(2).map(Number) as [number, number, number];
let packets = 0;
let octets = 0;

async function receiver(port: number): Promise<Socket> {
	const socket = createSocket({ type: "udp4", recvBufferSize: 256 * 1024 });
	socket.on("message", (data: Buffer) => {
		packets++;
		octets += data.length;
	});
	await new Promise<void>((done, fail) => socket.once("error", fail).bind(port, "127.0.0.1", done));
	return socket;
}

const header = (text: string, name: string) => text.match(new RegExp(`^${name}:[^\\r]*`, "im"))?.[0] ?? "";

function answer(text: string, port: number): string {
	const invite = text.startsWith("INVITE");
	const to = header(text, "To");
	const sdp = invite
		? `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n`
		: "";
	return [
		"SIP/2.0 200 OK",
		header(text, "Via"),
		header(text, "From"),
		to.includes("tag=") ? to : `${to};tag=bare`,
		header(text, "Call-ID"),
		header(text, "CSeq"),
		`Contact: <sip:bare@127.0.0.1:${sipPort}>`,
		...(invite ? ["Content-Type: application/sdp"] : []),
		`Content-Length: ${sdp.length}`,
		"",
		sdp,
	].join("\r\n");
}

const ports: Socket[] = [];
for (let i = 0; i < sockets; i++) ports.push(await receiver(firstRtpPort + 2 * i));

let next = 0;
const sip = createSocket("udp4");
sip.on("message", (data: Buffer, from: RemoteInfo) => {
	const text = data.toString("latin1");
	if (text.startsWith("ACK")) return;
	const port = firstRtpPort + 2 * (next % sockets);
	if (text.startsWith("INVITE")) next++;
	sip.send(answer(text, port), from.port, from.address);
});
sip.bind(sipPort, "127.0.0.1", () => console.log("ready"));

process.on("SIGTERM", () => {
	console.log(JSON.stringify({ packets, octets }));
	process.exit(0);
});
