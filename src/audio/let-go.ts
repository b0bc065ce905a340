/**
 * Takes the memory of audio that nobody needs any more, at once. Left to the collector some hundred messages lie about outside
 * the heap, and V8 collects all garbage again and again on their account (bench/README.md). Shared memory stays.
 * Never for what may be a part of Node's pool of buffers, such as a small file that was read.
 */
export function letGo({ buffer }: ArrayBufferView): void {
	if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
