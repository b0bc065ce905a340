/** What this room needs of others, and what it offers. */

/** A composed mail: everything in it is safe to stand in a header or a body. */
export interface Mail {
	/** `VMID-...`, or the id of what else the mail is about: what is done twice falls on itself. */
	readonly messageId: string;
	/** The host part of the Message-ID. */
	readonly messageIdHost: string;
	readonly from: { readonly name: string; readonly address: string };
	readonly to: { readonly name: string; readonly address: string };
	readonly subject: string;
	readonly date: Date;
	readonly text: string;
	readonly html: string;
	/** Whole seconds of audio: Content-Duration (RFC 3803). Undefined: the mail is not about a voice message. */
	readonly durationSeconds: number | undefined;
	readonly attachment: { readonly fileName: string; readonly wav: Uint8Array } | undefined;
}

/** Where mails go: a mail server, or a Maildir. */
export interface Outbox extends AsyncDisposable {
	/** For the start banner and `doctor`; without secrets. */
	readonly description: string;
	/**
	 * Resolves once the mail is in other hands, or safely on the disk. Sending one again is harmless as far as the other
	 * side lets it be: a Maildir keeps one, a mail server gets the same Message-ID.
	 *
	 * @throws Failure `mailServerUnavailable`: try again later; `mailServerRefused`: with `permanent` when no later try can
	 *   end otherwise.
	 */
	send(mail: Mail): Promise<void>;
	/** Throws a Failure where mail cannot be delivered now. */
	check(): Promise<void>;
}
