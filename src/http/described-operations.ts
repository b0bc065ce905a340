import { allOperations } from "./app.ts";
import type { Operation } from "./conventions/operation.ts";
import type { HttpDeps } from "./deps.ts";

/** Any property of it is such a thing again; whoever calls one is told that nothing is behind it. */
export const nothing: object = new Proxy(() => {}, {
	get: (_target, name) => (name === Symbol.toPrimitive ? undefined : nothing),
	apply: () => {
		throw new Error("this operation was made to be described, not to be served");
	},
});

/** The table of operations with nothing behind it: for documents, generators and tests that need no database. */
export function describedOperations(): readonly Operation[] {
	return allOperations(nothing as HttpDeps);
}
