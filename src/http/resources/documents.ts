/** Stored documents as answers: each documented member is there, as it was stored or as the null that stands for nothing. */
import type { Document } from "../../routing/index.ts";

/**
 * The members of `names` from a document: absent texts are null, absent flags as `flags` says. Their types are those of
 * the request that stored them; the schema of the answer judges them.
 *
 * @param flags booleans and what they are when nobody set them.
 */
export function membersOf<T extends string, F extends string>(
	document: Document,
	names: readonly T[],
	flags: Readonly<Record<F, boolean>>,
): Record<T, never> & Record<F, boolean> {
	const answer: Record<string, unknown> = {};
	// A text that was cleared is as absent as one that was never set.
	for (const name of names) answer[name] = document[name] === "" ? null : (document[name] ?? null);
	for (const [name, byDefault] of Object.entries(flags)) answer[name] = document[name] ?? byDefault;
	return answer as Record<T, never> & Record<F, boolean>;
}

/** Everything that was sent but the members that say which thing is meant, or that are never kept. */
export function documentOf(input: Document, ...without: readonly string[]): Document {
	return Object.fromEntries(Object.entries(input).filter(([name]) => !without.includes(name)));
}
