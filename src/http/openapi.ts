/**
 * The OpenAPI document, made from the same operations and schemas that serve and validate: 3.1, and the same in the
 * words of 3.0.3 for generators that know no other. Pure.
 */
import { z } from "zod";
import { ERRORS, type ErrorStatus } from "./conventions/errors.ts";
import { ANSWER_TYPES } from "./conventions/negotiation.ts";
import type { Operation } from "./conventions/operation.ts";
import { describeFields } from "./described-fields.ts";

type Json = Record<string, unknown>;
export type OpenApiVersion = "3.1.0" | "3.0.3";

/** Every operation may answer with these; 417 and 431 are below the operations. */
const DOCUMENTED_ERRORS = [400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503, 504] as const satisfies ErrorStatus[];
const REQUEST_TYPES = ["application/json", "text/json", "application/*+json"];

const TAGS = [
	{ name: "OAuth2", description: "Bearer tokens: ask for one first." },
	// Generated clients are cut by tag: the mailboxes stand under the numbers, as in the vendor's document.
	{ name: "Numbers", description: "Numbers of the operator, and their voicemail." },
	{ name: "Accounts", description: "Accounts of the operator." },
	{ name: "Distributors", description: "The operator itself: its accounts, its subscribers." },
	{ name: "Subscribers", description: "People, and the numbers they have." },
	{ name: "Keys", description: "Account keys, with which tokens are asked for." },
	{ name: "Voice", description: "Voice routes: where calls of numbers come from and go to." },
	{ name: "Message", description: "Message routes: where text messages of numbers go." },
	{ name: "Call Filter", description: "Who may call a subscriber, and with that leave a message." },
	{ name: "Workgroups", description: "Numbers that several people answer, and whose mailbox takes their calls." },
	{ name: "Schedules", description: "Office hours of workgroups." },
	{ name: "Webhooks", description: "Events sent to the operator's systems: signed, tried again, seen and replayed." },
];

const DESCRIPTION = `REST API of Afterbeep, a voicemail platform for mobile operators.

**Way of working.** Ask for a token (\`POST /v1.0/oauth2/tokens\`), provision a number, activate voicemail on it. Send the token as \`Authorization: Bearer <token>\`.

**Requests** are JSON objects in UTF-8 (\`application/json\`, \`text/json\` or \`application/*+json\`). Paths, property names and enum values are taken in any case; unknown properties are ignored; \`null\` means absent; booleans may be the texts \`"true"\` and \`"false"\`. A clear-text \`+\` in a query is understood. Paths may begin with \`/v1.0\` once or twice.

**Answers** are \`application/json\`, or the same text as \`text/json\` or \`text/plain\` where \`Accept\` prefers that. Success is always 200. Each answer has an \`x-request-id\` header to quote when asking for help.

**Errors** are \`{StatusCode, Message}\`: the message begins with a fixed phrase up to its colon, then says what is wrong and how to mend it. What belongs to another account answers exactly like what does not exist.

**Rate limit**: by default 50 requests a minute per AccountKey, all at once if need be; token calls have a budget of their own. Beyond it 429, with the seconds to wait in \`Retry-After\`.

Operations of the vendor's contract that are not listed here answer 404; those that will never be part of Afterbeep say so in their \`Message\`. This document stands at \`/openapi.json\` (OpenAPI 3.1) and \`/openapi-3.0.json\` (3.0.3, for older generators). Beside the API: \`GET /healthz\` (alive), \`GET /readyz\` (ready to serve), \`GET /metrics\` (Prometheus).`;

