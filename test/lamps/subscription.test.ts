import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	type SubscriptionEffect,
	type SubscriptionEvent,
	type SubscriptionTimer,
	subscription,
	subscriptionStart,
} from "../../src/lamps/subscription.ts";

const HOUR = 3_600_000;

/** A subscription in simulated time: timers fire in their order, effects are written down with their time. */
function begin(expiresAtMs = HOUR) {
	let nowMs = 0;
	let state = subscriptionStart(expiresAtMs);
	const due = new Map<SubscriptionTimer, number>([["expiry", expiresAtMs]]);
	const effects: { readonly atMs: number; readonly effect: SubscriptionEffect }[] = [];
	const give = (event: SubscriptionEvent): void => {
		const step = subscription(state, event, nowMs);
		state = step.state;
		for (const effect of step.effects) {
			effects.push({ atMs: nowMs, effect });
			if (effect.type === "setTimer") due.set(effect.timer, nowMs + effect.afterMs);
			if (effect.type === "clearTimer") due.delete(effect.timer);
		}
	};
	const sinceLast = () => effects.splice(0).map(({ effect }) => effect);
	return {
		give,
		state: () => state,
		effects,
		/** What came since the last look, timers left out. */
		taken: () =>
			sinceLast().flatMap((effect) => {
				if (effect.type === "notify") return [`notify ${effect.subscriptionState}${effect.counts ? "" : " empty"}`];
				return effect.type === "read" || effect.type === "forget" ? [effect.type] : [];
			}),
		subscribe: (forMs: number) => give({ type: "subscribed", expiresAtMs: nowMs + forMs }),
		found: (found: "new" | "same" | "mailboxGone" | "numberMoved") => give({ type: "read", found }),
		answer: (status: number, retryAfterMs?: number) => give({ type: "notified", status, answered: true, retryAfterMs }),
		noAnswer: () => give({ type: "notified", status: 408, answered: false, retryAfterMs: undefined }),
		advance: (byMs: number) => {
			const endMs = nowMs + byMs;
			for (;;) {
				const [timer, atMs] = [...due].sort((a, b) => a[1] - b[1])[0] ?? [];
				if (timer === undefined || atMs === undefined || atMs > endMs) break;
				due.delete(timer);
				nowMs = atMs;
				give({ type: "timer", timer });
			}
			nowMs = endMs;
		},
	};
}

function subscribed(forMs = HOUR) {
	const phone = begin(forMs);
	phone.subscribe(forMs);
	phone.found("new");
	phone.answer(200);
	phone.taken();
	phone.advance(10_000);
	return phone;
}

