/** Telephone audio at rest and in memory. */

export type TelephoneEncoding = "PCMU" | "PCMA";

/** G.711 audio, 8,000 octets a second. Backed by a SharedArrayBuffer it crosses threads without a copy. */
export interface TelephoneAudio {
	readonly encoding: TelephoneEncoding;
	readonly samples: Uint8Array;
}
