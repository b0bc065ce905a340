import { describe, expect, test } from "vitest";
import { SIP_LIMITS } from "../../../src/sip/limits.ts";
import { findSdp } from "../../../src/sip/message/body.ts";
import { HeaderBlock } from "../../../src/sip/message/header-block.ts";
import { splitList } from "../../../src/sip/message/lists.ts";
import { parseNameAddr } from "../../../src/sip/message/name-addr.ts";
import { parseHeaderParams } from "../../../src/sip/message/params.ts";
import { parseDatagram } from "../../../src/sip/message/parse.ts";
import { parseUri } from "../../../src/sip/message/uri.ts";
import { parseVia, stampVia } from "../../../src/sip/message/via.ts";
import { request } from "../agent/wire.ts";

describe("parseUri", () => {
	test.each([
		["sip:alice@atlanta.com", { scheme: "sip", user: "alice", host: "atlanta.com", port: undefined }],
		["sip:alice:secret@atlanta.com:5061", { user: "alice", host: "atlanta.com", port: 5061 }],
		["SIPS:Alice@ATLANTA.com", { scheme: "sips", user: "Alice", host: "atlanta.com" }],
		["sip:+1-212-555-1212:1234@gateway.com;user=phone", { user: "+1-212-555-1212" }],
		["sip:%2B15551234@x", { user: "%2B15551234", host: "x" }],
		["sip:*86@192.0.2.1", { user: "*86" }],
		["sip:#31#+1555@192.0.2.1", { user: "#31#+1555" }],
		["sip:+15551234;phone-context=example.com@x", { user: "+15551234;phone-context=example.com" }],
		["sip:[2001:db8::1]:5070", { user: undefined, host: "[2001:db8::1]", port: 5070 }],
		["tel:+1-201-555-0123", { scheme: "tel", user: "+1-201-555-0123", host: "" }],
		["tel:7042;phone-context=example.com", { user: "7042" }],
	])("reads %s", (text, expected) => {
		expect(parseUri(text)).toMatchObject(expected);
	});

	test("reads parameters and headers unescaped, names in lower case, the first of two equal ones", () => {
		const uri = parseUri("sip:vm@x;target=sip:%2B1555%40y;Cause=408;lr;lr=2?Subject=a%20b&reason=SIP%3Bcause%3D302");
		expect([...(uri?.params ?? [])]).toEqual([
			["target", "sip:+1555@y"],
			["cause", "408"],
			["lr", ""],
		]);
		expect([...(uri?.headers ?? [])]).toEqual([
			["subject", "a b"],
			["reason", "SIP;cause=302"],
		]);
	});

	test.each([
		...[
			"",
			"sip:",
			"sip:@x",
			"sip:a b@x",
			"sip:a@",
			"sip:a@x:0",
			"sip:a@x:99999",
			"sip:a@x y",
			"sip:a@x;;b",
			"tel:",
			"tel:abc def",
		],
		...["http://x", "sip:a@<x>", `sip:${"a".repeat(SIP_LIMITS.headerFieldBytesMax)}@x`, "sip:a@-x-", "a@x"],
	])("refuses %s", (text) => {
		expect(parseUri(text)).toBeUndefined();
	});
});

describe("parseNameAddr", () => {
	test.each([
		['"A. G. Bell" <sip:agb@bell.com>;tag=a48s', "A. G. Bell", "sip:agb@bell.com", { tag: "a48s" }],
		["sip:+12125551212@server.com;tag=887s", undefined, "sip:+12125551212@server.com", { tag: "887s" }],
		["Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous", "sip:c8oqz84zk7z@privacy.org", { tag: "hyh8" }],
		['"A \\"quoted\\" name"<sip:a@x>', 'A "quoted" name', "sip:a@x", {}],
		[
			'<sip:a@x;reason=inside>;reason=user-busy;counter=1;privacy="off"',
			undefined,
			"sip:a@x;reason=inside",
			{ reason: "user-busy", counter: "1", privacy: "off" },
		],
		["<tel:+15551234>;reason=no-answer", undefined, "tel:+15551234", { reason: "no-answer" }],
		['"a <b> ; c" <sip:a@x>', "a <b> ; c", "sip:a@x", {}],
		["Müller <sip:m@x>", "Müller", "sip:m@x", {}],
	])("reads %s", (text, displayName, rawUri, params) => {
		const read = parseNameAddr(text);
		expect(read).toMatchObject({ displayName, rawUri });
		expect(Object.fromEntries(read?.params ?? [])).toEqual(params);
	});

	test.each([
		'"open <sip:a@x>',
		"<sip:a@x",
		"<>",
		"",
		"sip:a@x?Route=b",
		"<sip:a@x> junk",
		'"a" b <sip:a@x>',
		"< sip:a@x >",
	])("refuses %s", (text) => {
		expect(parseNameAddr(text)).toBeUndefined();
	});
});

