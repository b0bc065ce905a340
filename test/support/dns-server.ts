/** A name server of our own: answers from a table over UDP, and counts what it was asked. RFC 1035 §4. */
import { createSocket } from "node:dgram";
import { once } from "node:events";

export type DnsRecord =
	| { readonly type: "A" | "AAAA"; readonly address: string; readonly ttl?: number }
	| {
			readonly type: "SRV";
			readonly priority: number;
			readonly weight: number;
			readonly port: number;
			readonly target: string;
	  }
	| {
			readonly type: "NAPTR";
			readonly order: number;
			readonly preference: number;
			readonly service: string;
			readonly replacement: string;
	  };

const TYPES = { A: 1, AAAA: 28, SRV: 33, NAPTR: 35 } as const;
const IN = 1;
const NAME_ERROR = 3;

export interface DnsServer extends AsyncDisposable {
	/** For `dnsServers`. */
	readonly address: string;
	/** `SRV _sip._udp.example.test`, in the order in which it was asked. */
	readonly asked: readonly string[];
	readonly records: Map<string, readonly DnsRecord[]>;
}

/** @param records by name, in lower case. */
export async function startDnsServer(records: Readonly<Record<string, readonly DnsRecord[]>>): Promise<DnsServer> {
	const socket = createSocket("udp4");
	const table = new Map(Object.entries(records));
	const asked: string[] = [];
	socket.on("message", (query, peer) => {
		const { name, type, end } = questionOf(query);
		const typeName = Object.entries(TYPES).find(([, number]) => number === type)?.[0] ?? String(type);
		asked.push(`${typeName} ${name}`);
		const known = table.get(name);
		const answers = (known ?? []).filter((record) => record.type === typeName);
		const head = Buffer.alloc(12);
		query.copy(head, 0, 0, 2);
		head.writeUInt16BE(0x8180 | (known === undefined ? NAME_ERROR : 0), 2);
		head.writeUInt16BE(1, 4);
		head.writeUInt16BE(answers.length, 6);
		const body = answers.map((record) => answer(record));
		socket.send(Buffer.concat([head, query.subarray(12, end), ...body]), peer.port, peer.address);
	});
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	return {
		address: `127.0.0.1:${socket.address().port}`,
		asked,
		records: table,
		[Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
	};
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
	const labels: string[] = [];
	let at = 12;
	for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
		labels.push(query.toString("latin1", at + 1, at + 1 + length).toLowerCase());
		at += length + 1;
	}
	return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answer(record: DnsRecord): Buffer {
	const data = dataOf(record);
	const head = Buffer.alloc(12);
	head.writeUInt16BE(0xc00c, 0); // the name of the question
	head.writeUInt16BE(TYPES[record.type], 2);
	head.writeUInt16BE(IN, 4);
	head.writeUInt32BE("ttl" in record ? (record.ttl ?? 300) : 300, 6);
	head.writeUInt16BE(data.length, 10);
	return Buffer.concat([head, data]);
}

function dataOf(record: DnsRecord): Buffer {
	switch (record.type) {
		case "A":
			return Buffer.from(record.address.split(".").map(Number));
		case "AAAA": {
			const [head = "", tail = ""] = record.address.split("::");
			const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
			const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill("0");
			const all = [...groups(head), ...zeros, ...groups(tail)];
			return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
		}
		case "SRV":
			return Buffer.concat([shorts(record.priority, record.weight, record.port), nameOf(record.target)]);
		case "NAPTR": {
			const texts = ["s", record.service, ""].map((text) => Buffer.from(`${String.fromCharCode(text.length)}${text}`));
			return Buffer.concat([shorts(record.order, record.preference), ...texts, nameOf(record.replacement)]);
		}
	}
}

function shorts(...numbers: readonly number[]): Buffer {
	return Buffer.from(numbers.flatMap((number) => [number >> 8, number & 255]));
}

function nameOf(name: string): Buffer {
	const labels = name === "." ? [] : name.split(".");
	return Buffer.from([...labels, ""].map((label) => `${String.fromCharCode(label.length)}${label}`).join(""), "latin1");
}
