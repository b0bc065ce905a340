import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { writeResponse } from "../../../src/sip/agent/answers.ts";
import type { ParsedRequest } from "../../../src/sip/message/message.ts";
import { parseDatagram } from "../../../src/sip/message/parse.ts";
import { mergeKey, serverKey } from "../../../src/sip/transaction/keys.ts";
import { ServerTransactions } from "../../../src/sip/transaction/server-transactions.ts";
import type { Flow } from "../../../src/sip/transport/flow.ts";
import { request, SDP } from "../agent/wire.ts";

function read(text: string): ParsedRequest {
	const result = parseDatagram(Buffer.from(text, "latin1"));
	if (!result.ok || result.message.kind !== "request") throw new Error("no request");
	return result.message;
}

const key = (text: string, method?: string): string => {
	const message = read(text);
	return serverKey(message, method ?? message.method);
};

describe("a request belongs to the transaction (RFC 3261 §17.2.3)", () => {
	const invite = request("INVITE", { branch: "z9hG4bK-1" });

	test.each([
		["of the same branch, sent-by and method", invite, true],
		[
			"whatever its From, To and Call-ID",
			request("INVITE", { branch: "z9hG4bK-1", callId: "other", fromTag: "x" }),
			true,
		],
		["not of another branch", request("INVITE", { branch: "z9hG4bK-2" }), false],
		["not of another sent-by", invite.replace("192.0.2.9:5062", "192.0.2.10:5062"), false],
		["not of another port in sent-by", invite.replace("192.0.2.9:5062", "192.0.2.9"), false],
		["not of another method", request("OPTIONS", { branch: "z9hG4bK-1" }), false],
	])("%s", (_title, other, same) => {
		expect(key(other) === key(invite)).toBe(same);
	});

	test("ACK and CANCEL are looked up under their INVITE", () => {
		expect(key(request("ACK", { branch: "z9hG4bK-1", toTag: ";tag=t" }), "INVITE")).toBe(key(invite));
		expect(key(request("CANCEL", { branch: "z9hG4bK-1" }), "INVITE")).toBe(key(invite));
	});

	const old = (method: string, parts: object = {}): string => request(method, parts).replace(/;branch=[^;]*/, "");

	test.each([
		["the same Request-URI, From tag, Call-ID, CSeq and Via", old("INVITE"), true],
		["an ACK with the To tag of our response", old("ACK", { toTag: ";tag=ours" }), true],
		["not another Call-ID", old("INVITE", { callId: "other" }), false],
		["not another From tag", old("INVITE", { fromTag: "other" }), false],
		["not another CSeq", old("INVITE", { cseq: 2 }), false],
		["not another Request-URI", old("INVITE", { uri: "sip:101@198.51.100.1" }), false],
	])("without a branch as RFC 2543 had it: %s", (_title, other, same) => {
		expect(key(other, "INVITE") === key(old("INVITE"))).toBe(same);
	});

	test("the bare cookie is no branch (RFC 4475 §3.2.1)", () => {
		const bare = (callId: string): string => request("INVITE", { branch: "z9hG4bK", callId });
		expect(key(bare("a"))).not.toBe(key(bare("b")));
	});

	test("merged requests share Call-ID, From tag, CSeq and method (§8.2.2.2)", () => {
		expect(mergeKey(read(request("INVITE", { branch: "z9hG4bK-2" })))).toBe(mergeKey(read(invite)));
		expect(mergeKey(read(request("INVITE", { cseq: 2 })))).not.toBe(mergeKey(read(invite)));
	});
});

describe("a transaction that waits for retransmissions", () => {
	const open: ServerTransactions[] = [];
	afterEach(() => {
		for (const one of open.splice(0)) one.close();
	});

	test("weighs less than 2 kB, its response included: a busy node holds 48,000", () => {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const transactions = new ServerTransactions(500, () => {});
		open.push(transactions);
		const count = 10_000;
		const weigh = (): number => {
			collect();
			const { heapUsed, arrayBuffers } = process.memoryUsage();
			return heapUsed + arrayBuffers;
		};
		const before = weigh();
		for (let i = 0; i < count; i++) {
			const message = read(request("BYE", { callId: `call-${i}`, toTag: ";tag=1", body: SDP }));
			const flow: Flow = {
				source: { transport: "udp", address: "192.0.2.9", port: i, local: { transport: "udp", host: "x", port: 1 } },
				reliable: false,
				localAddress: "198.51.100.1",
				localPort: 5060,
				send: () => {},
			};
			const vias = message.headers.rawAll("via");
			const octets = writeResponse(message.headers, vias, "Afterbeep", 200, {});
			transactions.open(message, serverKey(message, "BYE"), flow).respond(200, octets);
		}
		expect(transactions.size).toBe(count);
		expect((weigh() - before) / count).toBeLessThan(2_000);
	});
});