export function openApiDocument(
	operations: readonly Operation[],
	about: { readonly publicUrl: string; readonly version: string },
	openApi: OpenApiVersion = "3.1.0",
): Json {
	const paths: Record<string, Json> = {};
	const schemas: Json = { ...errorSchemas(openApi) };
	for (const operation of operations) {
		const name = operation.id[0]!.toUpperCase() + operation.id.slice(1);
		const { request, response, example } = operation;
		const add = (schema: string, made: Json, shown: unknown) => {
			schemas[schema] = describeFields(made, schema, shown, openApi);
		};
		if (hasBody(operation)) add(`${name}_Request`, jsonSchema(request, "input", openApi), example.request);
		add(`${name}_Result`, jsonSchema(response, "output", openApi), example.response);
		const described = { [operation.method.toLowerCase()]: describe(operation, name, about.publicUrl, openApi) };
		paths[operation.path] = { ...paths[operation.path], ...described };
	}
	return {
		openapi: openApi,
		info: {
			title: "Afterbeep API",
			version: about.version,
			description: DESCRIPTION,
			license:
				openApi === "3.1.0"
					? { name: "Apache-2.0", identifier: "Apache-2.0" }
					: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
		},
		servers: [{ url: about.publicUrl, description: "This platform" }],
		security: [{ BearerAuth: [] }],
		tags: TAGS.filter((tag) => operations.some((operation) => operation.tag === tag.name)),
		paths,
		components: {
			securitySchemes: {
				BearerAuth: {
					type: "http",
					scheme: "bearer",
					bearerFormat: "JWT",
					description: "Token of `POST /v1.0/oauth2/tokens`.",
				},
			},
			parameters: {
				IdempotencyKey: {
					name: "Idempotency-Key",
					in: "header",
					required: false,
					description:
						"Makes the request safe to repeat for 24 hours: the same key with the same request gives the same answer again and changes nothing more. A fresh UUID for each new request; with another request the key is refused with 400.",
					schema: { type: "string", minLength: 1, maxLength: 255 },
				},
			},
			headers: {
				RequestId: { description: "Names this request in the logs.", schema: { type: "string" } },
				RetryAfter: { description: "Seconds to wait before the next try.", schema: { type: "integer", minimum: 1 } },
				Allow: { description: "Methods that this path serves.", schema: { type: "string" } },
			},
			schemas,
			responses: errorResponses(),
		},
	};
}

function describe(operation: Operation, name: string, publicUrl: string, openApi: OpenApiVersion): Json {
	const errors = operation.auth === "none" ? DOCUMENTED_ERRORS.filter((status) => status !== 403) : DOCUMENTED_ERRORS;
	return {
		operationId: operation.id,
		tags: [operation.tag],
		summary: operation.summary,
		description: operation.description,
		...(operation.ours === true ? { "x-afterbeep": true } : {}),
		...(operation.auth === "none" ? { security: [] } : {}),
		...inputOf(operation, name, openApi),
		responses: {
			200: {
				description: "Done",
				headers: { "x-request-id": { $ref: "#/components/headers/RequestId" } },
				content: contentOf(ANSWER_TYPES, `${name}_Result`, operation.example.response),
			},
			...Object.fromEntries(
				errors.map((status) => [status, { $ref: `#/components/responses/${responseName(status)}` }]),
			),
		},
		"x-codeSamples": [{ lang: "cURL", source: curl(operation, publicUrl) }],
	};
}

/** Members of a POST in its query are described there alone, as the contract has it. */
const hasBody = (operation: Operation) => operation.method === "POST" && operation.inQuery !== true;

function inputOf(operation: Operation, name: string, openApi: OpenApiVersion): Json {
	if (hasBody(operation)) {
		const content = contentOf(REQUEST_TYPES, `${name}_Request`, operation.example.request);
		const header = { $ref: "#/components/parameters/IdempotencyKey" };
		return {
			...(operation.idempotent === true ? { parameters: [header] } : {}),
			requestBody: { required: true, content },
		};
	}
	const { properties = {}, required = [] } = jsonSchema(operation.request, "input", openApi) as {
		properties?: Record<string, Json>;
		required?: string[];
	};
	const example = operation.example.request as Json;
	const parameters = Object.entries(properties).map(([parameter, { description, ...schema }]) => ({
		name: parameter,
		in: "query",
		required: required.includes(parameter),
		description,
		schema,
		...(example[parameter] === undefined ? {} : { example: example[parameter] }),
	}));
	return { parameters };
}

