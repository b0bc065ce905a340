/** Mailboxes in memory that keep the promises of the port. */

import type { TelephoneAudio } from "../../../src/audio/index.ts";
import type {
	CallingParty,
	CallMailbox,
	CallMailboxes,
	CallRules,
	CallTrace,
	CallTraces,
	CallVerdict,
	DepositedRecording,
	Greetings,
	HeldNumber,
	MailboxMessages,
	PinChange,
	PinChannel,
	PinCheck,
	RulesInForce,
} from "../../../src/calls/index.ts";
import { Failure, isWeakPin, type Message, type MessageStatus } from "../../../src/domain/index.ts";

export function callMailbox(fields: Partial<CallMailbox> & { readonly phoneNumber: string }): CallMailbox {
	return {
		mailboxId: `MBID-${fields.phoneNumber}`,
		full: false,
		pinSet: true,
		pinChangeRequired: false,
		timeZone: "America/New_York",
		language: "en",
		maxMessageMs: 180_000,
		minMessageMs: 1_000,
		...fields,
	};
}

export function message(fields: Partial<Message> & { readonly messageId: string }): Message {
	return {
		phoneNumber: "+15551110001",
		from: "+18015551234",
		fromName: null,
		receivedOn: new Date("2026-05-28T15:03:00Z"),
		durationMs: 4_000,
		sizeBytes: 32_000,
		status: "New",
		redirectReason: "NoAnswer",
		mailboxSource: "Diversion",
		silent: false,
		filtered: false,
		attestation: null,
		heardOn: null,
		deletedOn: null,
		expiresOn: null,
		...fields,
	};
}

export class FakeMailboxes implements CallMailboxes {
	readonly held = new Map<string, HeldNumber>();
	readonly pins = new Map<string, string>();
	readonly messagesOf = new Map<string, Message[]>();
	readonly audioOf = new Map<string, TelephoneAudio>();
	readonly deposited: DepositedRecording[] = [];
	readonly greetingsSet: { readonly kind: string; readonly audio: TelephoneAudio }[] = [];
	greetingsHeld: Greetings = { unavailable: undefined, name: undefined };
	readonly channels: PinChannel[] = [];
	away = false;
	open = true;
	broken: Error | undefined;
	/** How long setting a status takes. */
	setStatusMs: (status: MessageStatus) => number = () => 0;

	add(mailbox: CallMailbox, pin = "4821", messages: readonly Message[] = []): void {
		this.held.set(mailbox.phoneNumber, { phoneNumber: mailbox.phoneNumber, mailbox });
		this.pins.set(mailbox.phoneNumber, pin);
		this.messagesOf.set(mailbox.mailboxId, [...messages]);
	}

	#check(): void {
		if (this.away) throw new Failure("storeUnavailable", "The database is away.", "Start it.");
		if (this.broken) throw this.broken;
	}

	async find(phoneNumbers: readonly string[]): Promise<readonly HeldNumber[]> {
		this.#check();
		return phoneNumbers.flatMap((number) => this.held.get(number) ?? []);
	}

	async greetings(): Promise<Greetings> {
		this.#check();
		return this.greetingsHeld;
	}

	async deposit(recording: DepositedRecording): Promise<"stored" | "tooShort" | "mailboxGone"> {
		this.#check();
		if (recording.durationMs < recording.facts.minMessageMs) return "tooShort";
		if (!this.held.get(recording.facts.phoneNumber)?.mailbox) return "mailboxGone";
		if (!this.deposited.some((one) => one.facts.messageId === recording.facts.messageId))
			this.deposited.push(recording);
		return "stored";
	}

	async checkPin(phoneNumber: string, pin: string, channel: PinChannel): Promise<PinCheck> {
		this.#check();
		this.channels.push(channel);
		const right = this.pins.get(phoneNumber) === pin;
		const pinChangeRequired = this.held.get(phoneNumber)?.mailbox?.pinChangeRequired ?? false;
		return right ? { result: "right", pinChangeRequired } : { result: "wrong" };
	}

	async changePin(mailboxId: string, pin: string): Promise<PinChange> {
		const phoneNumber = mailboxId.replace("MBID-", "");
		if (isWeakPin(pin, phoneNumber)) return { result: "weak" };
		if (this.pins.get(phoneNumber) === pin) return { result: "same" };
		this.pins.set(phoneNumber, pin);
		return { result: "changed" };
	}

	async messages(mailboxId: string): Promise<MailboxMessages> {
		this.#check();
		const all = (this.messagesOf.get(mailboxId) ?? []).filter((one) => one.status !== "Deleted");
		const fresh = all.filter((one) => one.status === "New");
		const rest = all.filter((one) => one.status !== "New");
		return { messages: [...fresh, ...rest], newCount: fresh.length, savedCount: rest.length };
	}

	async audio(messageId: string): Promise<TelephoneAudio | undefined> {
		this.#check();
		return this.audioOf.get(messageId);
	}

	async setStatus(mailboxId: string, messageId: string, status: MessageStatus): Promise<void> {
		this.#check();
		const waitMs = this.setStatusMs(status);
		if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
		const messages = this.messagesOf.get(mailboxId) ?? [];
		this.messagesOf.set(
			mailboxId,
			messages.map((one) => (one.messageId === messageId ? { ...one, status } : one)),
		);
	}

	async setGreeting(_mailboxId: string, kind: "unavailable" | "name", audio: TelephoneAudio): Promise<void> {
		this.#check();
		this.greetingsSet.push({ kind, audio });
	}

	async stillOpen(): Promise<boolean> {
		this.#check();
		return this.open;
	}
}

/** No rules, unless a test lays some down. */
export class FakeRules implements CallRules {
	readonly verdicts = new Map<string, CallVerdict>();
	readonly standIns = new Map<string, string>();
	/** Numbers of each look-up. */
	readonly asked: (readonly string[])[] = [];
	readonly callers: CallingParty[] = [];

	async find(phoneNumbers: readonly string[]): Promise<RulesInForce> {
		this.asked.push(phoneNumbers);
		return {
			judge: (phoneNumber, caller) => {
				this.callers.push(caller);
				return this.verdicts.get(phoneNumber) ?? { result: "accept" };
			},
			standIn: async (number) => {
				const phoneNumber = this.standIns.get(number);
				return phoneNumber === undefined ? undefined : { phoneNumber, why: "The workgroup WID-1 says so." };
			},
		};
	}
}

export class FakeTraces implements CallTraces {
	readonly written: CallTrace[] = [];

	async write(trace: CallTrace): Promise<void> {
		this.written.push(trace);
	}

	get last(): CallTrace {
		const trace = this.written.at(-1);
		if (!trace) throw new Error("no trace was written");
		return trace;
	}
}
