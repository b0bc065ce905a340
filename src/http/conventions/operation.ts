/** What a resource file declares, and the way of one request through the conventions. */
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Tokens } from "../../directory/index.ts";
import { createGate, Failure, LIMITS, type Principal } from "../../domain/index.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { bearerToken } from "./bearer.ts";
import { clientOf } from "./client-address.ts";
import { HttpError } from "./errors.ts";
import { createFailurePace } from "./failure-pace.ts";
import { answerType } from "./negotiation.ts";
import { parseQuery } from "./query.ts";
import { readerOf } from "./reading.ts";
import { type BodyBounds, readJsonBody } from "./request-body.ts";
import { noteKey } from "./request-log.ts";
import { createSharedBudget, type SharedBudget, type SharedBudgetNeeds } from "./shared-budget.ts";

/** A few operations of the contract answer with a bare array (5.4). */
type AnswerSchema = z.ZodObject | z.ZodArray;

interface Documented<In extends z.ZodObject, Out extends AnswerSchema> {
	/** Unique, lower camel case; names the schemas of the document too. */
	readonly id: string;
	readonly method: "GET" | "POST";
	/** In lower case, `/v1.0` once. */
	readonly path: `/v1.0/${string}`;
	readonly tag: string;
	readonly summary: string;
	/** Markdown. */
	readonly description: string;
	/** Of the body, or of the query of a GET. */
	readonly request: In;
	/** A POST whose members stand in its query (contract 5.6); a body with the same members is taken too. */
	readonly inQuery?: true;
	readonly response: Out;
	readonly example: { readonly request: z.input<In>; readonly response: z.input<Out> };
	/** Not part of the vendor's contract. */
	readonly ours?: true;
	/** Takes an `Idempotency-Key`: the handler gives it to `KeptAnswers`. */
	readonly idempotent?: true;
}

/** What a request says beside its members. */
export interface RequestContext {
	/** Of the client. */
	readonly address: string;
	/** `Idempotency-Key`, unchecked. */
	readonly idempotencyKey: string | undefined;
}

type Answer<Out extends AnswerSchema> = Promise<z.input<Out>>;

/** An operation as the server and the document see it, its types folded away. */
export interface Operation extends Documented<z.ZodObject, AnswerSchema> {
	readonly auth: "bearer" | "none";
	/** @param input in the schema's spelling. @param who of a bearer; absent without. */
	readonly handle: (input: never, who: Principal, context: RequestContext) => Promise<object>;
}

/** An operation that wants a bearer token. */
export function operation<In extends z.ZodObject, Out extends AnswerSchema>(
	declared: Documented<In, Out> & {
		readonly handle: (input: z.output<In>, who: Principal, context: RequestContext) => Answer<Out>;
	},
): Operation {
	return { ...declared, auth: "bearer" } as unknown as Operation;
}

/** An operation for everybody, such as asking for a token. */
export function openOperation<In extends z.ZodObject, Out extends AnswerSchema>(
	declared: Documented<In, Out> & { readonly handle: (input: z.output<In>, address: string) => Answer<Out> },
): Operation {
	const handle = (input: z.output<In>, _who: Principal, context: RequestContext) =>
		declared.handle(input, context.address);
	return { ...declared, auth: "none", handle } as unknown as Operation;
}

export interface ServingNeeds extends SharedBudgetNeeds {
	readonly tokens: Tokens;
	readonly rateLimitPerMinute: number | undefined;
	readonly requestTimeoutMs: number;
}

