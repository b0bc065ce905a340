/** What surrounds the API: is it alive, is it ready, its figures, where to look. */
import type { FastifyInstance } from "fastify";
import { sendJson } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";

export function serveService(
	app: FastifyInstance,
	{ version, readiness, metrics, settings }: HttpDeps,
	document: object,
	olderDocument: object,
): void {
	const serveMetrics = settings.serveMetrics ?? true;

	app.get("/", async (request, reply) =>
		sendJson(request, reply, 200, {
			Name: "Afterbeep",
			Version: version,
			Reference: "/docs",
			OpenApi: "/openapi.json",
			OpenApi30: "/openapi-3.0.json",
			Alive: "/healthz",
			Ready: "/readyz",
			...(serveMetrics ? { Metrics: "/metrics" } : {}),
		}),
	);
	app.get("/healthz", async (request, reply) => sendJson(request, reply, 200, { Alive: true }));
	app.get("/readyz", async (request, reply) => {
		const { ready, checks } = await readiness();
		return sendJson(request, reply, ready ? 200 : 503, { Ready: ready, Checks: checks });
	});
	if (serveMetrics) {
		app.get("/metrics", async (_request, reply) =>
			reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metrics.text()),
		);
	}
	for (const [path, served] of [
		["/openapi.json", JSON.stringify(document)],
		["/openapi-3.0.json", JSON.stringify(olderDocument)],
	] as const) {
		app.get(path, async (_request, reply) =>
			reply.type("application/json; charset=utf-8").header("access-control-allow-origin", "*").send(served),
		);
	}
}
