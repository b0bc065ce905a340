/** The token of an Authorization header: RFC 6750 §2.1, the scheme in any case (RFC 9110 §11.1). Undefined: none there. */
export function bearerToken(authorization: string | undefined): string | undefined {
	return /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization ?? "")?.[1];
}
