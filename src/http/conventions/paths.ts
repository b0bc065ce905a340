const VERSIONED = /^\/v1\.0(?=\/|$)/i;
/** Bases that end in a slash make paths that begin with two. */
const LOOSELY_VERSIONED = /^\/+v1\.0(?=\/|$)/i;

/**
 * The one spelling under which a route is registered: contract 1.1 wants `/v1.0/...` in any case, with the prefix once
 * or twice (its `servers` entry ends in what its paths begin with), with or without a slash at the end, slashes
 * doubled or not.
 *
 * @param url path and query as in the request line; also its absolute form (RFC 9112 §3.2.2), which proxies send.
 */
export function canonicalUrl(url: string): string {
	const relative = url.replace(/^https?:\/\/[^/?#]*/i, "");
	const queryAt = relative.search(/[?#]/);
	const rawPath = queryAt < 0 ? relative : relative.slice(0, queryAt);
	const query = queryAt < 0 ? "" : relative.slice(queryAt);
	let path = rawPath === "" ? "/" : rawPath;
	if (path.length > 1) path = path.replace(/\/{1,8}$/, "") || "/";
	if (LOOSELY_VERSIONED.test(path)) {
		path = path.toLowerCase().replace(/\/{2,}/g, "/");
		const rest = path.slice("/v1.0".length);
		if (VERSIONED.test(rest)) path = rest;
	}
	return path + query;
}