function contentOf(types: readonly string[], schema: string, example: unknown): Json {
	const media = { schema: { $ref: `#/components/schemas/${schema}` }, examples: { example: { value: example } } };
	return Object.fromEntries(types.map((type) => [type, media]));
}

function jsonSchema(schema: z.ZodObject | z.ZodArray, io: "input" | "output", openApi: OpenApiVersion): Json {
	const { $schema: _, ...json } = z.toJSONSchema(schema, {
		io,
		target: openApi === "3.1.0" ? "draft-2020-12" : "openapi-3.0",
		override: ({ jsonSchema: made }) => {
			// Answers may gain members in later releases: clients that validate must not break on them.
			if (io === "output") delete made.additionalProperties;
			// What a number in JSON can hold at all says nothing, and does not fit the integers of many languages.
			if (made.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum;
			if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;
			if (openApi === "3.0.3") sayIn30(made);
		},
	});
	return json;
}

/** What the two versions say differently and the schema library leaves as it is. */
function sayIn30(made: Json & { examples?: unknown; enum?: unknown }): void {
	if (Array.isArray(made.examples)) made.example = made.examples[0];
	delete made.examples;
	// OpenAPI 3.0.3, "nullable": it does not widen an enum, which must name null itself.
	if (made.nullable === true && Array.isArray(made.enum) && !made.enum.includes(null)) made.enum = [...made.enum, null];
}

function errorSchemas(openApi: OpenApiVersion): Json {
	const text = openApi === "3.1.0" ? { type: ["string", "null"] } : { type: "string", nullable: true };
	return Object.fromEntries(
		DOCUMENTED_ERRORS.map((status) => {
			const { schema, message } = ERRORS[status];
			const properties = { StatusCode: { type: "integer", format: "int32" }, Message: { ...text } };
			const made = { type: "object", required: ["StatusCode"], properties, additionalProperties: false };
			return [schema, describeFields(made, "Error", { StatusCode: status, Message: message }, openApi)];
		}),
	);
}

const responseName = (status: ErrorStatus) => ERRORS[status].schema.replace("_Result", "");

function errorResponses(): Json {
	return Object.fromEntries(
		DOCUMENTED_ERRORS.map((status) => {
			const { schema, title, message } = ERRORS[status];
			const headers: Json = { "x-request-id": { $ref: "#/components/headers/RequestId" } };
			if (status === 405) headers.Allow = { $ref: "#/components/headers/Allow" };
			if (status === 429 || status === 503) headers["Retry-After"] = { $ref: "#/components/headers/RetryAfter" };
			const content = contentOf(ANSWER_TYPES, schema, { StatusCode: status, Message: message });
			return [responseName(status), { description: title, headers, content }];
		}),
	);
}

function curl(operation: Operation, publicUrl: string): string {
	const token = operation.auth === "bearer" ? ["-H 'Authorization: Bearer YOUR_TOKEN'"] : [];
	if (operation.method === "GET") {
		const query = Object.entries(operation.example.request).map(
			([name, value]) => `--data-urlencode '${name}=${value}'`,
		);
		return [`curl -G ${publicUrl}${operation.path}`, ...token, ...query].join(" \\\n  ");
	}
	if (!hasBody(operation)) {
		const query = new URLSearchParams(operation.example.request as Record<string, string>);
		return [`curl -X POST '${publicUrl}${operation.path}?${query}'`, ...token].join(" \\\n  ");
	}
	const body = JSON.stringify(operation.example.request, null, 2);
	return [`curl ${publicUrl}${operation.path}`, ...token, "-H 'Content-Type: application/json'", `-d '${body}'`].join(
		" \\\n  ",
	);
}
