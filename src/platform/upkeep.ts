/** What role worker does again and again: erases what is kept no longer, and does for numbers what fell due. */
import type { Numbers, WebhookOutbox } from "../directory/index.ts";
import type { Log } from "../domain/index.ts";
import type { Mailboxes } from "../mailbox/index.ts";

const PURGE_EVERY_MS = 15 * 60_000;
/** An EffectiveDate is a day; a minute late is soon enough. */
const DUE_EVERY_MS = 60_000;
/** Not in the busy first seconds of a start. */
const FIRST_PURGE_AFTER_MS = 30_000;
const FIRST_DUE_AFTER_MS = 5_000;

export function startPurge(mailboxes: Pick<Mailboxes, "purge">, log: Log): AsyncDisposable {
	const work = async () => {
		const erased = await mailboxes.purge();
		if (erased > 0) log.info({ erased }, "messages past their retention are erased");
	};
	return repeat({ work, everyMs: PURGE_EVERY_MS, firstAfterMs: FIRST_PURGE_AFTER_MS, what: "erasing messages", log });
}

export function startEventPurge(webhooks: Pick<WebhookOutbox, "purge">, log: Log): AsyncDisposable {
	const work = async () => {
		const erased = await webhooks.purge();
		if (erased > 0) log.info({ erased }, "events past their time are erased");
	};
	return repeat({ work, everyMs: PURGE_EVERY_MS, firstAfterMs: FIRST_PURGE_AFTER_MS, what: "erasing events", log });
}

export function startDueNumbers(numbers: Pick<Numbers, "runDue">, log: Log): AsyncDisposable {
	const work = async () => {
		const { orders, released } = await numbers.runDue();
		if (orders > 0) log.info({ orders }, "orders of numbers were due");
		if (released > 0) log.info({ released }, "cancelled numbers are erased and back in the pool");
	};
	return repeat({ work, everyMs: DUE_EVERY_MS, firstAfterMs: FIRST_DUE_AFTER_MS, what: "due work of numbers", log });
}

/** One run after the other, with a pause between them; closing waits for the one that runs. */
function repeat(task: {
	readonly work: () => Promise<void>;
	readonly everyMs: number;
	readonly firstAfterMs: number;
	readonly what: string;
	readonly log: Log;
}): AsyncDisposable {
	let running = Promise.resolve();
	let stopped = false;
	const run = async (): Promise<void> => {
		try {
			await task.work();
		} catch (error) {
			task.log.error({ error }, `${task.what} failed; it is tried again`);
		}
	};
	const tick = (): void => {
		running = run().finally(() => {
			timer = setTimeout(tick, task.everyMs).unref();
			if (stopped) clearTimeout(timer);
		});
	};
	let timer = setTimeout(tick, task.firstAfterMs).unref();
	return {
		async [Symbol.asyncDispose]() {
			stopped = true;
			clearTimeout(timer);
			await running;
		},
	};
}
