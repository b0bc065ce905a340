import { randomUUID } from "node:crypto";
import fastify, { type FastifyInstance } from "fastify";
import { normalisedPath } from "../directory/index.ts";
import { LIMITS } from "../domain/index.ts";
import { absentDetail } from "./absent-operations.ts";
import { HttpError } from "./conventions/errors.ts";
import { answerBrokenRequest, failureSender, settleServer } from "./conventions/failures.ts";
import { secureHeaders, setSecureHeaders } from "./conventions/headers.ts";
import { type Operation, serveOperations } from "./conventions/operation.ts";
import { canonicalUrl } from "./conventions/paths.ts";
import { logRequests, noteRequest } from "./conventions/request-log.ts";
import { answerWrongTurns } from "./conventions/wrong-turns.ts";
import type { HttpDeps } from "./deps.ts";
import { HTTP_LIMITS } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import { accountOperations } from "./resources/accounts.ts";
import { callFilterOperations } from "./resources/call-filters.ts";
import { distributorOperations } from "./resources/distributors.ts";
import { keyOperations } from "./resources/keys.ts";
import { messageRouteOperations } from "./resources/message-routes.ts";
import { numberImportOperations } from "./resources/number-import.ts";
import { numberLifeOperations } from "./resources/number-life.ts";
import { numberListOperations } from "./resources/number-lists.ts";
import { numberUpdateOperations } from "./resources/number-update.ts";
import { numberOperations } from "./resources/numbers.ts";
import { serveReference } from "./resources/reference.ts";
import { scheduleOperations } from "./resources/schedules.ts";
import { serveService } from "./resources/service.ts";
import { subscriberOperations } from "./resources/subscribers.ts";
import { tokenOperations } from "./resources/tokens.ts";
import { voiceRouteOperations } from "./resources/voice-routes.ts";
import { voicemailOperations } from "./resources/voicemail.ts";
import { voicemailCareOperations } from "./resources/voicemail-care.ts";
import { webhookOperations } from "./resources/webhooks.ts";
import { workgroupOperations } from "./resources/workgroups.ts";

/** Every operation of the API: served, documented and tested from this one list. */
export function allOperations(deps: HttpDeps): readonly Operation[] {
	const operations: readonly Operation[] = [
		...tokenOperations(deps, (endpoint) => isKnownPath(operations, endpoint)),
		...numberOperations(deps),
		...numberListOperations(deps),
		...numberUpdateOperations(deps),
		...numberLifeOperations(deps),
		...numberImportOperations(deps),
		...voicemailOperations(deps),
		...voicemailCareOperations(deps),
		...voiceRouteOperations(deps),
		...messageRouteOperations(deps),
		...accountOperations(deps),
		...distributorOperations(deps),
		...subscriberOperations(deps),
		...keyOperations(deps),
		...callFilterOperations(deps),
		...workgroupOperations(deps),
		...scheduleOperations(deps),
		...webhookOperations(deps),
	];
	return operations;
}

/** Of an operation that is served, or of one that clients of the contract know and are told about. */
function isKnownPath(operations: readonly Operation[], endpoint: string): boolean {
	const path = `/v1.0${normalisedPath(endpoint)}`;
	return operations.some((each) => each.path === path) || absentDetail(path) !== undefined;
}

/** The whole HTTP side, not yet listening: tests inject requests, `startHttp` listens. */
export function createHttpApp(deps: HttpDeps): FastifyInstance {
	const { log, settings } = deps;
	const requestTimeoutMs = settings.requestTimeoutMs ?? LIMITS.requestTimeoutMs;
	const sendFailure = failureSender(log);
	const app = fastify({
		logger: false,
		genReqId: () => randomUUID(),
		trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
		rewriteUrl: (request) => canonicalUrl(request.url ?? "/"),
		routerOptions: { caseSensitive: false },
		keepAliveTimeout: HTTP_LIMITS.keepAliveMs,
		// The body has a timer of its own whose answer is complete; this one catches what never got that far.
		requestTimeout: requestTimeoutMs + HTTP_LIMITS.socketGraceMs,
		forceCloseConnections: "idle",
		return503OnClosing: false,
		http: {
			maxHeaderSize: HTTP_LIMITS.headerBytesMax,
			headersTimeout: requestTimeoutMs,
			requestTimeout: requestTimeoutMs + HTTP_LIMITS.socketGraceMs,
			connectionsCheckingInterval: Math.min(HTTP_LIMITS.connectionsCheckMs, requestTimeoutMs),
			// Checked in a hook, where the answer has a body.
			requireHostHeader: false,
		},
		clientErrorHandler: (error, socket) => {
			const status = answerBrokenRequest(error, socket);
			if (status !== undefined) deps.metrics.countBrokenRequest(status);
		},
		frameworkErrors: (error, request, reply) => {
			setSecureHeaders(reply, request.id);
			sendFailure(error, request, reply);
			noteRequest(request, reply, log, deps.metrics);
		},
	});

	let draining = false;
	app.addHook("preClose", async () => {
		draining = true;
	});
	secureHeaders(app, settings.publicUrl);
	app.addHook("onRequest", async (request) => {
		if (draining) throw new HttpError(503);
		if (request.headers.host === undefined && request.raw.httpVersion === "1.1") {
			throw new HttpError(400, "the Host header is missing (RFC 9112 §3.2).");
		}
	});
	app.addHook("onSend", async (_request, reply) => {
		// Else a client would send its next request into a connection that is about to go.
		if (draining) reply.header("connection", "close");
	});
	logRequests(app, log, deps.metrics);
	answerWrongTurns(app);
	settleServer(app);
	app.setErrorHandler(sendFailure);
	// Bodies are read by the operations, after it is known who asks.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", (_request, _payload, done) => done(null));

	const operations = allOperations(deps);
	const about = { publicUrl: settings.publicUrl.replace(/\/+$/, ""), version: deps.version };
	const document = openApiDocument(operations, about);
	serveOperations(app, operations, {
		tokens: deps.tokens,
		clock: deps.clock,
		log,
		leases: deps.rateLeases,
		rateLimitPerMinute: settings.rateLimitPerMinute,
		requestTimeoutMs,
	});
	serveService(app, deps, document, openApiDocument(operations, about, "3.0.3"));
	serveReference(app, document);
	return app;
}
