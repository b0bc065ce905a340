import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptAnswer, answerOffer, type LocalMedia, makeOffer, type SdpAnswer } from "../../src/media/index.ts";

const local: LocalMedia = { address: "192.0.2.1", port: 20_000, sessionId: 7, sessionVersion: 3 };
const head = ["v=0", "o=- 1 1 IN IP4 198.51.100.7", "s=-"];
const sdp = (...lines: string[]): string => `${[...head, "c=IN IP4 198.51.100.7", "t=0 0", ...lines].join("\r\n")}\r\n`;
const audio = "m=audio 4000 RTP/AVP 8 0 101";
const dtmf = "a=rtpmap:101 telephone-event/8000";

function accepted(answer: SdpAnswer): Extract<SdpAnswer, { ok: true }> {
	if (!answer.ok) throw new Error(answer.why);
	return answer;
}
const lines = (answer: SdpAnswer): string[] => accepted(answer).sdp.split("\r\n");

describe("answering an offer (RFC 3264 §6)", () => {
	test("takes the offerer's first law and echoes its payload type of telephone-event", () => {
		const answer = accepted(answerOffer(sdp(audio, dtmf), local, "203.0.113.5"));
		expect(answer.negotiated).toEqual({
			codec: "PCMA",
			payloadType: 8,
			receivePayloadType: 8,
			telephoneEvent: { payloadType: 101, receivePayloadType: 101, clockHz: 8000 },
			remoteAddress: "198.51.100.7",
			remotePort: 4000,
			remoteRtcpPort: 4001,
			signallingAddress: "203.0.113.5",
			ptimeMs: 20,
			sending: true,
			receiving: true,
		});
		expect(lines(answer)).toEqual([
			"v=0",
			"o=- 7 3 IN IP4 192.0.2.1",
			"s=-",
			"c=IN IP4 192.0.2.1",
			"t=0 0",
			"m=audio 20000 RTP/AVP 8 101",
			"a=rtpmap:8 PCMA/8000",
			dtmf,
			"a=fmtp:101 0-15",
			"a=ptime:20",
			"a=maxptime:60",
			"a=sendrecv",
			"",
		]);
	});

	test("refuses every other line with port 0, in the order of the offer", () => {
		const offer = sdp(
			"m=video 5000 RTP/AVP 96",
			"a=rtpmap:96 H264/90000",
			"m=audio 4000 RTP/AVP 0",
			"m=audio 4002 RTP/AVP 0",
			"m=image 5002 udptl t38",
			"m=audio 4004/2 RTP/SAVP 0",
		);
		expect(lines(answerOffer(offer, local)).filter((line) => line.startsWith("m="))).toEqual([
			"m=video 0 RTP/AVP 96",
			"m=audio 20000 RTP/AVP 0",
			"m=audio 0 RTP/AVP 0",
			"m=image 0 udptl t38",
			"m=audio 0 RTP/SAVP 0",
		]);
	});

	test.each([
		["a=sendrecv", "a=sendrecv", true, true],
		["a=sendonly", "a=recvonly", false, true],
		["a=recvonly", "a=sendonly", true, false],
		["a=inactive", "a=inactive", false, false],
	])("%s is answered %s", (offered, answered, sending, receiving) => {
		const answer = accepted(answerOffer(sdp(audio, offered), local));
		expect(answer.sdp).toContain(`${answered}\r\n`);
		expect(answer.negotiated).toMatchObject({ sending, receiving });
	});

	test("a direction of the session holds for a line that has none, the line's own goes before", () => {
		const session = [...head, "c=IN IP4 198.51.100.7", "t=0 0", "a=sendonly"];
		expect(accepted(answerOffer([...session, audio].join("\n"), local)).negotiated.sending).toBe(false);
		expect(accepted(answerOffer([...session, audio, "a=sendrecv"].join("\n"), local)).negotiated.sending).toBe(true);
	});

	test("c=0.0.0.0 is a hold: nothing may be sent, and the way back comes with the next offer", () => {
		const held = accepted(answerOffer(sdp(audio, "c=IN IP4 0.0.0.0"), local));
		expect(held.negotiated).toMatchObject({ sending: false, receiving: true });
		expect(held.sdp).toContain("a=recvonly");
		expect(accepted(answerOffer(sdp(audio), { ...local, sessionVersion: 4 })).negotiated.sending).toBe(true);
	});

	test("the line's own c= goes before the session's; a prefix behind the address is cut", () => {
		const answer = accepted(answerOffer(sdp(audio, "c=IN IP4 203.0.113.9/24"), local));
		expect(answer.negotiated.remoteAddress).toBe("203.0.113.9");
	});

	test.each([
		["a=ptime:30", 30],
		["a=ptime:5", 10],
		["a=ptime:200", 60],
		["a=ptime:abc", 20],
		["a=maxptime:10", 10],
		["a=ptime:25", 20],
	])("%s makes packets of %i ms", (line, ptimeMs) => {
		expect(accepted(answerOffer(sdp(audio, line), local)).negotiated.ptimeMs).toBe(ptimeMs);
	});

	test("a=rtcp names the port of reports (RFC 3605), unless it points to another host", () => {
		const portOf = (line: string): number => accepted(answerOffer(sdp(audio, line), local)).negotiated.remoteRtcpPort;
		expect(portOf("a=rtcp:5555")).toBe(5555);
		expect(portOf("a=rtcp:5555 IN IP4 198.51.100.7")).toBe(5555);
		expect(portOf("a=rtcp:5555 IN IP4 203.0.113.66")).toBe(4001);
	});

	test("dynamic payload types and names in any case are understood; a remapped 0 is not PCMU", () => {
		const dynamic = answerOffer(
			sdp("m=audio 4000 RTP/AVP 97 98", "a=rtpmap:97 iLBC/8000", "a=rtpmap:98 pcmu/8000/1"),
			local,
		);
		expect(accepted(dynamic).negotiated).toMatchObject({ codec: "PCMU", payloadType: 98 });
		expect(answerOffer(sdp("m=audio 4000 RTP/AVP 0", "a=rtpmap:0 G723/8000"), local).ok).toBe(false);
	});

	test.each([
		["PCMU", 8000, "m=audio 4000 RTP/AVP 0 100 101"],
		["opus", 48_000, "m=audio 4000 RTP/AVP 96 100 101"],
	])("keys count by the clock of the codec: %s at %i Hz (RFC 4733 §2.1)", (codec, clockHz, line) => {
		const offered = ["a=rtpmap:100 telephone-event/8000", "a=rtpmap:101 telephone-event/48000"];
		const { negotiated } = accepted(answerOffer(sdp(line, "a=rtpmap:96 opus/48000/2", ...offered), local));
		const payloadType = clockHz === 8000 ? 100 : 101;
		expect(negotiated).toMatchObject({
			codec,
			telephoneEvent: { payloadType, receivePayloadType: payloadType, clockHz },
		});
	});

	test("a peer whose only telephone-event has another clock is taken at its word", () => {
		const answer = accepted(answerOffer(sdp(audio, "a=rtpmap:101 telephone-event/16000"), local));
		expect(answer.negotiated.telephoneEvent).toMatchObject({ payloadType: 101, clockHz: 16_000 });
		expect(answer.sdp).toContain("a=rtpmap:101 telephone-event/16000");
	});

	test("IPv6 is answered with IPv6", () => {
		const offer = sdp(audio).replaceAll("IP4 198.51.100.7", "IP6 2001:db8::7");
		const answer = accepted(answerOffer(offer, { ...local, address: "2001:db8::1" }));
		expect(answer.negotiated.remoteAddress).toBe("2001:db8::7");
		expect(answer.sdp).toContain("c=IN IP6 2001:db8::1");
	});

	test.each([
		[
			"nothing in common",
			sdp("m=audio 4000 RTP/AVP 18 96", "a=rtpmap:18 G729/8000", "a=rtpmap:96 AMR/8000"),
			488,
			/of G729, AMR none is spoken/,
		],
		["video only", sdp("m=video 4000 RTP/AVP 96"), 488, /not audio/],
		["SRTP only", sdp("m=audio 4000 RTP/SAVP 0"), 488, /RTP\/SAVP/],
		["the only audio refused", sdp("m=audio 0 RTP/AVP 0"), 488, /port is 0/],
		["another IP version", sdp(audio).replaceAll("IP4 198.51.100.7", "IP6 2001:db8::7"), 488, /IP versions/],
		["a host name", sdp(audio, "c=IN IP4 pbx.example"), 488, /no IP address/],
		["not SDP", "hello", 400, /v=0/],
		["no m-line", sdp(), 400, /no m-line/],
		["too long", sdp(audio, `a=x:${"y".repeat(20_000)}`), 400, /octets/],
		["too many lines", sdp(...Array.from({ length: 17 }, () => audio)), 400, /m-lines/],
	])("%s is refused with its reason", (_, offer, status, why) => {
		expect(answerOffer(offer, local)).toMatchObject({ ok: false, status, why: expect.stringMatching(why) });
	});

	test("never throws, and what it answers has as many m-lines as the offer", () => {
		const line = fc.constantFrom(
			audio,
			dtmf,
			"m=video 1 RTP/AVP 96",
			"a=ptime:20",
			"a=maxptime:60",
			"c=IN IP6 ::1",
			"m=audio 1/2 x",
			"a=rtpmap:",
			"m=",
		);
		const text = fc.array(
			fc.oneof(
				line,
				fc.string({ maxLength: 30 }).map((s) => `a=${s}`),
				fc.string({ maxLength: 20 }),
			),
			{ maxLength: 12 },
		);
		fc.assert(
			fc.property(text, (rows) => {
				const offer = sdp(...rows);
				const answer = answerOffer(offer, local);
				if (!answer.ok) return;
				const count = (sdpText: string): number =>
					sdpText.split(/\r\n|\r|\n/).filter((row) => row.startsWith("m=")).length;
				expect(count(answer.sdp)).toBe(count(offer));
			}),
		);
	});
});

