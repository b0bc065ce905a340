/**
 * Where all playbacks are sent to. Usage: node bench/retrieval/receiver.ts PORT [answer]. With `answer` each packet is answered
 * by one of silence, as a phone would send. Prints `ready`.
 */
import { createSocket } from "node:dgram";

const SILENCE = 0xff;
const HEADER_OCTETS = 12;

const port = Number(process.argv[2]);
const answers = process.argv[3] === "answer";
const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
socket.on("message", (datagram: Buffer, source) => {
	if (answers && datagram.length >= HEADER_OCTETS) {
		socket.send(datagram.fill(SILENCE, HEADER_OCTETS), source.port, source.address);
	}
});
socket.bind(port, "127.0.0.1", () => console.log("ready"));
