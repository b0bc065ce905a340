/**
 * The opaque header that `calls/` gives each recording and reads back after a crash: what a recording is, and for a
 * message all its facts. Pure.
 */
import { ATTESTATION_LEVELS, MAILBOX_SOURCES, REDIRECT_REASONS } from "../domain/index.ts";
import type { DepositFacts } from "./ports.ts";

export type RecordingHeader =
	| { readonly kind: "message"; readonly take: number; readonly facts: DepositFacts }
	/** A greeting or name that was not confirmed yet; worthless after a crash. */
	| { readonly kind: "own" };

const VERSION = 1;

export function writeHeader(header: RecordingHeader): Uint8Array {
	return new TextEncoder().encode(JSON.stringify({ version: VERSION, ...header }));
}

/** Undefined for what is not such a header, so that a foreign recording is left alone. Never throws. */
export function readHeader(octets: Uint8Array): RecordingHeader | undefined {
	let parsed: unknown;
	try {
		parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(octets));
	} catch {
		return undefined;
	}
	if (!isRecord(parsed) || parsed.version !== VERSION) return undefined;
	if (parsed.kind === "own") return { kind: "own" };
	const { take, facts } = parsed;
	if (parsed.kind !== "message" || !Number.isSafeInteger(take) || !isFacts(facts)) return undefined;
	// Recordings of a release without call filters.
	const filtered = facts.filtered === true;
	// Recordings of a release that did not read PASSporTs.
	const attestation = ATTESTATION_LEVELS.find((level) => level === facts.attestation) ?? null;
	return { kind: "message", take: take as number, facts: { ...facts, filtered, attestation } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}

function isFacts(value: unknown): value is DepositFacts {
	if (!isRecord(value)) return false;
	const texts = ["messageId", "mailboxId", "phoneNumber", "receivedOn", "callId"];
	const textsOrNull = ["from", "fromName"];
	return (
		texts.every((name) => typeof value[name] === "string") &&
		textsOrNull.every((name) => value[name] === null || typeof value[name] === "string") &&
		Number.isFinite(value.minMessageMs) &&
		(REDIRECT_REASONS as readonly unknown[]).includes(value.redirectReason) &&
		(MAILBOX_SOURCES as readonly unknown[]).includes(value.mailboxSource)
	);
}
