/** Answers what a retrieval asks of the mailboxes. Holds what the machine must not decide: whose mailbox, and whether the session still stands. */
import { normaliseLevel } from "../audio/index.ts";
import { type Clock, type Log, type NumberPlan, normalise } from "../domain/index.ts";
import type { Recordings } from "../media/index.ts";
import type { FlowReply, FlowRequest } from "./flow.ts";
import type { CallMailboxes, PinChannel } from "./ports.ts";

export interface RequestDeskOptions {
	readonly mailboxes: CallMailboxes;
	readonly recordings: Recordings;
	readonly plan: NumberPlan;
	readonly clock: Clock;
	readonly log: Log;
	readonly callId: string;
	/** Whose mailbox it is; undefined where its number is asked for, and then the channel is `foreign`. */
	readonly known: KnownMailbox | undefined;
}

export interface KnownMailbox {
	readonly phoneNumber: string;
	/** `own` only where the network asserted that very number as the caller. */
	readonly channel: PinChannel;
}

/** Checked in place of what is no number, so that it takes the same time; code 999 is not in use (ITU-T E.164). */
const NOBODYS_NUMBER = "+999000000000";

interface Session {
	readonly mailboxId: string;
	readonly since: Date;
}

export class RequestDesk {
	readonly #options: RequestDeskOptions;
	/** Of the last PIN that was tried. */
	#tried: { readonly phoneNumber: string; readonly right: boolean; readonly at: Date } | undefined;
	#session: Session | undefined;

	constructor(options: RequestDeskOptions) {
		this.#options = options;
	}

	/** Never rejects: what could not be done is answered `failed`, and logged without what was keyed. */
	async answer(request: FlowRequest): Promise<FlowReply> {
		try {
			return await this.#answer(request);
		} catch (error) {
			const { log, callId } = this.#options;
			log.error({ callId, ask: request.ask, err: error }, "a request of a call could not be carried out");
			return { ask: "failed" };
		}
	}

	async #answer(request: FlowRequest): Promise<FlowReply> {
		if (request.ask === "checkPin") return this.#checkPin(request.mailboxNumber, request.pin);
		if (request.ask === "open") return this.#open();
		if (request.ask === "readRecording") {
			return { ask: "readRecording", audio: (await this.#options.recordings.read(request.recordingId))?.audio };
		}
		const { mailboxes } = this.#options;
		const session = this.#session;
		if (!session || !(await mailboxes.stillOpen(session.mailboxId, session.since))) return { ask: "closed" };
		const { mailboxId } = session;
		switch (request.ask) {
			case "messages":
				return { ask: "messages", messages: await mailboxes.messages(mailboxId) };
			case "audio":
				return { ask: "audio", audio: await this.#audio(request.messageId, mailboxId) };
			case "setStatus":
				await mailboxes.setStatus(mailboxId, request.messageId, request.status);
				return { ask: "setStatus" };
			case "changePin": {
				const change = await mailboxes.changePin(mailboxId, request.pin);
				// this session made the change: it goes on
				if (change.result === "changed") this.#session = { mailboxId, since: this.#options.clock.now() };
				return { ask: "changePin", change };
			}
			case "setGreeting":
				return this.#setGreeting(mailboxId, request.kind, request.recordingId);
		}
	}

	/** A number that is not ours is checked like any other: same answer, same time. */
	async #checkPin(mailboxNumber: string, pin: string): Promise<FlowReply> {
		const { mailboxes, known, clock } = this.#options;
		const phoneNumber = known?.phoneNumber ?? (await this.#numberOf(mailboxNumber));
		const channel = known?.channel ?? "foreign";
		const at = clock.now();
		const check = await mailboxes.checkPin(phoneNumber, pin, channel);
		this.#tried = { phoneNumber, right: check.result === "right", at };
		return { ask: "checkPin", check };
	}

	async #numberOf(keyed: string): Promise<string> {
		const readings = normalise(keyed, this.#options.plan).flatMap((reading) => reading.phoneNumber ?? []);
		const held = await this.#options.mailboxes.find(readings);
		const ours = readings.find((number) => held.some((one) => one.phoneNumber === number));
		return ours ?? readings[0] ?? NOBODYS_NUMBER;
	}

	async #open(): Promise<FlowReply> {
		const { mailboxes } = this.#options;
		const tried = this.#tried;
		if (!tried?.right) return { ask: "closed" };
		const mailbox = (await mailboxes.find([tried.phoneNumber])).find(
			(one) => one.phoneNumber === tried.phoneNumber,
		)?.mailbox;
		if (!mailbox) return { ask: "closed" };
		this.#session = { mailboxId: mailbox.mailboxId, since: tried.at };
		return { ask: "open", mailbox, messages: await mailboxes.messages(mailbox.mailboxId) };
	}

	/** One message that can not be read is skipped like one that is gone; it must not end the session. */
	async #audio(messageId: string, mailboxId: string) {
		try {
			const audio = await this.#options.mailboxes.audio(messageId, mailboxId);
			return audio && audio.samples.length > 0 ? normaliseLevel(audio) : undefined;
		} catch (error) {
			const { log, callId } = this.#options;
			log.error({ callId, messageId, err: error }, "the audio of a message could not be read");
			return undefined;
		}
	}

	async #setGreeting(mailboxId: string, kind: "unavailable" | "name", recordingId: string): Promise<FlowReply> {
		const { mailboxes, recordings } = this.#options;
		const recording = await recordings.read(recordingId);
		if (!recording) return { ask: "failed" };
		await mailboxes.setGreeting(mailboxId, kind, recording.audio);
		await recordings.done(recordingId);
		return { ask: "setGreeting" };
	}
}
