import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { IncomingSubscribe, NotifyResult } from "../../../src/sip/index.ts";
import { request, toTagOf, wire } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const EVENT = "Event: message-summary";

function notifier(onSubscribe: (subscribe: IncomingSubscribe) => void = (subscribe) => subscribe.accept(600)) {
	const taken: IncomingSubscribe[] = [];
	const peer = wire({
		subscriptions: {
			events: ["message-summary"],
			onSubscribe: (subscribe) => {
				taken.push(subscribe);
				onSubscribe(subscribe);
			},
		},
	});
	return { peer, taken };
}

describe("SUBSCRIBE (RFC 6665 §4.2.1)", () => {
	test("is handed up with package, id, time and the dialog that a 200 makes", () => {
		const { peer, taken } = notifier();
		const more = [`${EVENT};id=7`, "Expires: 900", "Record-Route: <sip:192.0.2.1;lr>"];
		peer.give(request("SUBSCRIBE", { more, cseq: 5 }));
		const [ok] = peer.taken();
		expect(ok?.text).toMatch(/^SIP\/2\.0 200 OK\r\n/);
		expect(ok?.message.headers.get("Expires")).toBe("600");
		expect(ok?.message.headers.get("Contact")).toBe("<sip:198.51.100.1:5060>");
		expect(ok?.message.headers.get("Record-Route")).toBe("<sip:192.0.2.1;lr>");
		expect(ok?.message.headers.get("Allow-Events")).toBe("message-summary");
		expect(taken[0]).toMatchObject({
			event: "message-summary",
			eventId: "7",
			expiresSeconds: 900,
			inDialog: false,
			dialog: {
				localTag: ok?.message.toTag,
				remoteTag: "f1",
				routeSet: ["<sip:192.0.2.1;lr>"],
				remoteTarget: "sip:caller@192.0.2.9:5062",
				remoteCseq: 5,
			},
			path: { transport: "udp", address: "192.0.2.9", port: 5062 },
		});
	});

	test("resent, gets the same answer and is handed up once", () => {
		const { peer, taken } = notifier();
		const subscribe = request("SUBSCRIBE", { more: [EVENT], branch: "z9hG4bK-s" });
		peer.give(subscribe);
		peer.give(subscribe);
		expect(peer.statuses()).toEqual([200, 200]);
		expect(taken).toHaveLength(1);
	});

	test("with a To tag is handed up as a refresh, since its dialog may be older than this process", () => {
		const { peer, taken } = notifier((subscribe) => subscribe.reject(481));
		peer.give(request("SUBSCRIBE", { more: ["o: Message-Summary"], toTag: ";tag=ours", cseq: 9, contact: undefined }));
		expect(peer.statuses()).toEqual([481]);
		expect(taken[0]).toMatchObject({
			inDialog: true,
			dialog: { localTag: "ours", remoteTag: "f1", remoteCseq: 9, remoteTarget: "" },
		});
	});

	test.each([
		["to another package gets 489 with Allow-Events", { more: ["Event: presence"] }, 489, "allow-events"],
		["without Event gets 489", {}, 489, "allow-events"],
		["without Contact gets 400", { more: [EVENT], contact: undefined }, 400, undefined],
	] as const)("%s", (_, parts, status, field) => {
		const { peer, taken } = notifier();
		peer.give(request("SUBSCRIBE", parts));
		const [answer] = peer.taken();
		expect(answer?.text).toContain(`SIP/2.0 ${status} `);
		if (field !== undefined) expect(answer?.message.headers.get(field)).toBe("message-summary");
		expect(taken).toHaveLength(0);
	});

	test("gets 500 where its handler throws", () => {
		const { peer } = notifier(() => {
			throw new Error("broken");
		});
		peer.give(request("SUBSCRIBE", { more: [EVENT] }));
		expect(peer.statuses()).toEqual([500]);
	});

	test("gets 405 where nobody offers an event package; Allow tells the truth in both cases", () => {
		const without = wire();
		without.give(request("SUBSCRIBE", { more: [EVENT] }));
		without.give(request("OPTIONS"));
		const [refused, options] = without.taken();
		expect(refused?.text).toContain("SIP/2.0 405 ");
		expect(options?.message.headers.all("Allow")).not.toContain("SUBSCRIBE");
		expect(options?.message.headers.get("Allow-Events")).toBeUndefined();
		const { peer } = notifier();
		peer.give(request("OPTIONS"));
		const [capable] = peer.taken();
		expect(capable?.message.headers.all("Allow")).toContain("SUBSCRIBE");
		expect(capable?.message.headers.get("Allow-Events")).toBe("message-summary");
	});

	test("in the dialog of a call gets 403 (§4.5.2)", () => {
		const peer = wire({ subscriptions: { events: ["message-summary"], onSubscribe: (s) => s.accept(1) } }, (call) =>
			call.answer("v=0\r\n"),
		);
		peer.give(request("INVITE", { branch: "z9hG4bK-i" }));
		const toTag = toTagOf(peer.taken()[1]);
		peer.give(request("ACK", { toTag }));
		peer.give(request("SUBSCRIBE", { toTag, cseq: 2, more: [EVENT] }));
		expect(peer.statuses()).toEqual([403]);
	});
});

