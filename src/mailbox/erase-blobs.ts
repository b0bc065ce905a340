import type { Tx } from "../store/index.ts";
import { MAILBOX_LIMITS } from "./limits.ts";
import type { Needs } from "./needs.ts";

/** The job's handler. Deleting again is harmless. */
export async function eraseBlobsNow(needs: Pick<Needs, "store">, keys: readonly string[]): Promise<void> {
	for (const key of keys) await needs.store.blobs.delete(key);
}

/** Blobs of erased rows go by a job of the same transaction: never before its commit, and surely after it. */
export async function eraseBlobs(needs: Pick<Needs, "store">, tx: Tx, keys: readonly string[]): Promise<void> {
	for (let at = 0; at < keys.length; at += MAILBOX_LIMITS.eraseKeysPerJob) {
		const blobKeys = keys.slice(at, at + MAILBOX_LIMITS.eraseKeysPerJob);
		await needs.store.jobs.enqueue(tx, "blobs.erase", { blobKeys });
	}
}