describe("a subscription", () => {
	test("is told the counts at once (RFC 6665 §4.2.1.2), with the time that is left", () => {
		const phone = begin();
		phone.subscribe(HOUR);
		expect(phone.taken()).toEqual(["read"]);
		phone.found("new");
		expect(phone.taken()).toEqual(["notify active;expires=3600"]);
	});

	test("refreshed, is told again, also where nothing changed (§4.2.1.2)", () => {
		const phone = subscribed();
		phone.subscribe(HOUR);
		phone.found("same");
		expect(phone.taken()).toEqual(["read", "notify active;expires=3600"]);
	});

	test("refreshed, lasts from then on", () => {
		const phone = subscribed();
		phone.subscribe(HOUR);
		phone.found("same");
		phone.answer(200);
		phone.taken();
		phone.advance(HOUR - 1);
		expect(phone.taken()).toEqual([]);
		phone.advance(1);
		expect(phone.taken()).toEqual(["read"]);
	});

	test("is told each change, and nothing where the counts are those it acknowledged", () => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		phone.found("new");
		phone.answer(200);
		expect(phone.taken()).toEqual(["read", "notify active;expires=3590"]);
		phone.advance(5_000);
		phone.give({ type: "changed" });
		phone.found("same");
		expect(phone.taken()).toEqual(["read"]);
	});

	test("a change while a NOTIFY is on its way is told after its answer, a second after it at the earliest", () => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		phone.found("new");
		phone.give({ type: "changed" });
		phone.give({ type: "changed" });
		phone.advance(200);
		phone.answer(200);
		phone.taken();
		phone.advance(799);
		expect(phone.taken()).toEqual([]);
		phone.advance(1);
		expect(phone.taken()).toEqual(["read"]);
	});

	test("is sent nothing while the counts can not be read, and is told as soon as they can", () => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		for (let i = 0; i < 5; i++) {
			phone.give({ type: "unready" });
			phone.advance(5_000);
		}
		expect(phone.taken()).toEqual(Array(6).fill("read"));
		phone.found("new");
		expect(phone.taken()).toEqual(["notify active;expires=3565"]);
	});

	test("that runs out is told so, with the counts, and forgotten (§4.2.2)", () => {
		const phone = begin(60_000);
		phone.advance(60_000);
		expect(phone.taken()).toEqual(["read"]);
		phone.found("same");
		expect(phone.taken()).toEqual(["notify terminated;reason=timeout"]);
		phone.answer(200);
		expect(phone.taken()).toEqual(["forget"]);
	});

	test("ended by its phone (Expires: 0) is told the counts a last time", () => {
		const phone = subscribed();
		phone.subscribe(0);
		phone.found("same");
		expect(phone.taken()).toEqual(["read", "notify terminated;reason=timeout"]);
		phone.noAnswer();
		expect(phone.taken()).toEqual(["forget"]);
	});

	test("ends without a body where the counts can not be read: never a wrong count", () => {
		const phone = subscribed();
		phone.subscribe(0);
		phone.give({ type: "unready" });
		expect(phone.taken()).toEqual(["read", "notify terminated;reason=timeout empty"]);
	});

	test.each([
		["mailboxGone", "noresource"],
		["numberMoved", "deactivated"],
	] as const)("%s: ends with reason %s, without counts of somebody else (§4.1.3)", (found, reason) => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		phone.found(found);
		expect(phone.taken()).toEqual(["read", `notify terminated;reason=${reason} empty`]);
	});

	test.each([481, 404, 489, 501, 500, 401])("a phone that answers %i to a NOTIFY is forgotten (§4.2.2)", (status) => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		phone.found("new");
		phone.answer(status);
		expect(phone.taken().at(-1)).toBe("forget");
		expect(phone.state().name).toBe("ended");
	});

	test("a phone that answers 503 with Retry-After is told then; 481 ends all the same", () => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		phone.found("new");
		phone.answer(503, 30_000);
		phone.taken();
		phone.advance(29_999);
		expect(phone.taken()).toEqual([]);
		phone.advance(1);
		phone.found("same");
		expect(phone.taken()).toEqual(["read", "notify active;expires=3560"]);
		phone.answer(481, 30_000);
		expect(phone.taken()).toEqual(["forget"]);
	});

	test("a phone that does not answer is tried again after 15 s, 1 min and 5 min, then forgotten", () => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		const sent: number[] = [];
		for (let i = 0; i < 4; i++) {
			phone.found("new");
			sent.push(phone.effects.findLast(({ effect }) => effect.type === "notify")!.atMs);
			phone.noAnswer();
			if (i < 3) phone.advance([15_000, 60_000, 300_000][i]!);
		}
		expect(sent).toEqual([10_000, 25_000, 85_000, 385_000]);
		expect(phone.taken().at(-1)).toBe("forget");
	});

	test("a phone that subscribes again while it is waited for is told at once", () => {
		const phone = subscribed();
		phone.give({ type: "changed" });
		phone.found("new");
		phone.noAnswer();
		phone.taken();
		phone.subscribe(HOUR);
		expect(phone.taken()).toEqual(["read"]);
	});

	test("has one NOTIFY on its way at most, no more than one a second unless it subscribes, and always ends", () => {
		const event = fc.oneof(
			fc.constant({ do: "changed" } as const),
			fc.record({ do: fc.constant("advance" as const), byMs: fc.integer({ min: 0, max: 400_000 }) }),
			fc.record({ do: fc.constant("answer" as const), status: fc.constantFrom(200, 408, 503) }),
			fc.record({ do: fc.constant("found" as const), what: fc.constantFrom("new" as const, "same" as const) }),
			fc.constant({ do: "unready" } as const),
		);
		fc.assert(
			fc.property(fc.array(event, { maxLength: 60 }), (events) => {
				const phone = begin();
				let onItsWay = 0;
				const sentAt: number[] = [];
				const look = () => {
					for (const { atMs, effect } of phone.effects.splice(0)) {
						if (effect.type !== "notify") continue;
						if (effect.subscriptionState.startsWith("active")) {
							expect(++onItsWay).toBe(1);
							sentAt.push(atMs);
						}
					}
				};
				for (const one of events) {
					if (one.do === "changed") phone.give({ type: "changed" });
					if (one.do === "advance") phone.advance(one.byMs);
					if (one.do === "found") phone.found(one.what);
					look();
					if (one.do === "unready" && onItsWay === 0) phone.give({ type: "unready" });
					if (one.do === "answer" && onItsWay > 0) {
						onItsWay = 0;
						if (one.status === 408) phone.noAnswer();
						else phone.answer(one.status, one.status === 503 ? 2_000 : undefined);
					}
					look();
				}
				expect(sentAt.every((atMs, i) => i === 0 || atMs - sentAt[i - 1]! >= 1_000)).toBe(true);
				phone.advance(HOUR);
				if (phone.state().name === "ending") {
					phone.found("new");
					phone.noAnswer();
				}
				expect(phone.state().name).toBe("ended");
			}),
		);
	});
});
