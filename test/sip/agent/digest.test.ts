/** Strangers who know a password: RFC 3261 §22, RFC 8760. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { expectedResponse, hash } from "../../../src/sip/digest/response.ts";
import { SIP_LIMITS } from "../../../src/sip/limits.ts";
import type { DigestAlgorithm, SipPeers } from "../../../src/sip/types.ts";
import { request, SDP, toTagOf, type Wire, type WireOptions, wire } from "./wire.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const REALM = "voicemail";
const trunk = { name: "trunk", policy: { earlyMedia: false } };
const ha1 = (algorithm: DigestAlgorithm, username: string, password: string) =>
	hash(algorithm, `${username}:${REALM}:${password}`);

function peers(algorithms: readonly DigestAlgorithm[] = ["SHA-256", "MD5"]): SipPeers {
	const hashes = Object.fromEntries(algorithms.map((one) => [one, ha1(one, "u", "secret")]));
	const find = (username: string) => (username === "u" ? { peer: trunk, hashes } : undefined);
	return { of: () => undefined, users: { realm: REALM, algorithms, find } };
}

const stranger = (options: WireOptions = {}, onCall?: Parameters<typeof wire>[1]) =>
	wire({ peers: peers(), ...options }, onCall);

interface Saying {
	readonly nonce: string;
	readonly method?: string;
	readonly username?: string;
	readonly password?: string;
	readonly algorithm?: DigestAlgorithm;
	readonly count?: number;
	readonly qop?: string;
}

function authorization(saying: Saying): string {
	const { nonce, method = "INVITE", username = "u", password = "secret", algorithm = "SHA-256", count = 1 } = saying;
	const nonceCount = count.toString(16).padStart(8, "0");
	const uri = "sip:voicemail@198.51.100.1";
	const facts = { nonce, nonceCount, cnonce: "c", uri };
	const response = expectedResponse(method, facts, algorithm, ha1(algorithm, username, password));
	const qop = saying.qop ?? "auth";
	return (
		`Authorization: Digest username="${username}", realm="${REALM}", nonce="${nonce}", uri="${uri}", ` +
		`response="${response}", algorithm=${algorithm}, cnonce="c", nc=${nonceCount}${qop === "" ? "" : `, qop=${qop}`}`
	);
}

let serial = 0;
/** A request of its own; its answers since. */
function say(peer: Wire, headers: readonly string[] = [], method = "INVITE") {
	serial++;
	peer.give(
		request(method, {
			callId: `c-${serial}`,
			branch: `z9hG4bK-${serial}`,
			more: headers,
			...(method === "INVITE" ? { body: SDP } : {}),
		}),
	);
	return peer.taken();
}

function ask(peer: Wire) {
	const [answer] = say(peer);
	const challenges = answer!.message.headers.all("www-authenticate");
	return { status: answer!.text.slice(8, 11), challenges, nonce: /nonce="([^"]+)"/.exec(challenges[0] ?? "")![1]! };
}

const status = (answers: ReturnType<Wire["taken"]>) => answers.map((one) => one.text.slice(8, 11)).join(" ");
const isStale = (answers: ReturnType<Wire["taken"]>) => answers[0]!.text.includes("stale=true");

