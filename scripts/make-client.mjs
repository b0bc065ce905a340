/**
 * Makes the TypeScript client from the OpenAPI 3.1 document: types of every request and answer, a documented method per
 * operation. `node scripts/make-client.mjs OPENAPI.json > client.ts`
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The whole client as one TypeScript file without imports. */
export function clientSource(document, callerSource = readFileSync(join(ROOT, "src/client/caller.ts"), "utf8")) {
	const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, described]) => operationOf(document, path, method, described)),
	);
	return [
		"// Generated from the OpenAPI document. Do not edit: change the operation, or src/client/caller.ts.",
		callerSource,
		...operations.flatMap((each) => [
			declaration(each.requestType, each.request, `Request of ${each.id}.`),
			declaration(each.resultType, each.result, `Answer of ${each.id}.`),
		]),
		`export interface AfterbeepClient {\n${operations.map(methodType).join("\n")}\n}`,
		`/** A client of one platform with one account key. */
export function createClient(options: ClientOptions): AfterbeepClient {
	const call = createCaller(options);
	return {
${operations.map(method).join("\n")}
	};
}
`,
	].join("\n\n");
}

function operationOf(document, path, method, described) {
	const id = described.operationId;
	const name = id[0].toUpperCase() + id.slice(1);
	const body = described.requestBody?.content["application/json"].schema;
	return {
		id,
		path,
		method: method.toUpperCase(),
		summary: described.summary,
		description: described.description,
		auth: described.security === undefined || described.security.length > 0,
		input: body === undefined ? "query" : "body",
		requestType: `${name}Request`,
		resultType: `${name}Result`,
		request: body === undefined ? schemaOfParameters(described.parameters ?? []) : resolve(document, body),
		result: resolve(document, described.responses[200].content["application/json"].schema),
	};
}

function schemaOfParameters(parameters) {
	return {
		type: "object",
		properties: Object.fromEntries(
			parameters.map(({ name, schema, description }) => [name, { ...schema, description }]),
		),
		required: parameters.filter(({ required }) => required).map(({ name }) => name),
	};
}

function resolve(document, schema) {
	if (schema.$ref === undefined) return schema;
	return schema.$ref
		.slice(2)
		.split("/")
		.reduce((value, name) => value[name], document);
}

function declaration(name, schema, about) {
	return `${comment(about, "")}export type ${name} = ${typeOf(schema, "")};`;
}

/** @param indent of the line that the type stands in. */
function typeOf(schema, indent) {
	if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(" | ");
	if (schema.const !== undefined) return JSON.stringify(schema.const);
	if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
	const options = schema.anyOf ?? schema.oneOf;
	if (options !== undefined) return options.map((option) => typeOf(option, indent)).join(" | ");
	switch (schema.type) {
		case "string":
		case "boolean":
		case "null":
			return schema.type;
		case "number":
		case "integer":
			return "number";
		case "array":
			return `ReadonlyArray<${typeOf(schema.items ?? {}, indent)}>`;
		case "object":
			return objectType(schema, indent);
		default:
			return "unknown";
	}
}

function objectType({ properties = {}, required = [], additionalProperties }, indent) {
	const names = Object.keys(properties);
	if (names.length === 0) {
		const values = typeof additionalProperties === "object" ? typeOf(additionalProperties, indent) : "unknown";
		return `Readonly<Record<string, ${values}>>`;
	}
	const inner = `${indent}\t`;
	const members = names.map((name) => {
		const type = typeOf(properties[name], inner);
		const about = comment(properties[name].description, inner);
		const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
		return required.includes(name)
			? `${about}${inner}readonly ${key}: ${type};`
			: `${about}${inner}readonly ${key}?: ${type} | undefined;`;
	});
	return `{\n${members.join("\n")}\n${indent}}`;
}

function comment(text, indent) {
	if (text === undefined || text === "") return "";
	const lines = text.replaceAll("*/", "*\\/").split("\n");
	if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
	return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */\n`].join("\n");
}

const needsNothing = ({ request }) => (request.required ?? []).length === 0;

function methodType(each) {
	const about = comment(`${each.summary}. ${each.method} ${each.path}\n\n${each.description}`, "\t");
	return `${about}\t${each.id}(request${needsNothing(each) ? "?" : ""}: ${each.requestType}): Promise<${each.resultType}>;`;
}

function method({ id, method, path, input, auth, requestType, resultType, ...each }) {
	const facts = `{ method: "${method}", path: "${path}", input: "${input}", auth: ${auth} }`;
	const request = needsNothing(each) ? `request: ${requestType} = {}` : `request: ${requestType}`;
	return `\t\t${id}: (${request}) => call(${facts}, request) as Promise<${resultType}>,`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	process.stdout.write(clientSource(JSON.parse(readFileSync(process.argv[2] ?? 0, "utf8"))));
}
