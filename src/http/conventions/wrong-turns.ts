/** Requests that reach no operation: unknown paths, known paths with another method, OPTIONS. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { absentDetail } from "../absent-operations.ts";
import { HttpError } from "./errors.ts";

/** To be called before the first route is registered, since it listens to registrations. */
export function answerWrongTurns(app: FastifyInstance): void {
	const methodsByPath = new Map<string, Set<string>>();
	app.addHook("onRoute", (route) => {
		const path = route.url.toLowerCase();
		const methods = methodsByPath.get(path) ?? new Set<string>();
		for (const method of [route.method].flat()) methods.add(method);
		methodsByPath.set(path, methods);
	});

	app.setNotFoundHandler(async (request, reply) => {
		const path = request.url.split("?", 1)[0]!.toLowerCase();
		const methods = methodsByPath.get(path);
		if (request.method === "OPTIONS" && path === "*") return allow(reply, ["GET", "HEAD", "POST"]);
		if (methods === undefined) {
			const absent = absentDetail(path);
			if (absent !== undefined) throw new HttpError(404, absent);
			throw new HttpError(404, "there is no such path. GET /openapi.json lists those there are.");
		}
		if (request.method === "OPTIONS") return allow(reply, methods);
		throw wrongMethod(request, methods);
	});
}

// RFC 9110 §9.3.7: what may be asked of this path. No CORS headers: tokens have no business in other sites' pages.
function allow(reply: FastifyReply, methods: Iterable<string>): FastifyReply {
	return reply
		.code(204)
		.header("allow", [...methods, "OPTIONS"].join(", "))
		.send();
}

function wrongMethod(request: FastifyRequest, methods: ReadonlySet<string>): HttpError {
	const allowed = [...methods, "OPTIONS"].join(", ");
	const wanted = [...methods].filter((method) => method !== "HEAD").join(" or ");
	return new HttpError(405, `${request.method} is not served here. Use ${wanted}.`, { allow: allowed });
}
