/** Where things stand under the data folder. */
import { join } from "node:path";

export interface Layout {
	readonly dataFolder: string;
	/** Held while the server is made, started or stopped. */
	readonly lock: string;
	readonly root: string;
	/** User, password and major version, mode 600. */
	readonly access: string;
	/** PostgreSQL's own data folder. */
	readonly cluster: string;
	readonly postmasterPid: string;
	/** Holds the socket. */
	readonly run: string;
	/** One file per process that uses the server; the last to leave stops it. */
	readonly users: string;
	readonly log: string;
	/** Library links, only where `node_modules` can not be written. */
	readonly libraries: string;
}

export function layoutOf(dataFolder: string): Layout {
	const root = join(dataFolder, "postgres");
	return {
		dataFolder,
		lock: join(dataFolder, "postgres.lock"),
		root,
		access: join(root, "access.json"),
		cluster: join(root, "data"),
		postmasterPid: join(root, "data", "postmaster.pid"),
		run: join(root, "run"),
		users: join(root, "users"),
		log: join(root, "server.log"),
		libraries: join(dataFolder, "postgres.lib"),
	};
}
