/** Telephone audio at rest and in memory. */

/** Rates at which audio rests here: that of G.711, and that of G.722; Opus is decoded to the latter. */
export const NARROWBAND_HZ = 8000;
export const WIDEBAND_HZ = 16_000;
export type SampleRateHz = typeof NARROWBAND_HZ | typeof WIDEBAND_HZ;

export type G711Encoding = "PCMU" | "PCMA";
/** L16: linear, 16 bits, little-endian, 16,000 Hz: what a wideband call is kept as, whatever codec it spoke. */
export type TelephoneEncoding = G711Encoding | "L16";

/** Audio of one channel. Backed by a SharedArrayBuffer it crosses threads without a copy. */
export interface TelephoneAudio {
	readonly encoding: TelephoneEncoding;
	/** Octets: 8 a millisecond of G.711, 32 of L16. */
	readonly samples: Uint8Array;
}

export interface G711Audio extends TelephoneAudio {
	readonly encoding: G711Encoding;
}

export interface AudioForm {
	readonly rateHz: SampleRateHz;
	readonly octetsPerSample: 1 | 2;
	readonly octetsPerMs: number;
}

const G711_FORM: AudioForm = { rateHz: NARROWBAND_HZ, octetsPerSample: 1, octetsPerMs: 8 };
export const AUDIO_FORMS: Readonly<Record<TelephoneEncoding, AudioForm>> = {
	PCMU: G711_FORM,
	PCMA: G711_FORM,
	L16: { rateHz: WIDEBAND_HZ, octetsPerSample: 2, octetsPerMs: 32 },
};

/** Milliseconds, not rounded. */
export const durationMsOf = ({ encoding, samples }: TelephoneAudio): number =>
	samples.length / AUDIO_FORMS[encoding].octetsPerMs;

export const isWideband = ({ encoding }: TelephoneAudio): boolean => encoding === "L16";

/** Linear samples of one channel, with their rate. */
export interface LinearAudio {
	readonly rateHz: SampleRateHz;
	readonly pcm: Int16Array;
}
