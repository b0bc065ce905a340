/** `/metrics` at an address of its own (AFTERBEEP_ADMIN), so that the API's address need not show it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { HostPort } from "../config/index.ts";
import type { Metrics } from "../http/index.ts";

const REQUEST_WAIT_MS = 10_000;

export async function startAdminServer(address: HostPort, metrics: Metrics): Promise<AsyncDisposable> {
	const server = createServer(async (request, response) => {
		const path = (request.url ?? "/").split("?")[0];
		if (path !== "/metrics" || (request.method !== "GET" && request.method !== "HEAD")) {
			response.writeHead(404, { "content-type": "text/plain" }).end("There is /metrics here.\n");
			return;
		}
		try {
			const text = await metrics.text();
			response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
		} catch {
			response.writeHead(500, { "content-type": "text/plain" }).end("The figures can not be read now.\n");
		}
	});
	server.requestTimeout = REQUEST_WAIT_MS;
	server.listen({ host: address.host, port: address.port });
	// `once` rejects with the error where the address can not be had.
	await once(server, "listening");
	return {
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}
