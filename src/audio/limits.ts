/** Bounds of audio and of the files that hold it. */
export const AUDIO_LIMITS = {
	clockRateHz: 8000,
	wavBytesMax: 64 * 1024 * 1024,
	wavMsMax: 3_600_000,
	wavRateHzMin: 4000,
	wavRateHzMax: 192_000,
	wavChunksMax: 1000,
} as const;