describe("our own offer", () => {
	test("is answered by our own answer, and both sides mean the same", () => {
		const theirs: LocalMedia = { ...local, address: "198.51.100.7", port: 30_000 };
		const offer = makeOffer(local);
		const answer = accepted(answerOffer(offer, theirs));
		const seen = accepted(acceptAnswer(offer, answer.sdp));
		const events = { payloadType: 101, receivePayloadType: 101, clockHz: 8000 };
		expect(seen.negotiated).toMatchObject({
			codec: "G722",
			payloadType: 9,
			telephoneEvent: events,
			remotePort: 30_000,
		});
		expect(answer.negotiated).toMatchObject({
			codec: "G722",
			telephoneEvent: events,
			remotePort: 20_000,
			remoteAddress: "192.0.2.1",
		});
	});

	test("an answer may have numbers of its own: we send under theirs and receive under ours (RFC 3264 §5.1)", () => {
		const offer = makeOffer(local);
		const answer = sdp("m=audio 4000 RTP/AVP 97 99", "a=rtpmap:97 opus/48000/2", "a=rtpmap:99 telephone-event/48000");
		expect(accepted(acceptAnswer(offer, answer)).negotiated).toMatchObject({
			codec: "opus",
			payloadType: 97,
			receivePayloadType: 107,
			telephoneEvent: { payloadType: 99, receivePayloadType: 110, clockHz: 48_000 },
		});
	});

	test("an answer that takes nothing is a failure with its reason", () => {
		expect(acceptAnswer(makeOffer(local), sdp("m=audio 0 RTP/AVP 0"))).toMatchObject({ ok: false, status: 488 });
		expect(acceptAnswer(makeOffer(local), "")).toMatchObject({ ok: false, status: 400 });
	});
});