/** Serves the operations of all resource files. */
export function serveOperations(app: FastifyInstance, operations: readonly Operation[], needs: ServingNeeds): void {
	const perMinute = needs.rateLimitPerMinute;
	const keys = createSharedBudget("key", perMinute, needs);
	const ofAddress = perMinute === undefined ? undefined : perMinute * HTTP_LIMITS.addressBudgetFactor;
	const addresses = createSharedBudget("address", ofAddress, needs);
	const bounds = { bytesMax: LIMITS.requestBodyBytesMax, timeoutMs: needs.requestTimeoutMs };
	const workTimeoutMs = HTTP_LIMITS.workTimeoutFactor * needs.requestTimeoutMs;
	// A flood of those who have shown no token yet may fill this line, but not the database's connections.
	const strangers = createGate({
		atOnce: HTTP_LIMITS.strangersAtOnce,
		waitingMax: HTTP_LIMITS.strangersWaitingMax,
		full: "Too many requests without a token are being served just now",
	});

	const failing = createFailurePace(HTTP_LIMITS.strangersFailing);

	for (const each of operations) {
		const read = readerOf(each.request);
		app.route({
			method: each.method,
			url: each.path,
			// Who asks comes first: a stranger's body is not even read.
			handler: async (request, reply) => {
				const bearer = each.auth === "bearer";
				try {
					const who = bearer
						? await admitBearer(request, each.id, needs.tokens, keys, workTimeoutMs)
						: await strangers.run("last", () => admitAddress(request, addresses));
					const input = read(await rawInput(each, request, bounds)) as never;
					const work = () => each.handle(input, who as Principal, contextOf(request));
					const result = await withinTime(bearer ? work() : strangers.run("last", work), workTimeoutMs);
					return sendJson(request, reply, 200, each.response.parse(result) as object);
				} catch (error) {
					if (!bearer) await hold(failing.holdMs(performance.now()));
					throw error;
				}
			},
		});
	}
}

function contextOf(request: FastifyRequest): RequestContext {
	const key = request.headers["idempotency-key"];
	// Sent twice it is a list, which the judge of keys refuses.
	return { address: request.ip, idempotencyKey: Array.isArray(key) ? key.join(", ") : key };
}

/** Where a POST has its members in the query, a body beside it counts alone. */
async function rawInput(each: Operation, request: FastifyRequest, bounds: BodyBounds): Promise<unknown> {
	if (each.method === "GET") return parseQuery(queryOf(request));
	const body = await readJsonBody(request.raw, bounds);
	if (each.inQuery !== true) return body;
	return body === undefined || body === null ? parseQuery(queryOf(request)) : body;
}

/** The framework's own handler timeout ends with the request stream, which a body read whole has closed already. */
async function withinTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
	const { promise: late, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(() => reject(new HttpError(504)), timeoutMs);
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}

/** A stop of the process does not wait for those whose answer is held. */
async function hold(ms: number): Promise<void> {
	if (ms > 0) await delay(ms, undefined, { ref: false });
}

async function admitBearer(
	request: FastifyRequest,
	operation: string,
	tokens: Tokens,
	keys: SharedBudget,
	workTimeoutMs: number,
): Promise<Principal> {
	const token = bearerToken(request.headers.authorization);
	if (token === undefined) throw new HttpError(401);
	const who = await withinTime(tokens.verify(token, pathOf(request)), workTimeoutMs);
	noteKey(request, who.accountKey);
	await keys.spend(who.accountKey, who.requestsPerMinute);
	// What the audit log says of a change.
	return { ...who, address: request.ip, operation };
}

async function admitAddress(request: FastifyRequest, addresses: SharedBudget): Promise<undefined> {
	await addresses.spend(clientOf(request.ip));
}

const pathOf = (request: FastifyRequest) => request.url.split("?", 1)[0]!;
const queryOf = (request: FastifyRequest) => request.url.slice(pathOf(request).length + 1);

/** Sends a JSON text under the type that the client prefers (contract 1.2). */
export function sendJson(request: FastifyRequest, reply: FastifyReply, status: number, body: object): FastifyReply {
	const type = answerType(request.headers.accept);
	return reply.code(status).header("vary", "accept").type(`${type}; charset=utf-8`).send(JSON.stringify(body));
}

/** A rule of an operation that no single field can hold. */
export function refuse(message: string, mend: string): never {
	throw new Failure("badInput", message, mend);
}
