/** Hears notices of the database at once (LISTEN), such as those of new jobs, over a connection of its own that comes back by itself. */
import pg from "pg";
import type { Log } from "../../domain/index.ts";

export interface ListenerOptions {
	/** Read anew at each attempt: the address of an embedded server can change. */
	readonly config: () => pg.ClientConfig;
	readonly channel: string;
	/** Undefined: the connection was (re)made, so notices may have been missed. */
	readonly onNotice: (payload: string | undefined) => void;
	readonly log: Log;
}

const RECONNECT_FIRST_MS = 250;
const RECONNECT_MAX_MS = 10_000;
/** A silent death of the connection is found by asking; polling bridges the time until then. */
const HEARTBEAT_MS = 15_000;

export class Listener implements AsyncDisposable {
	readonly #options: ListenerOptions;
	#client: pg.Client | undefined;
	#timer: NodeJS.Timeout | undefined;
	#heartbeat: NodeJS.Timeout | undefined;
	#retryMs = RECONNECT_FIRST_MS;
	#closed = false;

	constructor(options: ListenerOptions) {
		this.#options = options;
	}

	/** Never throws: where it does not succeed now, it goes on trying. */
	async connect(): Promise<void> {
		if (this.#closed) return;
		const client = new pg.Client({ ...this.#options.config(), keepAlive: true });
		this.#client = client;
		client.on("error", () => this.#lost(client));
		client.on("end", () => this.#lost(client));
		client.on("notification", (notice) => this.#options.onNotice(notice.payload ?? ""));
		try {
			await client.connect();
			await client.query(`listen ${pg.escapeIdentifier(this.#options.channel)}`);
		} catch (error) {
			this.#options.log.debug({ error: (error as Error).message }, "can not listen to the database yet");
			this.#lost(client);
			return;
		}
		if (this.#closed || this.#client !== client) return;
		this.#retryMs = RECONNECT_FIRST_MS;
		this.#heartbeat = setInterval(() => {
			client.query("select 1").catch(() => this.#lost(client));
		}, HEARTBEAT_MS);
		this.#heartbeat.unref();
		this.#options.onNotice(undefined);
	}

	#lost(client: pg.Client): void {
		if (this.#client !== client) return;
		this.#client = undefined;
		clearInterval(this.#heartbeat);
		client.end().catch(() => {});
		if (this.#closed) return;
		this.#timer = setTimeout(() => void this.connect(), this.#retryMs);
		this.#timer.unref();
		this.#retryMs = Math.min(2 * this.#retryMs, RECONNECT_MAX_MS);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#closed = true;
		clearTimeout(this.#timer);
		clearInterval(this.#heartbeat);
		const client = this.#client;
		this.#client = undefined;
		await client?.end().catch(() => {});
	}
}
