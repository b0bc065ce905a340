import { expect, test } from "vitest";
import { SIP_LIMITS } from "../../../src/sip/limits.ts";
import { type Framed, StreamFramer } from "../../../src/sip/message/stream-framer.ts";
import { request } from "../agent/wire.ts";

const feed = (text: string): Framed[] => new StreamFramer().push(Buffer.from(text, "latin1"));

function faultOf(framed: readonly Framed[]): readonly [string, number, string] | undefined {
	const last = framed.at(-1);
	return last !== undefined && last.type !== "ping" && !last.result.ok
		? [last.type, last.result.status, last.result.why]
		: undefined;
}

test("double CRLF is a ping, a single one before a message is ignored (RFC 5626 §3.5.1, RFC 3261 §7.5)", () => {
	const types = (text: string): string[] => feed(text).map((one) => one.type);
	expect(types("\r\n\r\n")).toEqual(["ping"]);
	expect(types(`\r\n${request("OPTIONS")}`)).toEqual(["message"]);
	expect(types(`${request("OPTIONS")}\r\n\r\n${request("OPTIONS")}`)).toEqual(["message", "ping", "message"]);
	expect(types("\r\n")).toEqual([]);
});

test("without Content-Length the stream cannot be followed: 400 and the end (§20.14)", () => {
	const framed = feed(request("OPTIONS").replace(/Content-Length.*\r\n/, "") + request("OPTIONS"));
	expect(framed).toHaveLength(1);
	expect(faultOf(framed)).toEqual(["broken", 400, "Missing Content-Length"]);
});

test.each([
	["negative", "-1", 400],
	["no number", "abc", 400],
	["beyond the bound", String(SIP_LIMITS.bodyBytesMax + 1), 413],
	["huge", "9".repeat(40), 400],
])("a Content-Length that is %s breaks the stream", (_title, length, status) => {
	const framed = feed(request("OPTIONS").replace("Content-Length: 0", `Content-Length: ${length}`));
	expect(faultOf(framed)?.slice(0, 2)).toEqual(["broken", status]);
});

test("a head that never ends is given up at the bound, and nothing more is taken", () => {
	const framer = new StreamFramer();
	const piece = Buffer.alloc(10_000, "a");
	const framed: Framed[] = [];
	for (let i = 0; i < 20; i++) framed.push(...framer.push(piece));
	expect(framed).toHaveLength(1);
	expect(faultOf(framed)).toEqual(["broken", 513, "Message Too Large"]);
	expect(framer.push(Buffer.from(request("OPTIONS")))).toEqual([]);
});

test("a bad message with a known length does not break the stream", () => {
	const framed = feed(request("OPTIONS").replace(/To: .*\r\n/, "") + request("OPTIONS"));
	expect(framed.map((one) => one.type)).toEqual(["message", "message"]);
	expect(faultOf(framed.slice(0, 1))).toEqual(["message", 400, "Missing To Header Field"]);
});
