/** Erases soft-deleted messages past their retention, again and again, in role worker. */
import type { Log } from "../domain/index.ts";

const PURGE_EVERY_MS = 15 * 60_000;
/** Not in the busy first seconds of a start. */
const FIRST_PURGE_AFTER_MS = 30_000;

export function startPurge(purge: () => Promise<number>, log: Log): AsyncDisposable {
	let running = Promise.resolve();
	const run = async (): Promise<void> => {
		try {
			const erased = await purge();
			if (erased > 0) log.info({ erased }, "deleted messages past their retention are erased");
		} catch (error) {
			log.error({ error }, "erasing deleted messages failed; it is tried again");
		}
	};
	const tick = (): void => {
		running = run().finally(() => {
			timer = setTimeout(tick, PURGE_EVERY_MS).unref();
			if (stopped) clearTimeout(timer);
		});
	};
	let stopped = false;
	let timer = setTimeout(tick, FIRST_PURGE_AFTER_MS).unref();
	return {
		async [Symbol.asyncDispose]() {
			stopped = true;
			clearTimeout(timer);
			await running;
		},
	};
}
