/**
 * One line per request: what was asked by route pattern, who by key, how it went. Never a body, a query value, a header
 * or an address: those hold secrets, numbers and people.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../domain/index.ts";
import type { Metrics } from "../metrics.ts";

const keys = new WeakMap<FastifyRequest, string>();

/** Remembers for the log line which AccountKey a request came with. */
export function noteKey(request: FastifyRequest, accountKey: string): void {
	keys.set(request, accountKey);
}

const QUIET_ROUTES = new Set(["/healthz", "/readyz", "/metrics"]);

export function logRequests(app: FastifyInstance, log: Log, metrics: Metrics): void {
	app.addHook("onResponse", async (request, reply) => noteRequest(request, reply, log, metrics));
}

/** Writes the line and counts the request; for answers that pass no hook, too. */
export function noteRequest(request: FastifyRequest, reply: FastifyReply, log: Log, metrics: Metrics): void {
	const route = request.is404 ? "unknown" : (request.routeOptions.url ?? "unknown");
	const fields = {
		method: request.method,
		route,
		status: reply.statusCode,
		ms: Math.round(reply.elapsedTime * 10) / 10,
		key: keys.get(request),
		requestId: request.id,
	};
	metrics.observeRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
	if (QUIET_ROUTES.has(route) && reply.statusCode < 400) log.debug(fields, "request");
	else log.info(fields, "request");
}
