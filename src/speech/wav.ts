/** Reads the one form our recordings have: RIFF WAVE, linear PCM, 16 bits, mono, 8 kHz. Pure. */

export const PROMPT_RATE_HZ = 8000;

const PCM = 1;
const FORMAT_CHUNK_BYTES_MIN = 16;

/**
 * @returns samples of -32768 to 32767.
 * @throws Error that says in a few words what is wrong with the file.
 */
export function readWav(file: Uint8Array): Int16Array {
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	const tag = (at: number): string => String.fromCharCode(...file.subarray(at, at + 4));
	if (tag(0) !== "RIFF" || tag(8) !== "WAVE") throw new Error("is no WAV file");
	let formatSeen = false;
	for (let at = 12; at + 8 <= file.length; ) {
		const bytes = view.getUint32(at + 4, true);
		const start = at + 8;
		if (start + bytes > file.length) throw new Error("is cut short");
		if (tag(at) === "fmt ") {
			if (bytes < FORMAT_CHUNK_BYTES_MIN) throw new Error("has a broken format chunk");
			checkFormat(view, start);
			formatSeen = true;
		} else if (tag(at) === "data") {
			if (!formatSeen) throw new Error("has no format before its data");
			return Int16Array.from({ length: bytes >> 1 }, (_, i) => view.getInt16(start + 2 * i, true));
		}
		at = start + bytes + (bytes & 1); // chunks are padded to even length
	}
	throw new Error("has no audio data");
}

function checkFormat(view: DataView, at: number): void {
	const [format, channels] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
	const [rateHz, bits] = [view.getUint32(at + 4, true), view.getUint16(at + 14, true)];
	if (format === PCM && channels === 1 && rateHz === PROMPT_RATE_HZ && bits === 16) return;
	throw new Error(
		`is not 16-bit PCM, mono, 8000 Hz, but format ${format}, ${bits} bits, ${channels} channels, ${rateHz} Hz`,
	);
}
