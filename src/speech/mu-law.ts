/**
 * 16-bit linear PCM to G.711 µ-law (ITU-T G.711, table 2a). Pure. The room `media` has its own: neither may import the
 * other, and the law is twelve lines.
 */

/** Shifts the segments' borders to powers of two. */
const BIAS = 132;
const MAGNITUDE_MAX = 32_767 - BIAS;

/** @param sample -32768 to 32767. */
export function muLaw(sample: number): number {
	const sign = sample < 0 ? 0x80 : 0;
	const biased = Math.min(Math.abs(sample), MAGNITUDE_MAX) + BIAS;
	const segment = 31 - Math.clz32(biased) - 7;
	const step = (biased >> (segment + 3)) & 0x0f;
	return ~(sign | (segment << 4) | step) & 0xff;
}
