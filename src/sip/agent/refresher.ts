import { glareWaitMs } from "../dialog/glare.ts";
import {
	parseMinSe,
	type SessionInterval,
	type SessionTimerEvent,
	type SessionTimerState,
	sessionTimer,
	sessionTimerStart,
	settledTimer,
	timerFields,
} from "../dialog/session-timer.ts";
import { findSdp } from "../message/body.ts";
import type { ParsedResponse } from "../message/message.ts";
import type { OctetField } from "../message/write.ts";
import { Running } from "../transaction/running.ts";
import type { AgentContext } from "./context.ts";
import type { DialogSide } from "./dialog-side.ts";

export interface RefresherOptions {
	readonly context: AgentContext;
	readonly side: DialogSide;
	/** We made the Call-ID: decides who waits longer after a 491 (RFC 3261 §14.1). */
	readonly ownsCallId: boolean;
	/** The peer's Allow names UPDATE. */
	readonly updates: boolean;
	/** Our last description, for a refresh by re-INVITE. */
	sdp(): string | undefined;
	/** An INVITE of the dialog is under way: no other may be started (§14.1). */
	busy(): boolean;
	/** The peer answered a re-INVITE of ours with this. */
	answered(sdp: string): void;
	/** The target may have moved. */
	refreshed(response: ParsedResponse): void;
	/** Over: nobody refreshed in time, or the peer knows the dialog no more (408, 481). */
	lost(why: "expired" | "failed"): void;
}

/** Keeps a session from expiring, or ends it where the peer does not (RFC 4028 §10). */
export class Refresher {
	readonly #options: RefresherOptions;
	readonly #clock: Running<SessionTimerState, SessionTimerEvent>;
	#interval: SessionInterval | undefined;
	#minSeconds: number;
	#updates: boolean;
	#underWay: "UPDATE" | "INVITE" | undefined;
	#retry: NodeJS.Timeout | undefined;
	#ended = false;

	constructor(options: RefresherOptions) {
		this.#options = options;
		this.#updates = options.updates;
		this.#minSeconds = options.context.sessionTimer.minSeconds;
		this.#clock = new Running(sessionTimerStart, sessionTimer, options.context.timers, {
			send: () => {},
			tell: (news) => {
				if (news === "refreshDue") this.#refresh();
				else if (news === "expired") options.lost("expired");
			},
			ended: () => {},
		});
	}

	/** A re-INVITE of ours waits for its answer: an offer of the peer crosses it. */
	get offering(): boolean {
		return this.#underWay === "INVITE";
	}

	agree(interval: SessionInterval | undefined): void {
		this.#interval = interval;
		this.#clock.give({ type: "agreed", interval });
	}

	stop(): void {
		this.#ended = true;
		clearTimeout(this.#retry);
		this.#clock.give({ type: "ended" });
	}

	#refresh(): void {
		if (this.#ended || this.#interval === undefined || this.#underWay !== undefined) return;
		const { context, side, busy, sdp, ownsCallId } = this.#options;
		if (busy()) {
			this.#again(glareWaitMs(ownsCallId, Math.random()));
			return;
		}
		const method = this.#updates ? "UPDATE" : "INVITE";
		const seconds = Math.max(this.#interval.seconds, this.#minSeconds);
		const fields: OctetField[] = [
			context.abilities.allow,
			context.abilities.supported,
			...timerFields(seconds, this.#minSeconds, true),
		];
		this.#underWay = method;
		const user = {
			onResponse: (response: ParsedResponse) => this.#receive(method, response),
			onFailure: (status: 408 | 503) => {
				this.#underWay = undefined;
				// §10: a refresh that times out ends the session; one that could not be sent may be tried until it expires.
				if (status === 408) this.#lost();
				else this.#again(glareWaitMs(ownsCallId, Math.random()));
			},
		};
		// A description that has not changed: the version in o= is the same (§7.4, RFC 3264 §8).
		side.request(method, user, { contact: true, fields, sdp: method === "INVITE" ? sdp() : undefined });
	}

	#receive(method: "UPDATE" | "INVITE", response: ParsedResponse): void {
		const { status } = response;
		if (status < 200) return;
		const { side, answered, refreshed, ownsCallId } = this.#options;
		// Each repetition of a 2xx is acknowledged (RFC 3261 §13.2.2.4).
		if (method === "INVITE" && status < 300) side.ack(response.cseq);
		if (this.#underWay !== method) return;
		this.#underWay = undefined;
		if (this.#ended) return;
		if (status < 300) {
			refreshed(response);
			this.agree(settledTimer(response.headers));
			const found = method === "INVITE" ? findSdp(response.headers, response.body) : undefined;
			if (found?.found === "sdp") answered(found.sdp);
		} else if (status === 422) {
			const minSeconds = parseMinSe(response.headers);
			// One that asks for no more than it was given would be asked for ever.
			if (minSeconds > this.#minSeconds) {
				this.#minSeconds = minSeconds;
				this.#refresh();
			}
		} else if (status === 491) this.#again(glareWaitMs(ownsCallId, Math.random()));
		else if (status === 500 && response.headers.has("retry-after")) this.#again(retryAfterMs(response));
		else if (status === 408 || status === 481) this.#lost();
		else if (method === "UPDATE" && (status === 405 || status === 501)) {
			this.#updates = false;
			this.#refresh();
		}
		// Any other refusal leaves the session as it is: it ends when it expires.
	}

	#lost(): void {
		if (!this.#ended) this.#options.lost("failed");
	}

	#again(afterMs: number): void {
		clearTimeout(this.#retry);
		this.#retry = setTimeout(() => this.#refresh(), afterMs);
	}
}

function retryAfterMs(response: ParsedResponse): number {
	const seconds = /^\s*(\d{1,4})/.exec(response.headers.raw("retry-after") ?? "")?.[1];
	return 1_000 * Math.min(Number(seconds ?? 10), 60);
}