describe("NOTIFY (RFC 6665 §4.2.2)", () => {
	function notified() {
		const results: NotifyResult[] = [];
		const { peer, taken } = notifier();
		peer.give(request("SUBSCRIBE", { more: [EVENT, "Record-Route: <sip:192.0.2.1;lr>"] }));
		peer.taken();
		const { dialog, path } = taken[0] as IncomingSubscribe;
		peer.agent.notify({
			dialog,
			cseq: 41,
			path,
			headers: [
				["Event", "message-summary"],
				["Subscription-State", "active;expires=600"],
			],
			body: { type: "application/simple-message-summary", text: "Messages-Waiting: no\r\n" },
			onFinal: (result) => results.push(result),
		});
		return { peer, results, sent: peer.taken()[0] };
	}

	const answer = (sent: string, status: string, more = "") =>
		`SIP/2.0 ${status}\r\n${sent
			.split("\r\n")
			.filter((line) => /^(via|from|to|call-id|cseq):/i.test(line))
			.join("\r\n")}\r\n${more}Content-Length: 0\r\n\r\n`;

	test("goes out in the dialog, along its route set, with the number given and a Contact", () => {
		const { sent } = notified();
		expect(sent?.text).toMatch(/^NOTIFY sip:caller@192\.0\.2\.9:5062 SIP\/2\.0\r\n/);
		expect(sent?.to).toMatchObject({ host: "192.0.2.1", port: 5060 });
		const { headers } = sent!.message;
		expect(headers.get("Route")).toBe("<sip:192.0.2.1;lr>");
		expect(headers.get("CSeq")).toBe("41 NOTIFY");
		expect(headers.get("To")).toBe("<sip:caller@192.0.2.9>;tag=f1");
		expect(headers.get("Contact")).toBe("<sip:198.51.100.1:5060>");
		expect(headers.get("Content-Type")).toBe("application/simple-message-summary");
		expect(sent?.text).toMatch(/\r\n\r\nMessages-Waiting: no\r\n$/);
	});

	test("is resent until its answer, which is told once", () => {
		const { peer, results, sent } = notified();
		vi.advanceTimersByTime(500);
		expect(peer.taken()).toHaveLength(1);
		peer.give(answer(sent!.text, "200 OK"));
		peer.give(answer(sent!.text, "200 OK"));
		vi.advanceTimersByTime(60_000);
		expect(results).toEqual([{ status: 200, answered: true, retryAfterSeconds: undefined }]);
	});

	test("refused tells the status and when to come back", () => {
		const { peer, results, sent } = notified();
		peer.give(answer(sent!.text, "480 Away", "Retry-After: 18 (soon);duration=5\r\n"));
		expect(results).toEqual([{ status: 480, answered: true, retryAfterSeconds: 18 }]);
	});

	test("without an answer fails after 64*T1 as 408 of our own", () => {
		const { results } = notified();
		vi.advanceTimersByTime(31_999);
		expect(results).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(results).toEqual([{ status: 408, answered: false, retryAfterSeconds: undefined }]);
	});
});
