/**
 * One subscription to message-summary, as its notifier sees it: RFC 6665 §4.2, RFC 3842 §3. Pure: time comes in with
 * each event. Counts are read anew for each NOTIFY, so that a change while one is on its way is never lost, only told once more.
 */
import { LAMP_LIMITS as LIMITS } from "./limits.ts";

/** RFC 6665 §4.1.3: `deactivated` asks the phone to subscribe anew, `noresource` not to. */
export type EndReason = "timeout" | "deactivated" | "noresource";

interface Active {
	readonly name: "active";
	readonly expiresAtMs: number;
	/** `waiting`: for the timer `again`. */
	readonly phase: "quiet" | "reading" | "sending" | "waiting";
	/** Something happened since the reading that is being told. */
	readonly stale: boolean;
	/** The phone subscribed and has to hear the counts even where they are the same. */
	readonly owed: boolean;
	/** NOTIFY requests without an answer, one after the other. */
	readonly unanswered: number;
	readonly sentAtMs: number | undefined;
}

interface Ending {
	readonly name: "ending";
	readonly phase: "reading" | "sending";
	readonly reason: EndReason;
}

export type SubscriptionState = Active | Ending | { readonly name: "ended" };

export type SubscriptionEvent =
	/** SUBSCRIBE was answered with 200; a time that is over already ends the subscription. */
	| { readonly type: "subscribed"; readonly expiresAtMs: number }
	/** The counts may have changed. */
	| { readonly type: "changed" }
	| { readonly type: "timer"; readonly timer: SubscriptionTimer }
	/** `same`: as the phone has acknowledged before. */
	| { readonly type: "read"; readonly found: "new" | "same" | "mailboxGone" | "numberMoved" }
	/** The counts could not be read, or the NOTIFY not be written down: nothing was sent. */
	| { readonly type: "unready" }
	| {
			readonly type: "notified";
			readonly status: number;
			/** False where the status is our own for a time-out or a failed transport. */
			readonly answered: boolean;
			readonly retryAfterMs: number | undefined;
	  };

export type SubscriptionTimer = "expiry" | "again";

export type SubscriptionEffect =
	/** Read the counts now; `read` or `unready` follows. */
	| { readonly type: "read" }
	/** `notified` or `unready` follows. `counts` false: without a body. */
	| { readonly type: "notify"; readonly subscriptionState: string; readonly counts: boolean }
	| { readonly type: "setTimer"; readonly timer: SubscriptionTimer; readonly afterMs: number }
	| { readonly type: "clearTimer"; readonly timer: SubscriptionTimer }
	/** It is over. */
	| { readonly type: "forget" };

export interface SubscriptionStep {
	readonly state: SubscriptionState;
	readonly effects: readonly SubscriptionEffect[];
}

/** Of a subscription whose 200 is on its way, or that another node held until now; nothing is owed yet. */
export function subscriptionStart(expiresAtMs: number): SubscriptionState {
	const calm = { stale: false, owed: false, unanswered: 0, sentAtMs: undefined } as const;
	return { name: "active", expiresAtMs, phase: "quiet", ...calm };
}

export function subscription(state: SubscriptionState, event: SubscriptionEvent, nowMs: number): SubscriptionStep {
	switch (state.name) {
		case "active":
			return active(state, event, nowMs);
		case "ending":
			return ending(state, event);
		case "ended":
			return to(state);
	}
}

function active(state: Active, event: SubscriptionEvent, nowMs: number): SubscriptionStep {
	switch (event.type) {
		case "subscribed":
			return subscribed(state, event.expiresAtMs, nowMs);
		case "changed":
			if (state.phase === "quiet") return tell(state, nowMs);
			// Whoever waits will read anew anyway.
			return to(state.phase === "waiting" ? state : { ...state, stale: true });
		case "timer":
			if (event.timer === "expiry") return end("timeout");
			return state.phase === "waiting" ? read(state) : to(state);
		case "read":
			return state.phase === "reading" ? found(state, event.found, nowMs) : to(state);
		case "unready":
			if (state.phase !== "reading" && state.phase !== "sending") return to(state);
			return wait(state, LIMITS.unreadyRetryMs);
		case "notified":
			return state.phase === "sending" ? notified(state, event, nowMs) : to(state);
	}
}

function subscribed(state: Active, expiresAtMs: number, nowMs: number): SubscriptionStep {
	if (expiresAtMs <= nowMs) return end("timeout");
	const lasting: Active = { ...state, expiresAtMs, owed: true, unanswered: 0 };
	const expiry = setTimer("expiry", expiresAtMs - nowMs);
	if (state.phase === "quiet") return then(read(lasting), expiry);
	// The phone shows that it is there: no reason to wait any longer.
	if (state.phase === "waiting") return then(read(lasting), expiry, { type: "clearTimer", timer: "again" });
	return to({ ...lasting, stale: true }, expiry);
}