describe("a stranger", () => {
	test("is asked by each algorithm, the strongest first, and a right answer makes a call of the peer", () => {
		const peer = stranger();
		const { status: asked, challenges, nonce } = ask(peer);
		expect(asked).toBe("401");
		expect(challenges.map((one) => /algorithm=([^,]+)/.exec(one)![1])).toEqual(["SHA-256", "MD5"]);
		expect(challenges.every((one) => one.includes(`realm="${REALM}"`) && one.includes('qop="auth"'))).toBe(true);
		expect(peer.calls).toEqual([]);
		expect(status(say(peer, [authorization({ nonce })]))).toBe("100");
		expect(peer.calls[0]!.peer).toBe(trunk);
		expect(status(say(peer, [authorization({ nonce, algorithm: "MD5", count: 2 })]))).toBe("100");
	});

	test("is asked for every method, and answered as a peer once it has proved who it is", () => {
		const peer = stranger();
		expect(status(say(peer, [], "OPTIONS"))).toBe("401");
		expect(status(say(peer, [], "REGISTER"))).toBe("401");
		const { nonce } = ask(peer);
		expect(status(say(peer, [authorization({ nonce, method: "OPTIONS" })], "OPTIONS"))).toBe("200");
		expect(status(say(peer, [authorization({ nonce, method: "REGISTER", count: 2 })], "REGISTER"))).toBe("405");
	});

	test("may say several: the one of our realm counts", () => {
		const peer = stranger();
		const { nonce } = ask(peer);
		const other = authorization({ nonce: "x" }).replace(REALM, "elsewhere");
		expect(status(say(peer, [other, authorization({ nonce })]))).toBe("100");
	});

	test("who says the same twice is asked anew, and told that the password was right", () => {
		const peer = stranger();
		const { nonce } = ask(peer);
		say(peer, [authorization({ nonce, count: 5 })]);
		const again = say(peer, [authorization({ nonce, count: 5 })]);
		expect([status(again), isStale(again)]).toEqual(["401", true]);
		vi.advanceTimersByTime(SIP_LIMITS.nonceMs + 1);
		peer.taken();
		const late = say(peer, [authorization({ nonce, count: 6 })]);
		expect([status(late), isStale(late)]).toEqual(["401", true]);
	});

	test("wrong password, unknown user and an algorithm that the user has not are answered alike", () => {
		const peer = stranger({ peers: peers(["SHA-256"]) });
		const { nonce } = ask(peer);
		const shape = (headers: string[]) =>
			say(peer, headers)[0]!.text.replace(/nonce="[^"]+"|c-\d+|z9hG4bK-\d+|tag=[^\r]*/g, "-");
		const wrong = shape([authorization({ nonce, password: "guess" })]);
		expect(wrong).toMatch(/^SIP\/2.0 401/);
		expect(wrong).not.toContain("stale");
		expect(shape([authorization({ nonce, username: "nobody" })])).toBe(wrong);
		expect(shape([authorization({ nonce, algorithm: "MD5" })])).toBe(wrong);
		expect(peer.agent.counters().sipDigestWrong).toBe(3);
	});

	test("a nonce of another's making proves nothing and counts as no guess; without qop nothing is proved either", () => {
		const peer = stranger();
		const { nonce } = ask(peer);
		const foreign = say(peer, [authorization({ nonce: nonce.replace(/^./, "z") })]);
		expect([status(foreign), isStale(foreign)]).toEqual(["401", false]);
		expect(status(say(peer, [authorization({ nonce, qop: "" })]))).toBe("401");
		expect(status(say(peer, [authorization({ nonce, qop: "auth-int" })]))).toBe("401");
		expect(peer.agent.counters().sipDigestWrong).toBe(0);
	});

	test("may answer another node than the one that asked it, and is asked by it once more where that one is younger", () => {
		const nonceKey = new Uint8Array(32).fill(7);
		const [first, second] = [stranger({ nonceKey }), stranger({ nonceKey })];
		const { nonce } = ask(first);
		expect(status(say(second, [authorization({ nonce })]))).toBe("100");
		expect(status(say(stranger(), [authorization({ nonce })]))).toBe("401");
		vi.advanceTimersByTime(1_000);
		const younger = stranger({ nonceKey });
		const asked = say(younger, [authorization({ nonce, count: 2 })]);
		expect([status(asked), isStale(asked)]).toEqual(["401", true]);
		const next = /nonce="([^"]+)"/.exec(asked[0]!.text)![1]!;
		for (const node of [first, second]) expect(status(say(node, [authorization({ nonce: next })]))).toBe("100");
	});

	test("who guesses on is told of in the log, without what was guessed", () => {
		const peer = stranger();
		const { nonce } = ask(peer);
		for (let i = 0; i < SIP_LIMITS.guessesMax; i++) say(peer, [authorization({ nonce, password: `guess-${i}` })]);
		expect(peer.complaints).toEqual([expect.stringContaining("too many wrong SIP passwords")]);
		expect(peer.complaints[0]).not.toMatch(/guess-|"u"|secret/);
	});

	test("gets no answer to what is broken, and none where nobody has a password", () => {
		const peer = stranger();
		peer.give(request("INVITE").replace("CSeq: 1 INVITE", "CSeq: x"));
		expect(peer.taken()).toEqual([]);
		const closed = stranger({ peers: { of: () => undefined } });
		expect(say(closed)).toEqual([]);
	});

	test("ends, acknowledges and cancels its own calls without being asked again (§22.1)", () => {
		const peer = stranger({}, (call) => call.answer(SDP));
		const { nonce } = ask(peer);
		const invite = { callId: "own", branch: "z9hG4bK-own" };
		peer.give(request("INVITE", { ...invite, more: [authorization({ nonce })], body: SDP }));
		const toTag = toTagOf(peer.taken()[1]);
		peer.give(request("ACK", { callId: "own", toTag }));
		peer.give(request("BYE", { callId: "own", toTag, cseq: 2 }));
		expect(peer.statuses()).toEqual([200]);
		expect(peer.news).toContain("ended bye");

		const waiting = stranger();
		const second = ask(waiting);
		waiting.give(request("INVITE", { ...invite, more: [authorization({ nonce: second.nonce })], body: SDP }));
		waiting.taken();
		waiting.give(request("CANCEL", invite));
		expect(waiting.statuses()).toEqual([200, 487]);
		// Somebody else's dialog, and no INVITE to cancel.
		waiting.give(request("BYE", { callId: "own", toTag: ";tag=guessed", cseq: 2, branch: "z9hG4bK-b" }));
		waiting.give(request("CANCEL", { callId: "other", branch: "z9hG4bK-other" }));
		expect(waiting.statuses()).toEqual([401, 401]);
	});

	test("a 401 makes no transaction: asked again, the same question comes with the same To tag", () => {
		const peer = stranger();
		const invite = request("INVITE", { callId: "same", branch: "z9hG4bK-same", body: SDP });
		peer.give(invite);
		peer.give(invite);
		const [one, other] = peer.taken();
		expect(one!.message.toTag).not.toBe("");
		expect(one!.message.toTag).toBe(other!.message.toTag);
	});
});