describe("lists", () => {
	test("are split at commas outside quotes and brackets (RFC 3261 §7.3.1)", () => {
		expect(splitList('"a, b" <sip:x,y@h>;q="1,2" , <sip:z@h> ,, sip:c@h')).toEqual([
			'"a, b" <sip:x,y@h>;q="1,2"',
			"<sip:z@h>",
			"sip:c@h",
		]);
	});

	test("of one field in several lines keep their order; compact and long names are one", () => {
		const block = new HeaderBlock(
			["via", "diversion", "diversion", "subject"],
			["a", "<sip:1@h>, <sip:2@h>", "<sip:3@h>", "x, y"],
		);
		expect(block.all("Diversion")).toEqual(["<sip:1@h>", "<sip:2@h>", "<sip:3@h>"]);
		expect(block.get("diversion")).toBe("<sip:1@h>");
		expect(block.all("V")).toEqual(["a"]);
		expect(block.all("s")).toEqual(["x, y"]);
		expect(block.get("privacy")).toBeUndefined();
	});
});

test("parseHeaderParams passes over what stands before the first semicolon", () => {
	expect(Object.fromEntries(parseHeaderParams('SIP;cause=302;text="moved; really"') ?? [])).toEqual({
		cause: "302",
		text: "moved; really",
	});
	expect(parseHeaderParams("plain")?.size).toBe(0);
	expect(parseHeaderParams("a;;b")).toBeUndefined();
});

describe("Via", () => {
	const source = { address: "192.0.2.1", port: 4567 };
	const stamp = (value: string): string =>
		stampVia(value, parseVia(value) as NonNullable<ReturnType<typeof parseVia>>, source);

	test.each([
		[
			"rport is filled in, received added (RFC 3581 §4)",
			"SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9x",
			"SIP/2.0/UDP 10.0.0.1:5060;branch=z9x;rport=4567;received=192.0.2.1",
		],
		[
			"received is added where sent-by is not the source (§18.2.1)",
			"SIP/2.0/UDP host.example;branch=z9x",
			"SIP/2.0/UDP host.example;branch=z9x;received=192.0.2.1",
		],
		["what is right already stays as it is", "SIP/2.0/UDP 192.0.2.1;branch=z9x", "SIP/2.0/UDP 192.0.2.1;branch=z9x"],
		[
			"a received that the client wrote is replaced",
			"SIP/2.0/UDP 10.0.0.1;received=1.2.3.4;branch=z9x",
			"SIP/2.0/UDP 10.0.0.1;branch=z9x;received=192.0.2.1",
		],
	])("%s", (_title, value, expected) => {
		expect(stamp(value)).toBe(expected);
	});

	test("IPv6 sent-by with a port", () => {
		expect(parseVia('SIP/2.0/TCP [2001:db8::9]:5070 ;branch=z9x;received="x"')).toMatchObject({
			transport: "TCP",
			host: "[2001:db8::9]",
			port: 5070,
		});
	});
});

