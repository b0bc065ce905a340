/** Requests of a dialog, early or confirmed, that are answered alike: INFO and UPDATE. */
import { randomInt } from "node:crypto";
import { type OpenOffers, refusalOfOffer, retryAfterSeconds } from "../dialog/glare.ts";
import { findSdp, readMediaType } from "../message/body.ts";
import { DIGIT_BODIES, infoDigit } from "../message/info-digit.ts";
import type { OctetField } from "../message/write.ts";
import type { CallHandlers } from "../types.ts";
import { ACCEPT } from "./answers.ts";
import { type AgentContext, contactValue, isSecure } from "./context.ts";
import type { Exchange } from "./exchange.ts";

/** 500 with a wait of 0 to 10 s (RFC 3261 §14.2, RFC 3311 §5.2). */
export function refuseForNow(exchange: Exchange, reason?: string): void {
	const seconds = retryAfterSeconds(randomInt(0, 1_000) / 1_000);
	exchange.respond(500, { reason, fields: [["Retry-After", String(seconds)]] });
}

/**
 * A key press is told; an empty INFO is a keep-alive and gets 200. No Info Package is willingly received (RFC 6086
 * §4.2.2).
 */
export function answerInfo(context: AgentContext, exchange: Exchange, handlers: CallHandlers): void {
	const { headers, body } = exchange.request;
	if (headers.has("info-package")) {
		exchange.respond(469, { fields: [["Recv-Info", ""]] });
		return;
	}
	if (body.length === 0) {
		exchange.respond(200);
		return;
	}
	const type = readMediaType(headers.raw("content-type") ?? "")?.name ?? "";
	const known = handlers.onDigit !== undefined && DIGIT_BODIES.split(", ").includes(type);
	const digit = known ? infoDigit(type, body) : undefined;
	if (!known) exchange.respond(415, { fields: [["Accept", handlers.onDigit === undefined ? "" : DIGIT_BODIES]] });
	else if (digit === undefined) exchange.respond(400, { reason: "No Key In The Body" });
	else {
		exchange.respond(200);
		if (digit !== "none") context.guard("onDigit", () => handlers.onDigit?.(digit));
	}
}

export interface UpdateUser {
	readonly offers: OpenOffers;
	readonly handlers: CallHandlers;
	/** Fields of the 200, or the refusal; not asked for where the offer was refused. */
	timer(): readonly OctetField[] | { readonly minSeconds: number };
	/** Before the 200: the target moves, and this description of ours is in force. */
	accepted(sdp: string | undefined): void;
}

/** UPDATE: RFC 3311 §5.2. One without offer only moves the target or refreshes the session. */
export function answerUpdate(context: AgentContext, exchange: Exchange, user: UpdateUser): void {
	const found = findSdp(exchange.request.headers, exchange.request.body);
	if (found.found === "other") {
		exchange.respond(415, { fields: [ACCEPT] });
		return;
	}
	const crossing = found.found === "sdp" ? refusalOfOffer(user.offers) : undefined;
	if (crossing === 491) {
		exchange.respond(491);
		return;
	}
	if (crossing === 500) {
		refuseForNow(exchange, "Offer Not Answered Yet");
		return;
	}
	// Asked before the offer is acted on: a refusal must leave everything as it was.
	const timer = user.timer();
	if ("minSeconds" in timer) {
		exchange.respond(422, { fields: [["Min-SE", String(timer.minSeconds)]] });
		return;
	}
	const verdict = found.found === "sdp" ? askOffer(context, user.handlers, found.sdp) : { sdp: undefined };
	if ("status" in verdict) {
		exchange.respond(verdict.status);
		return;
	}
	user.accepted(verdict.sdp);
	const { allow, supported } = context.abilities;
	const fields: OctetField[] = [
		["Contact", contactValue(exchange.flow, isSecure(exchange.request))],
		allow,
		supported,
		...timer,
	];
	exchange.respond(200, { fields, sdp: verdict.sdp });
}

/** Asks above for the answer to an offer, or an offer; a throw of it counts as 500. */
export function askOffer(
	context: AgentContext,
	handlers: CallHandlers,
	offer: string | undefined,
): { readonly sdp: string } | { readonly status: number } {
	const asked = context.guard("onReinvite", () => handlers.onReinvite?.(offer) ?? { status: 488 });
	return asked ?? { status: 500 };
}
