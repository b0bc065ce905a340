/** Which endpoint a token is for (contract 2.1): only the path counts. Pure. */
import { Failure } from "../domain/index.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";

/**
 * The path that `ApiEndpoint` or a request names, in the one form in which two can be compared: without scheme, host,
 * query, fragment, doubled or trailing slashes and any number of leading `/v1.0`, in lower case.
 *
 * @returns starts with a slash; `/` where nothing is left.
 */
export function normalisedPath(endpoint: string): string {
	const withoutHost = endpoint.trim().replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]*/i, "");
	const path = withoutHost.replace(/[?#].*$/s, "").toLowerCase();
	// A host without its scheme, as people paste it: all before the version is dropped.
	const bare = path.startsWith("/") ? path : path.replace(/^[^/]+(?=\/v1\.0(?:\/|$))/, "");
	const segments = bare.split("/").filter((segment) => segment !== "");
	while (segments[0] === "v1.0") segments.shift();
	return `/${segments.join("/")}`;
}

/**
 * The scope of a token to be issued.
 *
 * @returns undefined: all endpoints.
 * @throws Failure `badInput` when the endpoint names none or is too long.
 */
export function scopeOf(endpoint: string | undefined): string | undefined {
	if (endpoint === undefined || endpoint.trim() === "") return undefined;
	if (endpoint.length > DIRECTORY_LIMITS.endpointCharsMax) {
		throw new Failure(
			"badInput",
			`ApiEndpoint is longer than ${DIRECTORY_LIMITS.endpointCharsMax} characters`,
			"Send the URL or path of one endpoint.",
		);
	}
	const path = normalisedPath(endpoint);
	if (path === "/") {
		throw new Failure(
			"badInput",
			"ApiEndpoint names no endpoint",
			"Send the URL or path of one endpoint, such as /v1.0/numbers/provision, or leave it out for all.",
		);
	}
	return path;
}
