/** Whom a certificate speaks for: RFC 5922 §7. Pure. */

/**
 * The SIP identities of a certificate, in lower case: hosts of `sip:` URIs without user part in its subjectAltName, else
 * its DNS names, else, where it has no subjectAltName at all, the CN of its subject (§7.1).
 *
 * @param altNames as Node prints them: `DNS:a.example, URI:sip:b.example`, odd values in double quotes.
 * @param subject lines such as `CN=a.example`.
 */
export function certificateNames(altNames: string | undefined, subject: string): readonly string[] {
	if (altNames === undefined || altNames === "") {
		const name = /^CN=(.+)$/m.exec(subject)?.[1]?.toLowerCase();
		return name === undefined ? [] : [name];
	}
	const values = splitAltNames(altNames);
	const of = (kind: string): string[] =>
		values.filter((value) => value.startsWith(kind)).map((value) => value.slice(kind.length).toLowerCase());
	const sip = of("URI:").flatMap((uri) => /^sip:([a-z0-9.-]+|\[[0-9a-f:.]+\])$/.exec(uri)?.[1] ?? []);
	return [...new Set(sip.length > 0 ? sip : of("DNS:"))];
}

/** IP addresses in subjectAltName, as Node prints them. */
export function certificateAddresses(altNames: string | undefined): readonly string[] {
	return splitAltNames(altNames ?? "").flatMap((value) => /^IP Address:(.+)$/.exec(value)?.[1]?.toLowerCase() ?? []);
}

/** A value with a comma or quote in it stands in quotes, and is no name that anybody may have. */
function splitAltNames(text: string): string[] {
	return text
		.replace(/"(?:[^"\\]|\\.)*"/g, '"')
		.split(",")
		.map((value) => value.trim())
		.filter((value) => !value.includes('"'));
}
