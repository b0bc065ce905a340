/** Makes every failure of the HTTP server an error of the contract: thrown, refused by the framework, or by the parser. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../domain/index.ts";
import { answerTo, type ErrorStatus, errorBody, errorFields } from "./errors.ts";
import { sendJson } from "./operation.ts";

/** @returns the answer to anything thrown; a bug is logged, without the data that met it. */
export function failureSender(log: Log) {
	return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
		const { body, headers, bug } = answerTo(error);
		if (bug)
			log.error({ requestId: request.id, route: request.routeOptions.url, ...errorFields(error) }, "request failed");
		else if (body.StatusCode >= 500) {
			log.warn({ requestId: request.id, status: body.StatusCode, ...errorFields(error) }, "request not served");
		}
		return sendJson(request, reply.headers({ ...headers }), body.StatusCode, body);
	};
}

/**
 * Requests that never become one: broken syntax, too many headers, too slow, cut off (contract 1.4: 408).
 *
 * @returns undefined when nobody is there to read an answer.
 */
export function answerBrokenRequest(
	error: Error & { readonly code?: string },
	socket: Duplex,
): ErrorStatus | undefined {
	if (error.code === "ECONNRESET" || !socket.writable) {
		socket.destroy();
		return undefined;
	}
	const status = brokenStatus(error.code);
	endWith(socket, status, status === 400 ? "this is not HTTP/1.1 as RFC 9112 has it." : undefined);
	return status;
}

/** The last that a connection hears, where there is no request that could be answered. */
function endWith(
	socket: Duplex,
	status: ErrorStatus,
	detail: string | undefined,
	headers: readonly string[] = [],
): void {
	const body = JSON.stringify(errorBody(status, detail));
	socket.end(
		[
			`HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
			"content-type: application/json; charset=utf-8",
			`content-length: ${Buffer.byteLength(body)}`,
			"cache-control: no-store",
			"x-content-type-options: nosniff",
			...headers,
			"connection: close",
			"",
			body,
		].join("\r\n"),
		// A peer that never reads would keep the socket for ever.
		() => socket.destroy(),
	);
}

function brokenStatus(code: string | undefined): ErrorStatus {
	if (code === "ERR_HTTP_REQUEST_TIMEOUT" || code === "HPE_INVALID_EOF_STATE") return 408;
	if (code === "HPE_HEADER_OVERFLOW") return 431;
	if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return 413;
	return 400;
}

/** What Node's server does of itself where the contract wants something else. */
export function settleServer(app: FastifyInstance): void {
	// RFC 9110 §10.1.1: an expectation that can not be met is 417; Node would send it without a body.
	app.server.on("checkExpectation", (_request, response) => {
		const body = JSON.stringify(errorBody(417));
		const headers = { "content-type": "application/json; charset=utf-8", connection: "close" };
		response.writeHead(417, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
	});
	// RFC 9110 §9.3.6: we are no proxy; Node would close the connection without a word.
	app.server.on("connect", (_request, socket) => {
		socket.on("error", () => {});
		endWith(socket, 405, "CONNECT is not served here. Use GET or POST.", ["allow: GET, HEAD, POST, OPTIONS"]);
	});
	// A client that sends its request and closes its side at once (as nc does) still waits for the answer.
	Object.assign(app.server, { httpAllowHalfOpen: true });
}
