import { z } from "zod";
import { Failure } from "../../domain/index.ts";
import { clientOf } from "../conventions/client-address.ts";
import { usDateTime } from "../conventions/dates.ts";
import { requiredId } from "../conventions/fields.ts";
import { type Operation, openOperation, refuse } from "../conventions/operation.ts";
import { blankIsAbsent } from "../conventions/reading.ts";
import { createSharedBudget } from "../conventions/shared-budget.ts";
import type { HttpDeps } from "../deps.ts";
import { HTTP_LIMITS } from "../limits.ts";

const TokenRequest = z.object({
	AccountKey: requiredId("Key of the operator (distributor).", "DID-1234567ab-1a2b-3cd4-...-..........."),
	AccountSecret: z
		.string()
		.min(1, "must not be empty")
		.max(HTTP_LIMITS.accountSecretCharsMax, `must be at most ${HTTP_LIMITS.accountSecretCharsMax} characters`)
		.meta({ description: "Secret that was shown once with the key.", examples: ["abcdeABCdef..."] }),
	ApiEndpoint: z
		.string()
		.trim()
		.max(HTTP_LIMITS.endpointCharsMax, `must be at most ${HTTP_LIMITS.endpointCharsMax} characters`)
		.meta({
			description:
				"The one endpoint that the token is to be good for, as URL or path; only the path counts. Left out: all endpoints of the key.",
			examples: ["https://api.telegent.com/v1.0/numbers/provision"],
		})
		.register(blankIsAbsent, { blank: "absent" })
		.optional(),
});

const TokenResponse = z.object({
	token: z.string().meta({ description: "JWT, to be sent as `Authorization: Bearer <token>`." }),
	successful: z.boolean(),
	tokenExpiry: z.string().meta({ description: "`MM/dd/yyyy hh:mm:ss tt` in UTC." }),
});

/**
 * @param isKnownPath whether an endpoint, by URL or path, is one of the API: a token for any other would only ever be
 *   answered with 403.
 */
export function tokenOperations(
	{ tokens, clock, log, rateLeases, settings }: HttpDeps,
	isKnownPath: (endpoint: string) => boolean,
): readonly Operation[] {
	// Its own budget, since scoped tokens force a call before nearly every other. By key and address together: who
	// knows only a key, from elsewhere, must not be able to lock its owner out.
	const budget = createSharedBudget("token", settings.rateLimitPerMinute, { leases: rateLeases, clock, log });

	return [
		openOperation({
			id: "createToken",
			method: "POST",
			path: "/v1.0/oauth2/tokens",
			tag: "OAuth2",
			summary: "Get a bearer token",
			description:
				"Exchanges an AccountKey and its AccountSecret for a bearer token of a few minutes. There is no refresh: ask again. A wrong key and a wrong secret are answered alike, with 401.",
			request: TokenRequest,
			response: TokenResponse,
			example: {
				request: {
					AccountKey: "DID-1234567ab-1a2b-3cd4-...-...........",
					AccountSecret: "abcdeABCdef...",
					ApiEndpoint: "https://api.telegent.com/v1.0/numbers/provision",
				},
				response: { token: "eyJhbGciOiJIUzI1NiJ9...", successful: true, tokenExpiry: "05/02/2025 06:36:13 PM" },
			},
			async handle({ AccountKey, AccountSecret, ApiEndpoint }, address) {
				if (ApiEndpoint === undefined && settings.requireApiEndpoint) {
					refuse("The ApiEndpoint field is required.", "Name the endpoint that the token is for.");
				}
				const payer = `${clientOf(address)} ${AccountKey}`;
				await budget.spend(payer);
				const issued = await tokens.issue(AccountKey, AccountSecret, ApiEndpoint).catch(async (error) => {
					if (error instanceof Failure && error.code === "unauthorized") {
						await budget.penalise(payer, HTTP_LIMITS.wrongSecretCost);
					}
					throw error;
				});
				// Judged last: only who has the secret hears more than that it is wrong.
				if (ApiEndpoint !== undefined && !isKnownPath(ApiEndpoint)) {
					refuse(
						"ApiEndpoint names no endpoint of this API",
						"Name one of GET /openapi.json, or leave it out for all.",
					);
				}
				return { token: issued.token, successful: true, tokenExpiry: usDateTime(issued.expiresOn) };
			},
		}),
	];
}
