/**
 * Values of Privacy (RFC 3323 §4.2, RFC 3325 §9.3, RFC 7044 §10.1), lower case. Pure.
 *
 * @param values as they stand: several in one, separated by semicolons, and from some gateways by commas.
 */
export function privacyOf(values: readonly string[]): ReadonlySet<string> {
	return new Set(values.flatMap((value) => value.split(/[;,]/)).map((value) => value.trim().toLowerCase()));
}