describe("the session description in a body (RFC 5621)", () => {
	const block = (type: string, more: readonly [string, string][] = []): HeaderBlock =>
		new HeaderBlock(["content-type", ...more.map(([name]) => name)], [type, ...more.map(([, value]) => value)]);
	const multipart = (parts: readonly string[], end = "--"): Buffer =>
		Buffer.from(`preamble\r\n${parts.map((part) => `--b1\r\n${part}\r\n`).join("")}--b1${end}\r\n`);
	const sdpPart = "Content-Type: application/SDP\r\n\r\nv=0\r\ns=-\r\n";

	test("plain, whatever the case and parameters of its type", () => {
		expect(findSdp(block("Application/SDP ; charset=utf-8"), Buffer.from("v=0"))).toEqual({ found: "sdp", sdp: "v=0" });
	});

	test("in a multipart, beside ISUP, and one level deeper", () => {
		const inner = `Content-Type: multipart/alternative;boundary=b2\r\n\r\n--b2\r\n${sdpPart}\r\n--b2--`;
		const isup =
			"Content-Type: application/ISUP;version=x\r\nContent-Disposition: signal;handling=optional\r\n\r\n\u0001\u0002";
		expect(findSdp(block('multipart/mixed; boundary="b1"'), multipart([isup, sdpPart]))).toEqual({
			found: "sdp",
			sdp: "v=0\r\ns=-\r\n",
		});
		expect(findSdp(block("multipart/mixed;boundary=b1"), multipart([isup, inner]))).toEqual({
			found: "sdp",
			sdp: "v=0\r\ns=-\r\n",
		});
	});

	test.each([
		["another type", block("text/plain"), Buffer.from("v=0")],
		["no type", new HeaderBlock([], []), Buffer.from("v=0")],
		["a coding", block("application/sdp", [["content-encoding", "gzip"]]), Buffer.from("v=0")],
		[
			"an SDP part that is no session",
			block("multipart/mixed;boundary=b1"),
			multipart([`Content-Disposition: render\r\n${sdpPart}`]),
		],
		["a multipart without boundary", block("multipart/mixed"), multipart([sdpPart])],
		[
			"nesting without end",
			block("multipart/mixed;boundary=b1"),
			Buffer.from(`--b1\r\nContent-Type: multipart/mixed;boundary=b1\r\n\r\n`.repeat(100)),
		],
	])("not found in %s", (_title, headers, body) => {
		expect(findSdp(headers, body)).toEqual({ found: "other" });
	});

	test("no body is no fault", () => {
		expect(findSdp(block("text/plain"), new Uint8Array(0))).toEqual({ found: "nothing" });
	});
});

describe("bounds", () => {
	const refusal = (message: string): string => {
		const result = parseDatagram(Buffer.from(message, "latin1"));
		return result.ok ? "taken" : `${result.status} ${result.why}`;
	};

	test.each([
		["header fields", { more: Array(SIP_LIMITS.headerFieldsMax).fill("X: y") }, "400 Too Many Header Fields"],
		[
			"the length of one field",
			{ more: [`X: ${"y".repeat(SIP_LIMITS.headerFieldBytesMax)}`] },
			"400 Header Field Too Long",
		],
		[
			"the length of one folded field",
			{ more: [`X: y${"\r\n y".repeat(SIP_LIMITS.headerFieldBytesMax / 2)}`] },
			"400 Header Field Too Long",
		],
		["the Request-URI", { uri: `sip:${"a".repeat(SIP_LIMITS.headerFieldBytesMax)}@x` }, "414 Request-URI Too Long"],
		["the body", { body: "y".repeat(SIP_LIMITS.bodyBytesMax + 1) }, "413 Request Entity Too Large"],
		["CSeq", { cseq: 2 ** 31 }, "400 Bad CSeq Header Field"],
	])("%s", (_title, parts, expected) => {
		expect(refusal(request("INVITE", parts))).toBe(expected);
	});

	test("the whole message", () => {
		expect(refusal("x".repeat(SIP_LIMITS.messageBytesMax + 1))).toBe("513 Message Too Large");
	});

	test("a bare CR or LF in a field is refused: another element would see a line break there", () => {
		expect(refusal(request("INVITE", { more: ["X: a\nContact: <sip:evil>"] }))).toBe(
			"400 Bare CR Or LF In Header Field",
		);
	});

	test("an ACK and a response are never answered, however bad", () => {
		for (const bad of [request("ACK").replace(/To: .*\r\n/, ""), "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x\r\n\r\n"]) {
			expect(parseDatagram(Buffer.from(bad))).toMatchObject({ ok: false, answerTo: undefined });
		}
	});
});
