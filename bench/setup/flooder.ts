/** A scanner: OPTIONS, REGISTER and INVITE from an address that is nobody's. Usage: node bench/setup/flooder.ts PORT PER_SECOND */
import { createSocket } from "node:dgram";

const STRANGER = "127.0.0.2";
const METHODS = ["OPTIONS", "REGISTER", "INVITE"] as const;
const [port, perSecond] = process.argv.slice(2).map(Number) as [number, number];

const socket = createSocket("udp4");
let sent = 0;

function request(serial: number): string {
	const method = METHODS[serial % METHODS.length]!;
	return [
		`${method} sip:${100 + (serial % 9_900)}@127.0.0.1 SIP/2.0`,
		`Via: SIP/2.0/UDP ${STRANGER}:5060;branch=z9hG4bK-${serial};rport`,
		`From: "sipvicious" <sip:100@1.1.1.1>;tag=${serial}`,
		'To: "sipvicious" <sip:100@1.1.1.1>',
		`Call-ID: ${serial}@${STRANGER}`,
		`CSeq: 1 ${method}`,
		`Contact: <sip:100@${STRANGER}:5060>`,
		"Accept: application/sdp",
		"User-Agent: friendly-scanner",
		"Max-Forwards: 70",
		"Content-Length: 0",
		"",
		"",
	].join("\r\n");
}

socket.bind(0, STRANGER, () => {
	const started = performance.now();
	setInterval(() => {
		const due = ((performance.now() - started) / 1_000) * perSecond;
		for (; sent < due; sent++) socket.send(request(sent), port, "127.0.0.1");
	}, 1);
	console.log("ready");
});
process.on("SIGTERM", () => process.exit(0));
