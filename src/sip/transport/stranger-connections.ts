/** Connections of sources that only a password can make known: few at once, and not for long. */
import { SIP_LIMITS } from "../limits.ts";
import type { Connection } from "./connection.ts";

export class StrangerConnections {
	readonly #waiting = new Map<Connection, NodeJS.Timeout>();
	readonly #isKnown: (connection: Connection) => boolean;

	/** @param isKnown whether the connection is a peer's, or its source has proved who it is. */
	constructor(isKnown: (connection: Connection) => boolean) {
		this.#isKnown = isKnown;
	}

	watch(connection: Connection): void {
		if (this.#isKnown(connection)) return;
		if (this.#waiting.size >= SIP_LIMITS.strangerConnectionsMax) {
			connection.destroy();
			return;
		}
		const timer = setTimeout(() => {
			this.#waiting.delete(connection);
			if (!this.#isKnown(connection)) connection.destroy();
		}, SIP_LIMITS.strangerConnectionMs);
		this.#waiting.set(connection, timer);
	}

	closed(connection: Connection): void {
		clearTimeout(this.#waiting.get(connection));
		this.#waiting.delete(connection);
	}
}
