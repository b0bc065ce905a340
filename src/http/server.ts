import type { AddressInfo } from "node:net";
import { createHttpApp } from "./app.ts";
import type { HttpDeps } from "./deps.ts";

export interface HttpServer extends AsyncDisposable {
	readonly host: string;
	/** The one in use, also where 0 was asked for. */
	readonly port: number;
	/** `http://host:port` */
	readonly url: string;
}

/**
 * Listens. Disposal stops listening, answers 503 on connections still open, and lets running requests end; each has
 * a bounded time.
 *
 * @throws the system's error (EADDRINUSE, EACCES) when the address can not be had.
 */
export async function startHttp(
	listen: { readonly host: string; readonly port: number },
	deps: HttpDeps,
): Promise<HttpServer> {
	const app = createHttpApp(deps);
	try {
		await app.listen({ host: listen.host, port: listen.port });
	} catch (error) {
		await app.close();
		throw error;
	}
	const { port } = app.server.address() as AddressInfo;
	const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
	return {
		host: listen.host,
		port,
		url: `http://${host}:${port}`,
		[Symbol.asyncDispose]: () => app.close(),
	};
}
