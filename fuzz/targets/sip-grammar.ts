/** SIP messages by the grammar of RFC 3261 §25, with the freedom that it leaves and peers take. */
import type { SeededRandom } from "../../test/support/seeded-random.ts";

const METHODS = [
	"INVITE",
	"ACK",
	"BYE",
	"CANCEL",
	"OPTIONS",
	"REGISTER",
	"PRACK",
	"UPDATE",
	"INFO",
	"SUBSCRIBE",
	"x-y.z",
];
const HOSTS = ["192.0.2.9", "example.com", "[2001:db8::9]", "[::ffff:192.0.2.9]", "a.b-c.example", "198.51.100.1."];
const USERS = [
	"voicemail",
	"+15551234567",
	"*86",
	"100",
	"a%20b",
	"alice;day=tuesday",
	"%C3%A9t%C3%A9",
	"1-555-123.4567",
];
const SHORT: Record<string, string> = {
	Via: "v",
	From: "f",
	To: "t",
	"Call-ID": "i",
	Contact: "m",
	"Content-Length": "l",
	"Content-Type": "c",
	Supported: "k",
	"Session-Expires": "x",
	Identity: "y",
	Subject: "s",
};

export function uri(random: SeededRandom): string {
	const scheme = random.pick(["sip", "sips", "SIP", "tel", "sip"]);
	if (scheme === "tel") return `tel:${random.pick(["+1-555-123-4567", "911;phone-context=+1", "*86"])}`;
	const port = random.chance(0.3) ? `:${random.between(0, 70_000)}` : "";
	const params = random.pick([
		"",
		"",
		";transport=tcp",
		";lr",
		";user=phone",
		";cause=408",
		";a=b;c",
		";maddr=192.0.2.7",
	]);
	const headers = random.chance(0.05) ? "?Replaces=x%3Bto-tag%3D1&Subject=" : "";
	return `${scheme}:${random.pick(USERS)}@${random.pick(HOSTS)}${port}${params}${headers}`;
}

function nameAddr(random: SeededRandom, params = ""): string {
	const name = random.pick(["", "", '"A. G. Bell" ', "Bell ", '"q\\"\\\\" ', '"é, <x>" ', "a b c "]);
	const bare = name === "" && random.chance(0.1);
	return bare ? `${uri(random)}${params}` : `${name}<${uri(random)}>${params}`;
}

function via(random: SeededRandom): string {
	const branch = random.chance(0.9) ? `;branch=z9hG4bK${random.between(0, 99)}` : ";branch=old";
	const extra = random.pick(["", ";rport", ";rport=5", ";received=192.0.2.1", ";alias", ';x="a;b"', ";ttl=16"]);
	return `SIP / 2.0 / ${random.pick(["UDP", "TCP", "TLS", "WS", "udp"])} ${random.pick(HOSTS)}:5062${branch}${extra}`.replace(
		/ \/ /g,
		random.chance(0.9) ? "/" : " / ",
	);
}

/** Fields beside those that every message has. */
const FIELDS: Record<string, (random: SeededRandom) => string> = {
	Contact: (random) => random.pick(["*", nameAddr(random), `${nameAddr(random)};expires=60, ${nameAddr(random)}`]),
	"Record-Route": (random) => `<${uri(random)};lr>, <${uri(random)};lr>`,
	Route: (random) => `<${uri(random)};lr>`,
	Diversion: (random) => nameAddr(random, `;reason=${random.pick(["no-answer", "user-busy", '"do not"'])};counter=1`),
	"History-Info": (random) =>
		`<${uri(random)}?Reason=SIP%3Bcause%3D480>;index=1;mp=1, ${nameAddr(random, `;index=1.${random.between(0, 99)};rc=1`)}`,
	"P-Asserted-Identity": (random) => `${nameAddr(random)}, <tel:+15551234567>`,
	Privacy: (random) => random.pick(["id", "none", "header;session;id", "history;critical"]),
	Require: (random) => random.pick(["100rel", "timer, 100rel", "nothing-known", ""]),
	Supported: () => "100rel, timer, replaces, histinfo",
	RAck: (random) => `${random.between(0, 9)} ${random.between(0, 9)} INVITE`,
	RSeq: (random) => `${random.between(0, 2 ** 33)}`,
	"Session-Expires": (random) => `${random.between(0, 9999)};refresher=${random.pick(["uas", "uac", "x"])}`,
	"Min-SE": (random) => `${random.between(0, 9999)}`,
	Replaces: (random) => `c${random.between(0, 3)};to-tag=1;from-tag=${random.pick(["2", '"3"'])};early-only`,
	Reason: () => 'SIP;cause=200;text="elsewhere, really", Q.850;cause=16',
	Event: () => "message-summary;id=1",
	Expires: (random) => `${random.between(0, 2 ** 33)}`,
	Authorization: () => 'Digest username="a", realm="b", nonce="c", uri="sip:d", response="e", nc=00000001, qop=auth',
	Identity: () => "eyJhbGciOiJFUzI1NiJ9.eyJhdHRlc3QiOiJBIn0.c2ln;info=<https://cert.example>;alg=ES256",
	Date: () => "Mon, 23 Nov 2026 19:00:00 GMT",
	Subject: (random) => random.pick(["", "two\r\n  lines", "é", '"'.repeat(3)]),
	"X-Unknown": (random) => "a, b;c=d ".repeat(random.between(0, 5)),
};
const NAMES = Object.keys(FIELDS);

