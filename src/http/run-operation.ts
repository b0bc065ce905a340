/** An operation without HTTP: the same reading, rules and answer for whoever stands at the machine itself. */
import { Failure, type Principal } from "../domain/index.ts";
import { allOperations } from "./app.ts";
import { HttpError } from "./conventions/errors.ts";
import { readerOf } from "./conventions/reading.ts";
import type { HttpDeps } from "./deps.ts";
import { nothing } from "./described-operations.ts";

/** What operations on things work with; those on tokens and limits have no meaning without HTTP. */
export type OperationParts = Partial<HttpDeps>;

/**
 * @param id of an operation that needs no more than `parts`.
 * @param raw members as a client sends them: names in any case, texts for numbers and booleans.
 * @throws Failure `badInput` with the words that a client of the API gets.
 */
export async function runOperation(parts: OperationParts, id: string, raw: object, who: Principal): Promise<object> {
	const deps = new Proxy(parts, { get: (given, name) => Reflect.get(given, name) ?? Reflect.get(nothing, name) });
	const operation = allOperations(deps as HttpDeps).find((each) => each.id === id);
	if (operation === undefined) throw new Error(`there is no operation ${id}`);
	try {
		const input = readerOf(operation.request)(raw) as never;
		const answer = await operation.handle(input, who, { address: "", idempotencyKey: undefined });
		return operation.response.parse(answer) as object;
	} catch (error) {
		if (!(error instanceof HttpError)) throw error;
		throw new Failure("badInput", error.detail ?? error.message, "See --help for the fields.", { cause: error });
	}
}
