/** The fields of create and update, checked (contract 3.1). Pure. No message repeats a value: a secret may be among them. */
import { isIP } from "node:net";
import { canonicalEvent, Failure, isPublicAddress, SUBSCRIBABLE_EVENTS } from "../../domain/index.ts";
import { DIRECTORY_LIMITS } from "../limits.ts";
import type { AuthenticationType, TargetPolicy, WebhookFields, WebhookMethod } from "./types.ts";

export interface Authentication {
	readonly type: AuthenticationType;
	readonly username: string | null;
	/** Password or token. */
	readonly credential: string | null;
}

export interface CheckedWebhook {
	readonly url: string;
	readonly method: WebhookMethod;
	readonly events: readonly string[];
	readonly authentication: Authentication;
}

/** A new webhook; `POST`, `json` and `None` where nothing is said. @throws Failure `badInput`. */
export function checkedNew(fields: WebhookFields, policy: TargetPolicy): CheckedWebhook {
	return checkedChange(fields, undefined, policy);
}

/** @param before what stays where nothing is sent. @throws Failure `badInput`. */
export function checkedChange(
	fields: WebhookFields,
	before: CheckedWebhook | undefined,
	policy: TargetPolicy,
): CheckedWebhook {
	if (fields.dataFormat === "xml") refuse("DataFormat xml is not supported", "Send json, or leave DataFormat out.");
	return {
		url: fields.url === undefined ? (before?.url ?? missing("WebhookUrl")) : checkedUrl(fields.url, policy),
		method: fields.method ?? before?.method ?? "POST",
		events:
			fields.events === undefined ? (before?.events ?? missing("SubscribedEvents")) : checkedEvents(fields.events),
		authentication: checkedAuthentication(fields, before?.authentication),
	};
}

/**
 * An address of the internet over TLS, unless the policy lets more through. A name is not looked up here: what counts
 * is the address that is connected to, each time.
 */
export function checkedUrl(text: string, policy: TargetPolicy): string {
	const url = text.trim();
	if (url.length > DIRECTORY_LIMITS.webhookUrlCharsMax) {
		refuse(`WebhookUrl is longer than ${DIRECTORY_LIMITS.webhookUrlCharsMax} characters`, "Send a shorter one.");
	}
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (parsed === undefined || !/^https?:\/\//i.test(url) || !/^[\x21-\x7e]+$/.test(url)) {
		return refuse("WebhookUrl is not an HTTPS URL", "Send one such as https://example.com/webhooks.");
	}
	if (parsed.protocol === "http:" && !policy.plainHttp && !policy.privateTargets) {
		refuse(
			"WebhookUrl is not https",
			"Serve the receiver over TLS; the operator of this platform allows nothing else.",
		);
	}
	if (parsed.username !== "" || parsed.password !== "") {
		refuse("WebhookUrl holds a user name or password", "Send AuthenticationType Basic with them instead.");
	}
	if (!policy.privateTargets && isPrivateHost(parsed.hostname)) {
		refuse("WebhookUrl leads to a private or local address", "Send a URL that is reachable from the internet.");
	}
	return url;
}

/** Judges literals and the names that are always this machine (RFC 6761 §6.3). */
function isPrivateHost(hostname: string): boolean {
	const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
	if (isIP(host) !== 0) return !isPublicAddress(host);
	return /(^|\.)localhost$/i.test(host);
}

/** Canonical names in the order given, each once. */
function checkedEvents(text: string): readonly string[] {
	const names = text
		.split(",")
		.map((name) => name.trim())
		.filter((name) => name !== "");
	if (names.length === 0) missing("SubscribedEvents");
	if (names.some((name) => canonicalEvent(name) === undefined)) {
		refuse(
			"SubscribedEvents holds an event that does not exist",
			`Send a comma list of these: ${SUBSCRIBABLE_EVENTS.join(", ")}.`,
		);
	}
	return [...new Set(names.map((name) => canonicalEvent(name)!))];
}

function checkedAuthentication(fields: WebhookFields, before: Authentication | undefined): Authentication {
	const type = fields.authenticationType ?? before?.type ?? "None";
	const kept = before !== undefined && kindOf(before.type) === kindOf(type) ? before : undefined;
	switch (kindOf(type)) {
		case "none":
			return { type, username: null, credential: null };
		case "basic": {
			const username = fields.username ?? kept?.username ?? missing("AuthenticationUsername");
			const credential = fields.password ?? kept?.credential ?? missing("AuthenticationPassword");
			assertText("AuthenticationUsername", username);
			assertText("AuthenticationPassword", credential);
			// RFC 7617 §2: the first colon ends the user name.
			if (username.includes(":")) refuse("AuthenticationUsername holds a colon", "Basic authentication forbids it.");
			return { type, username, credential };
		}
		case "token": {
			const credential = fields.token ?? kept?.credential ?? missing("AuthenticationToken");
			assertText("AuthenticationToken", credential);
			if (!/^[\x21-\x7e]+$/.test(credential)) {
				refuse("AuthenticationToken can not stand in a header", "Send printable ASCII without blanks.");
			}
			return { type, username: null, credential };
		}
	}
}

function kindOf(type: AuthenticationType): "none" | "basic" | "token" {
	return type === "None" ? "none" : type === "Basic" ? "basic" : "token";
}

function assertText(field: string, text: string): void {
	const { webhookTextCharsMax } = DIRECTORY_LIMITS;
	if (text === "") missing(field);
	if (text.length > webhookTextCharsMax)
		refuse(`${field} is longer than ${webhookTextCharsMax} characters`, "Send a shorter one.");
	if (/\p{Cc}/u.test(text) || !text.isWellFormed()) refuse(`${field} holds control characters`, "Send plain text.");
}

function missing(field: string): never {
	return refuse(`${field} is required`, `Send ${field}.`);
}

function refuse(message: string, mend: string): never {
	throw new Failure("badInput", message, mend);
}