export function sdpText(random: SeededRandom): string {
	const address = random.pick(["IP4 192.0.2.9", "IP6 2001:db8::9", "IP4 0.0.0.0", "IP4 example.com"]);
	const types = random.pick(["0 8 101", "8", "9 0 96 97 101 102", "111 0", "0 13 101", "99", ""]);
	const lines = [
		"v=0",
		`o=- ${random.between(0, 9)} 1 IN ${address}`,
		"s=-",
		...(random.chance(0.9) ? [`c=IN ${address}`] : []),
		"t=0 0",
		...(random.chance(0.2) ? [`m=video ${random.between(0, 9999)} RTP/AVP 96`, "a=rtpmap:96 H264/90000"] : []),
		`m=audio ${random.between(0, 70_000)} ${random.pick(["RTP/AVP", "RTP/SAVP", "RTP/AVPF", "udp"])} ${types}`,
		...[
			"a=rtpmap:101 telephone-event/8000",
			"a=fmtp:101 0-15",
			"a=rtpmap:111 opus/48000/2",
			"a=rtpmap:9 G722/8000",
		].filter(() => random.chance(0.6)),
		...(random.chance(0.3) ? [`a=ptime:${random.between(0, 200)}`, `a=rtcp:${random.between(0, 70_000)}`] : []),
		...(random.chance(0.3) ? [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${"A".repeat(random.between(0, 60))}`] : []),
		...(random.chance(0.5) ? [`a=${random.pick(["sendrecv", "sendonly", "recvonly", "inactive"])}`] : []),
		"",
	];
	return lines.join(random.chance(0.95) ? "\r\n" : "\n");
}

/** One message; most are right. */
export function sipText(random: SeededRandom): string {
	const method = random.pick(METHODS);
	const start = random.chance(0.75)
		? `${method} ${uri(random)} SIP/2.0`
		: `SIP/2.0 ${random.pick([100, 180, 183, 200, 302, 401, 486, 491, 503, 699])} ${random.pick(["OK", "", "é"])}`;
	const body = random.chance(0.4) ? sdpText(random) : "";
	const fields: [string, string][] = [
		["Via", via(random)],
		["From", nameAddr(random, ";tag=f1")],
		["To", nameAddr(random, random.pick(["", ";tag=t1"]))],
		["Call-ID", `c${random.between(0, 3)}@192.0.2.9`],
		["CSeq", `${random.between(0, 2 ** 31)} ${method}`],
		["Max-Forwards", `${random.between(0, 255)}`],
	];
	for (let more = random.between(0, 6); more > 0; more--) {
		const name = random.pick(NAMES);
		fields.splice(random.between(0, fields.length), 0, [name, FIELDS[name]!(random)]);
	}
	if (body !== "")
		fields.push(["Content-Type", random.pick(["application/sdp", "text/plain", "multipart/mixed;boundary=b"])]);
	if (random.chance(0.9)) fields.push(["Content-Length", `${Buffer.byteLength(body, "latin1")}`]);
	const lines = fields.map(([name, value]) => {
		const written = random.chance(0.2) ? (SHORT[name] ?? name.toLowerCase()) : name;
		return `${written}${random.pick([":", ": ", " : ", ":\r\n "])}${value}`;
	});
	return `${start}\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}
