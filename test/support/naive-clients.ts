/**
 * Two clients as generators make them: they know nothing but an OpenAPI 3.0 document and do what it says. They share no
 * line of ours with the server, and differ wherever generators do: base path, media types, spelling of names.
 */

// biome-ignore lint/suspicious/noExplicitAny: documents are walked, not modelled
export type Json = Record<string, any>;

export interface DescribedOperation {
	readonly method: "GET" | "POST";
	/** As it stands in the document. */
	readonly path: string;
	readonly described: Json;
	/** Example values by member name, from the body or the parameters. */
	readonly example: Json;
	readonly answerExample: unknown;
	/** The 200 answer, references resolved at the top. */
	readonly answerSchema: Json;
	readonly inQuery: boolean;
	readonly open: boolean;
}

export function operationsOf(document: Json): readonly DescribedOperation[] {
	return Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
		Object.entries<Json>(methods).map(([method, described]): DescribedOperation => {
			const body = described.requestBody?.content["application/json"];
			const answer = resolve(document, described.responses[200]).content["application/json"];
			return {
				method: method.toUpperCase() as "GET" | "POST",
				path,
				described,
				example: body === undefined ? fromParameters(described.parameters ?? []) : fromBody(document, body),
				answerExample: answer.examples.example.value,
				answerSchema: resolve(document, answer.schema),
				inQuery: body === undefined,
				open: described.security?.length === 0,
			};
		}),
	);
}

const fromParameters = (parameters: readonly Json[]) =>
	Object.fromEntries(
		parameters.filter(({ example }) => example !== undefined).map(({ name, example }) => [name, example]),
	);

function fromBody(document: Json, media: Json): Json {
	if (media.examples !== undefined) return media.examples.example.value;
	const { properties = {} } = resolve(document, media.schema);
	return Object.fromEntries(
		Object.entries<Json>(properties)
			.filter(([, { example }]) => example !== undefined)
			.map(([name, { example }]) => [name, example]),
	);
}

export function resolve(document: Json, value: Json): Json {
	if (value.$ref === undefined) return value;
	const at = String(value.$ref).slice(2).split("/");
	return at.reduce((inner, name) => inner[name], document);
}

export interface NaiveAnswer {
	readonly status: number;
	/** Absent where a client does not tell. */
	readonly type?: string;
	readonly body: unknown;
}

export interface NaiveClient {
	readonly name: string;
	/** What it says in Accept, and so what it must get. */
	readonly accept: string;
	call(base: string, document: Json, operation: DescribedOperation, input: Json, token?: string): Promise<NaiveAnswer>;
}

/** Follows servers and paths to the letter (so `/v1.0` comes twice), writes all names small. */
export const literalClient: NaiveClient = {
	name: "a client that follows the document to the letter",
	accept: "text/plain",
	call(base, document, operation, input, token) {
		const server = new URL(document.servers[0].url).pathname.replace(/\/$/, "");
		return send(
			base + server + operation.path,
			operation,
			rename(input, (name) => name.toLowerCase()),
			{
				accept: this.accept,
				"content-type": "text/json",
				...(token === undefined ? {} : { authorization: `bearer ${token}` }),
			},
		);
	},
};

/** Repairs the base path, shouts the path, writes names in camel case, and speaks of a JSON of its own. */
export const idiomaticClient: NaiveClient = {
	name: "a client that writes as its language does",
	accept: "text/json",
	call(base, _document, operation, input, token) {
		const path = `/V1.0${operation.path.replace(/^\/v1\.0/i, "").toUpperCase()}/`;
		const camel = (name: string) => name[0]!.toLowerCase() + name.slice(1);
		return send(base + path, operation, rename(input, camel), {
			accept: `${this.accept}, */*;q=0.1`,
			"content-type": "application/vnd.generated+json; charset=utf-8",
			...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
		});
	},
};

function rename(value: unknown, spell: (name: string) => string): unknown {
	if (Array.isArray(value)) return value.map((item) => rename(item, spell));
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [spell(name), rename(inner, spell)]));
}

async function send(
	url: string,
	operation: DescribedOperation,
	input: unknown,
	{ "content-type": type = "", ...headers }: Record<string, string>,
): Promise<NaiveAnswer> {
	const query = operation.inQuery
		? `?${Object.entries(input as Json)
				.map(([name, value]) => `${name}=${encodeURIComponent(value).replace("%2B", "+")}`)
				.join("&")}`
		: "";
	const response = await fetch(url + query, {
		method: operation.method,
		headers: operation.inQuery ? headers : { ...headers, "content-type": type },
		...(operation.inQuery ? {} : { body: JSON.stringify(input) }),
	});
	const text = await response.text();
	return { status: response.status, type: response.headers.get("content-type") ?? "", body: JSON.parse(text) };
}

/** What of a value breaks an OpenAPI 3.0 schema, as paths with reasons; nothing more than these documents use. */
export function breaches(document: Json, rawSchema: Json, value: unknown, at = "$"): readonly string[] {
	const schema = resolve(document, rawSchema);
	if (value === null) return schema.nullable === true || schema.type === undefined ? [] : [`${at} is null`];
	if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at} is none of ${schema.enum}`];
	const kind = Array.isArray(value) ? "array" : typeof value;
	const wanted = schema.type === "integer" ? "number" : schema.type;
	if (wanted !== undefined && wanted !== kind) return [`${at} is ${kind}, not ${wanted}`];
	if (Array.isArray(value))
		return value.flatMap((item, i) => breaches(document, schema.items ?? {}, item, `${at}[${i}]`));
	if (kind !== "object") return [];
	const members = value as Json;
	const missing = (schema.required ?? []).filter((name: string) => !(name in members));
	return [
		...missing.map((name: string) => `${at}.${name} is missing`),
		...Object.entries(members).flatMap(([name, inner]) => {
			const inside = schema.properties?.[name];
			if (inside !== undefined) return breaches(document, inside, inner, `${at}.${name}`);
			return schema.additionalProperties === false ? [`${at}.${name} is not allowed`] : [];
		}),
	];
}
