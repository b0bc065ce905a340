/** What webhooks can be told (contract 3.1 and 6.7). Pure. */

/** Facts of mailboxes, in the contract's spelling. */
export const VOICEMAIL_EVENTS = [
	"Voicemail_New",
	"Voicemail_Heard",
	"Voicemail_Saved",
	"Voicemail_Deleted",
	"Voicemail_Restored",
	"Voicemail_Transcribed",
	"Voicemail_Activated",
	"Voicemail_Updated",
	"Voicemail_Removed",
	"Voicemail_Locked",
	"Voicemail_Full",
	"Voicemail_Notify_Failed",
] as const;

/** Names of the vendor's contract; `Message_Status` stands in its samples only. */
export const VENDOR_EVENTS = [
	"Order_Update",
	"New_Sms",
	"Message_Status",
	"Call_Completed",
	"Call_On_Hold",
	"Call_Recording",
	"Call_In_Progress",
	"Call_Ringing",
] as const;

/** All names together exceed the 255 characters of the contract's field. */
export const ALL_VOICEMAIL_EVENTS = "Voicemail_*";

export type EventName = (typeof VOICEMAIL_EVENTS)[number] | (typeof VENDOR_EVENTS)[number];

export const SUBSCRIBABLE_EVENTS: readonly string[] = [...VENDOR_EVENTS, ...VOICEMAIL_EVENTS, ALL_VOICEMAIL_EVENTS];

const CANONICAL = new Map(SUBSCRIBABLE_EVENTS.map((name) => [name.toLowerCase(), name]));

/** The contract's spelling of a name in any case; undefined for an unknown one. */
export function canonicalEvent(name: string): string | undefined {
	return CANONICAL.get(name.toLowerCase());
}

/** The subscriptions that an event falls under. */
export function subscriptionsTo(event: EventName): readonly string[] {
	return event.startsWith("Voicemail_") ? [event, ALL_VOICEMAIL_EVENTS] : [event];
}
