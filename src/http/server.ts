import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LIMITS } from "../domain/index.ts";
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
 * Listens. Disposal stops listening, answers 503 on connections still open, lets running requests end in their bounded
 * time and closes the rest.
 *
 * @throws the system's error (EADDRINUSE, EACCES) when the address can not be had.
 */
export async function startHttp(
	listen: { readonly host: string; readonly port: number },
	deps: HttpDeps,
): Promise<HttpServer> {
	const app = createHttpApp(deps);
	const requests = requestsOf(app.server);
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
		[Symbol.asyncDispose]: async () => {
			const closed = app.close();
			// Node looks for slow connections no longer once it is closing: one with half a request would hold us for ever.
			const impatient = setTimeout(
				() => app.server.closeAllConnections(),
				deps.settings.requestTimeoutMs ?? LIMITS.requestTimeoutMs,
			);
			await requests.ended();
			app.server.closeAllConnections();
			await closed;
			clearTimeout(impatient);
		},
	};
}

/** Counts the requests under way, whatever becomes of them. */
function requestsOf(server: Server) {
	let running = 0;
	let onIdle = () => {};
	server.on("request", (_request, response) => {
		running++;
		response.once("close", () => {
			running--;
			if (running === 0) onIdle();
		});
	});
	return {
		ended: () =>
			new Promise<void>((resolve) => {
				onIdle = resolve;
				if (running === 0) resolve();
			}),
	};
}