function found(state: Active, what: "new" | "same" | "mailboxGone" | "numberMoved", nowMs: number): SubscriptionStep {
	if (what === "mailboxGone" || what === "numberMoved") {
		return finish(what === "mailboxGone" ? "noresource" : "deactivated", false);
	}
	if (what === "same" && !state.owed) return next({ ...state, phase: "quiet" }, nowMs);
	const seconds = Math.max(1, Math.ceil((state.expiresAtMs - nowMs) / 1000));
	// What is owed is paid by this one; whatever comes from now on makes it stale again.
	return to(
		{ ...state, phase: "sending", owed: false, sentAtMs: nowMs },
		{ type: "notify", subscriptionState: `active;expires=${seconds}`, counts: true },
	);
}

function notified(
	state: Active,
	event: Extract<SubscriptionEvent, { readonly type: "notified" }>,
	nowMs: number,
): SubscriptionStep {
	if (event.answered && event.status < 300) return next({ ...state, phase: "quiet", unanswered: 0 }, nowMs);
	if (event.answered) {
		// RFC 6665 §4.2.2: a refusal ends the subscription, 481 as any other, unless it names a time to come back.
		if (event.retryAfterMs === undefined || event.status === 481) return over();
		return wait(state, Math.min(event.retryAfterMs, LIMITS.retryAfterMsMax));
	}
	// A phone that is out of reach for a moment is not worth an hour with a dark lamp: the section's SHOULD is put off.
	const afterMs = LIMITS.unansweredRetriesMs[state.unanswered];
	if (afterMs === undefined) return over();
	return wait({ ...state, unanswered: state.unanswered + 1 }, afterMs);
}

function ending(state: Ending, event: SubscriptionEvent): SubscriptionStep {
	if (state.phase === "reading") {
		if (event.type === "unready") return finish(state.reason, false);
		if (event.type !== "read") return to(state);
		if (event.found === "mailboxGone") return finish("noresource", false);
		return finish(state.reason, event.found !== "numberMoved");
	}
	return event.type === "notified" || event.type === "unready" ? over() : to(state);
}

/** Back to rest, unless something happened meanwhile. */
function next(state: Active, nowMs: number): SubscriptionStep {
	return state.stale || state.owed ? tell(state, nowMs) : to(state);
}

function tell(state: Active, nowMs: number): SubscriptionStep {
	const calmAtMs = (state.sentAtMs ?? Number.NEGATIVE_INFINITY) + LIMITS.notifyEveryMs;
	return calmAtMs > nowMs ? wait(state, calmAtMs - nowMs) : read(state);
}

const read = (state: Active): SubscriptionStep => to({ ...state, phase: "reading", stale: false }, { type: "read" });

/** What had to be told is still to be told, even where the counts are those of the last one. */
const wait = (state: Active, afterMs: number): SubscriptionStep =>
	to(
		{ ...state, phase: "waiting", owed: state.owed || state.phase === "sending" },
		setTimer("again", Math.max(1, afterMs)),
	);

function end(reason: EndReason): SubscriptionStep {
	const timers = (["expiry", "again"] as const).map((timer) => ({ type: "clearTimer", timer }) as const);
	return to({ name: "ending", phase: "reading", reason }, ...timers, { type: "read" });
}

/** The last NOTIFY (§4.2.2): everybody who subscribed gets one. */
function finish(reason: EndReason, counts: boolean): SubscriptionStep {
	const timers = (["expiry", "again"] as const).map((timer) => ({ type: "clearTimer", timer }) as const);
	const subscriptionState = `terminated;reason=${reason}`;
	return to({ name: "ending", phase: "sending", reason }, ...timers, { type: "notify", subscriptionState, counts });
}

function over(): SubscriptionStep {
	const timers = (["expiry", "again"] as const).map((timer) => ({ type: "clearTimer", timer }) as const);
	return to({ name: "ended" }, ...timers, { type: "forget" });
}

const setTimer = (timer: SubscriptionTimer, afterMs: number): SubscriptionEffect => ({
	type: "setTimer",
	timer,
	afterMs,
});
const to = (state: SubscriptionState, ...effects: SubscriptionEffect[]): SubscriptionStep => ({ state, effects });
const then = (step: SubscriptionStep, ...effects: SubscriptionEffect[]): SubscriptionStep => ({
	state: step.state,
	effects: [...effects, ...step.effects],
});
