/**
 * A whole user agent on a wire of memory, in mocked time: a peer that sends any requests in any order, and an owner of the
 * calls who answers, refuses and hangs up at any moment. Nothing throws, what is said is SIP, and in the end nothing is left.
 */
import { mock } from "node:test";
import type { IncomingCall } from "../../src/sip/types.ts";
import { request, SDP, wire } from "../../test/sip/agent/wire.ts";
import { type FuzzTarget, must } from "../target.ts";

/** Longer than a 2xx that nobody acknowledges, a BYE that nobody answers, and what follows them. */
const BEYOND_ALL_MS = 200_000;
const STEPS_MAX = 100;
const PAUSES_MS = [0, 1, 500, 4_000, 33_000];
const METHODS = [
	"INVITE",
	"ACK",
	"BYE",
	"CANCEL",
	"UPDATE",
	"PRACK",
	"INFO",
	"OPTIONS",
	"REFER",
	"SUBSCRIBE",
	"MESSAGE",
];
const MORE = [
	[],
	["Supported: 100rel, timer"],
	["Require: 100rel"],
	["Require: unknown"],
	["Session-Expires: 90;refresher=uac", "Supported: timer"],
	["Session-Expires: 10"],
	["RAck: 1 1 INVITE"],
	["Replaces: call-1;to-tag=x;from-tag=f1"],
	["Event: message-summary", "Expires: 60"],
];

function act(call: IncomingCall | undefined, code: number): void {
	if (call === undefined) return;
	const deed = code % 5;
	try {
		if (deed === 0) call.progress(180);
		else if (deed === 1) call.progress(183, SDP);
		else if (deed === 2) call.answer(SDP);
		else if (deed === 3) call.reject(486);
		else call.hangUp();
	} catch (error) {
		// An owner who answers twice, or offers what the caller cannot take, is told so; that is his bug, not ours.
		if (error instanceof TypeError) throw error;
	}
}

function play(octets: Uint8Array): void {
	const peer = wire();
	let tag = "";
	let said = "";
	const end = Math.min(octets.length, 3 * STEPS_MAX);
	for (let at = 0; at + 3 <= end; at += 3) {
		const [what, which, how] = [octets[at]!, octets[at + 1]!, octets[at + 2]!];
		if (what < 40) act(peer.calls[which % Math.max(1, peer.calls.length)], how);
		else if (what < 70) mock.timers.tick(PAUSES_MS[which % PAUSES_MS.length]!);
		else if (what < 90) {
			if (said !== "") peer.give(said);
		} else {
			const body = how & 1 ? SDP : "";
			said = request(METHODS[which % METHODS.length]!, {
				callId: `call-${which >> 6}`,
				cseq: 1 + (how >> 6),
				branch: `z9hG4bK-${(how >> 2) & 7}`,
				toTag: how & 2 ? tag : "",
				more: [...MORE[(what - 90) % MORE.length]!, ...(body === "" ? [] : ["Content-Type: application/sdp"])],
				body: "",
			});
			if (body !== "")
				said = said.replace("Content-Length: 0\r\n\r\n", `Content-Length: ${body.length}\r\n\r\n${body}`);
			peer.give(said);
		}
		for (const sent of peer.taken()) {
			must(sent.message !== undefined, `what was said is no SIP: ${sent.text}`);
			if (sent.message.toTag !== "" && sent.message.kind === "response") tag = `;tag=${sent.message.toTag}`;
		}
	}
	for (const call of peer.calls) act(call, 4);
	for (const call of peer.calls) act(call, 3);
	mock.timers.tick(BEYOND_ALL_MS);
	const wrong = peer.complaints.find((complaint) => /TypeError|RangeError|"stack"/.test(complaint));
	must(wrong === undefined, `the agent complained: ${wrong}`);
	const ends = peer.news.filter((one) => /^(ended|cancelled)/.test(one)).length;
	must(ends <= peer.calls.length, `${ends} ends of ${peer.calls.length} calls`);
}

export const dialogs: FuzzTarget = {
	name: "dialogs",
	share: 1,
	generate: (random) => {
		const steps = random.between(2, 14);
		const octets = Buffer.from(Array.from({ length: 3 * steps }, () => random.between(0, 255)));
		// Most calls begin with an INVITE that has an offer.
		if (random.chance(0.8)) Buffer.from([90 + 9 * random.between(0, 15), 0, 1]).copy(octets);
		return octets;
	},
	run: (octets) => {
		mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_800_000_000_000 });
		try {
			play(octets);
		} finally {
			mock.timers.reset();
		}
	},
};
