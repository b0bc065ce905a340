/** Bearer tokens: short-lived JWTs (RFC 7519), HS256, good for one endpoint or for all. */
import { randomUUID } from "node:crypto";
import { type JWTPayload, jwtVerify, SignJWT } from "jose";
import { type Clock, Failure, type Principal } from "../domain/index.ts";
import type { Db } from "../store/index.ts";
import { createAccountKeys, type KnownAccountKey } from "./account-keys.ts";
import { createAccountSecrets } from "./account-secret.ts";
import { normalisedPath, scopeOf } from "./endpoint-scope.ts";
import { DIRECTORY_LIMITS } from "./limits.ts";
import { createTokenKeys } from "./token-keys.ts";
import type { Tokens } from "./types.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";

const ISSUER = "afterbeep";

export interface TokensNeeds {
	readonly db: Db;
	readonly masterKey: Uint8Array;
	readonly clock: Clock;
	/** Lifetime of a token, 1 to 60. */
	readonly tokenMinutes: number;
}

/** Nothing is read before the first call; `prepare` at start tells early that a master key belongs to another database. */
export function createTokens(needs: TokensNeeds): Tokens & { prepare(): Promise<void> } {
	const { tokenMinutesMin, tokenMinutesMax } = DIRECTORY_LIMITS;
	if (!(needs.tokenMinutes >= tokenMinutesMin && needs.tokenMinutes <= tokenMinutesMax)) {
		throw new Failure(
			"configInvalid",
			`Tokens can not live for ${needs.tokenMinutes} minutes`,
			`Choose ${tokenMinutesMin} to ${tokenMinutesMax} minutes.`,
		);
	}
	const verified = createVerifiedTokens();
	const accountKeys = createAccountKeys(needs.db, needs.clock);
	const secrets = createAccountSecrets(needs.masterKey);
	const tokenKeys = createTokenKeys(needs);

	async function claimsOf(token: string): Promise<JWTPayload> {
		if (token.length > DIRECTORY_LIMITS.tokenCharsMax) throw badToken();
		const known = verified.find(token, needs.clock.now());
		// Its signing key may have been withdrawn since.
		if (known !== undefined && (await tokenKeys.checking(known.kid)) !== undefined) return known.claims;
		try {
			const { payload, protectedHeader } = await jwtVerify(
				token,
				async ({ kid }) => {
					const known = kid === undefined ? undefined : await tokenKeys.checking(kid);
					if (known === undefined) throw badToken();
					return known.key;
				},
				{
					algorithms: ["HS256"],
					issuer: ISSUER,
					requiredClaims: ["sub", "iat", "exp"],
					clockTolerance: DIRECTORY_LIMITS.tokenSkewSeconds,
					currentDate: needs.clock.now(),
				},
			);
			verified.keep(token, { claims: payload, kid: protectedHeader.kid! });
			return payload;
		} catch (error) {
			// jose's own errors are verdicts on the token; anything else (the database) is not.
			if (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_J")) throw badToken(error);
			throw error;
		}
	}

	/** Both secrets are always compared, so that the time tells neither which one it was nor whether there are two. */
	function opens(secret: string, known: KnownAccountKey | undefined): known is KnownAccountKey {
		const overlap = known?.previousUntil && known.previousUntil > needs.clock.now();
		const current = secrets.matches(secret, known?.secretHash);
		const previous = secrets.matches(secret, (overlap && known.previousSecretHash) || undefined);
		return current || previous;
	}

	/**
	 * A secret that does not fit what is remembered may be the new one of a key rotated just now: the database decides.
	 * An unknown key and a wrong secret thus cost one reading each, and take the same time.
	 */
	async function keyWithSecret(accountKey: string, secret: string): Promise<KnownAccountKey | undefined> {
		const remembered = await accountKeys.remembered(accountKey);
		if (remembered !== undefined && opens(secret, remembered)) return remembered;
		const known = await accountKeys.read(accountKey);
		return opens(secret, known) ? known : undefined;
	}

	return {
		prepare: async () => void (await tokenKeys.signing()),

		issue: async (accountKey, accountSecret, endpoint) => {
			const known = await keyWithSecret(accountKey, accountSecret);
			if (known === undefined) {
				throw new Failure(
					"unauthorized",
					"AccountKey or AccountSecret is wrong",
					"Send both as they were given when the key was made.",
				);
			}
			const scope = scopeOf(endpoint);
			const signing = await tokenKeys.signing();
			const issuedAt = Math.floor(needs.clock.now().getTime() / 1000);
			const expiry = issuedAt + needs.tokenMinutes * 60;
			const token = await new SignJWT({
				did: known.distributorId,
				...(known.accountId !== undefined && { aid: known.accountId }),
				...(scope !== undefined && { scope }),
			})
				.setProtectedHeader({ alg: "HS256", typ: "JWT", kid: signing.kid })
				.setIssuer(ISSUER)
				.setSubject(known.accountKey)
				.setIssuedAt(issuedAt)
				.setExpirationTime(expiry)
				.setJti(randomUUID())
				.sign(signing.key);
			return { token, expiresOn: new Date(expiry * 1000) };
		},

		verify: async (token, path): Promise<Principal> => {
			const claims = await claimsOf(token);
			const known = await accountKeys.find(String(claims.sub));
			if (known === undefined) throw badToken();
			const { scope } = claims as { scope?: unknown };
			if (scope !== undefined && scope !== normalisedPath(path)) {
				throw new Failure(
					"forbidden",
					"your token does not have permission to access this resource",
					"Check the ApiEndpoint scope.",
				);
			}
			const { accountKey, distributorId, accountId, rights, requestsPerMinute } = known;
			return { accountKey, distributorId, accountId, rights, requestsPerMinute };
		},
	};
}

function badToken(cause?: Error): Failure {
	return new Failure(
		"unauthorized",
		"Bearer token is missing, expired, or invalid",
		"Re-authenticate via POST /v1.0/oauth2/tokens.",
		{ cause },
	);
}
