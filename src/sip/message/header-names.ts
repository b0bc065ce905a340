/** Names of header fields: compact forms (RFC 3261 §7.3.3 and the IANA registry), and which fields are lists. */

const COMPACT: Readonly<Record<string, string>> = {
	a: "accept-contact",
	b: "referred-by",
	c: "content-type",
	d: "request-disposition",
	e: "content-encoding",
	f: "from",
	i: "call-id",
	j: "reject-contact",
	k: "supported",
	l: "content-length",
	m: "contact",
	n: "identity-info",
	o: "event",
	r: "refer-to",
	s: "subject",
	t: "to",
	u: "allow-events",
	v: "via",
	x: "session-expires",
	y: "identity",
};

const COMMON = [
	...["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Content-Type", "Content-Length"],
	...["Record-Route", "Route", "Allow", "Supported", "Require", "Proxy-Require", "Unsupported", "Accept", "User-Agent"],
	...["Diversion", "History-Info", "P-Asserted-Identity", "P-Called-Party-ID", "Privacy", "Subject", "Reason"],
	...["Session-Expires", "Min-SE", "Retry-After", "Server", "Date", "Expires", "Event", "Content-Disposition"],
	...["Subscription-State", "Allow-Events", "Min-Expires"],
];

/** Spellings met on every message, so that lower-casing is a look-up. Fixed: names from outside never enter it. */
const KNOWN = new Map<string, string>();
for (const name of COMMON) {
	KNOWN.set(name, name.toLowerCase());
	KNOWN.set(name.toLowerCase(), name.toLowerCase());
}
for (const [short, long] of Object.entries(COMPACT)) {
	KNOWN.set(short, long);
	KNOWN.set(short.toUpperCase(), long);
}

/** Lower-case long form of a field name. */
export function canonicalName(name: string): string {
	return KNOWN.get(name) ?? KNOWN.get(name.toLowerCase()) ?? name.toLowerCase();
}

/** Fields whose grammar is a comma-separated list (RFC 3261 §7.3.1, RFC 5806, RFC 7044, RFC 3325, RFC 6086, ...). */
const LISTS = new Set([
	...["accept", "accept-contact", "accept-encoding", "accept-language", "alert-info", "allow", "allow-events"],
	...["call-info", "contact", "content-encoding", "content-language", "diversion", "error-info", "geolocation"],
	...["history-info", "in-reply-to", "p-asserted-identity", "p-associated-uri", "p-preferred-identity", "path"],
	...["proxy-require", "reason", "record-route", "recv-info", "reject-contact", "request-disposition", "require"],
	...["resource-priority", "route", "security-client", "security-server", "security-verify", "service-route"],
	...["supported", "unsupported", "via", "warning"],
]);

export function isListField(canonical: string): boolean {
	return LISTS.has(canonical);
}

/** Fields that may stand only once; two of them leave open which is meant (RFC 4475 §3.3.8, §3.3.9). */
const SINGLE = new Set([
	...["call-id", "content-disposition", "content-length", "content-type", "cseq", "expires", "from", "max-forwards"],
	...["to", "event", "p-called-party-id"],
]);

export function isSingleField(canonical: string): boolean {
	return SINGLE.has(canonical);
}
