/** Signals for tests of audio, the same at each call. Pure. */
import { seededRandom } from "../support/seeded-random.ts";

/** Voices and hiss up to 7 kHz, from soft to full scale, 16,000 Hz. */
export function wideSignal(seconds: number): Int16Array {
	const random = seededRandom(722);
	return Int16Array.from({ length: seconds * 16_000 }, (_, i) => {
		const t = i / 16_000;
		const swell = 0.5 + 0.5 * Math.sin(2 * Math.PI * 3 * t);
		const tones = 9000 * Math.sin(2 * Math.PI * (300 + 200 * t) * t) + 4000 * Math.sin(2 * Math.PI * 5600 * t);
		const burst = t > seconds * 0.8 ? 30_000 : 500;
		return Math.max(-32_768, Math.min(32_767, Math.round(swell * tones + burst * (random.next() - 0.5))));
	});
}

export const sine = (hz: number, rateHz: number, seconds: number, amplitude = 8000): Int16Array =>
	Int16Array.from({ length: seconds * rateHz }, (_, i) =>
		Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)),
	);

export function snrDb(clean: Int16Array, other: Int16Array): number {
	let signal = 0;
	let noise = 1e-9;
	for (let i = 0; i < clean.length; i++) {
		signal += clean[i]! ** 2;
		noise += (clean[i]! - other[i]!) ** 2;
	}
	return 10 * Math.log10(signal / noise);
}
