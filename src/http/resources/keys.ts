import { z } from "zod";
import { DIRECTORY_LIMITS, type KeyView, type NewSecret } from "../../directory/index.ts";
import { RIGHTS } from "../../domain/index.ts";
import { accountId, requiredId, requiredName } from "../conventions/fields.ts";
import { type Operation, operation } from "../conventions/operation.ts";
import type { HttpDeps } from "../deps.ts";

const EXAMPLE_KEY = "DID-5b1d9c1e-8a52-4f0e-9d43-0c5d3f6f8f11";
const ACCOUNT = "AID-ab12345-2725-45a1-bd5e-526ed19799xx";
const accountKey = requiredId("Key meant.", EXAMPLE_KEY);

const KeyResult = z.object({
	AccountKey: z.string(),
	AccountId: z.string().nullable(),
	Name: z.string(),
	Rights: z.array(z.string()),
	CreatedOn: z.string(),
	RotatedOn: z.string().nullable(),
	PreviousSecretExpiry: z.string().nullable(),
});
const SecretResult = KeyResult.extend({ AccountSecret: z.string() });

function keyResult(key: KeyView): z.input<typeof KeyResult> {
	return {
		AccountKey: key.accountKey,
		AccountId: key.accountId,
		Name: key.name,
		Rights: [...key.rights],
		CreatedOn: key.createdOn.toISOString(),
		RotatedOn: key.rotatedOn?.toISOString() ?? null,
		PreviousSecretExpiry: key.previousUntil?.toISOString() ?? null,
	};
}

const secretResult = (key: NewSecret) => ({ ...keyResult(key), AccountSecret: key.accountSecret });

const KEY_EXAMPLE = {
	AccountKey: EXAMPLE_KEY,
	AccountId: ACCOUNT,
	Name: "Billing system",
	Rights: [],
	CreatedOn: "2026-05-28T17:03:11.482Z",
	RotatedOn: null,
	PreviousSecretExpiry: null,
};
const SECRET_EXAMPLE = { ...KEY_EXAMPLE, AccountSecret: "abcdeABCdef..." };

const WHO_MAY = "Wants the operator's first key, or one with the right `KeyAdmin`; else 403.";

export function keyOperations(deps: HttpDeps): readonly Operation[] {
	return [createKey(deps), listKeys(deps), rotateKey(deps), deleteKey(deps)];
}

function createKey({ keys }: HttpDeps): Operation {
	return operation({
		id: "createKey",
		method: "POST",
		path: "/v1.0/keys/create",
		tag: "Keys",
		ours: true,
		summary: "Create an account key",
		description: `Makes a further key and shows its secret this once. With AccountId the key sees this account alone. A key gives only rights that it has itself; the first key gives all. ${WHO_MAY}\n\nNext: \`POST /v1.0/oauth2/tokens\`.`,
		request: z.object({
			Name: requiredName("What the key is for.", "Billing system"),
			AccountId: accountId,
			Rights: z.array(z.enum(RIGHTS)).max(RIGHTS.length, `must hold at most ${RIGHTS.length} rights`).optional().meta({
				description:
					"`KeyAdmin`: manages keys. `VoicemailAdmin`: retrieves messages without the subscriber's PIN, logged each time.",
			}),
		}),
		response: SecretResult,
		example: { request: { Name: "Billing system", AccountId: ACCOUNT, Rights: [] }, response: SECRET_EXAMPLE },
		async handle(input, who) {
			const { Name: name, AccountId: accountId, Rights: rights = [] } = input;
			return secretResult(await keys.create(who, { name, accountId, rights }));
		},
	});
}

function listKeys({ keys }: HttpDeps): Operation {
	return operation({
		id: "listKeys",
		method: "GET",
		path: "/v1.0/keys",
		tag: "Keys",
		ours: true,
		summary: "List account keys",
		description: "The live keys that this one sees: all of the operator, or those of its own account. Never a secret.",
		request: z.object({}),
		response: z.object({ TotalResults: z.int(), Keys: z.array(KeyResult) }),
		example: { request: {}, response: { TotalResults: 1, Keys: [KEY_EXAMPLE] } },
		async handle(_input, who) {
			const found = (await keys.list(who)).map(keyResult);
			return { TotalResults: found.length, Keys: found };
		},
	});
}

function rotateKey({ keys }: HttpDeps): Operation {
	const { rotationOverlapMinutesDefault: byDefault, rotationOverlapMinutesMax: max } = DIRECTORY_LIMITS;
	return operation({
		id: "rotateKey",
		method: "POST",
		path: "/v1.0/keys/rotate",
		tag: "Keys",
		ours: true,
		summary: "Give an account key a new secret",
		description: `Shows the new secret this once. The old one stays good for OverlapMinutes, so that clients can be changed one after the other; a second rotation ends it sooner. ${WHO_MAY}`,
		request: z.object({
			AccountKey: accountKey,
			OverlapMinutes: z
				.int()
				.min(0, "must be at least 0")
				.max(max, `must be at most ${max}`)
				.optional()
				.meta({ description: `How long the old secret stays good; 0 voids it at once. Default ${byDefault}.` }),
		}),
		response: SecretResult,
		example: {
			request: { AccountKey: EXAMPLE_KEY, OverlapMinutes: 60 },
			response: {
				...SECRET_EXAMPLE,
				RotatedOn: "2026-05-28T17:03:11.482Z",
				PreviousSecretExpiry: "2026-05-28T18:03:11.482Z",
			},
		},
		handle: async (input, who) => secretResult(await keys.rotate(who, input.AccountKey, input.OverlapMinutes)),
	});
}

function deleteKey({ keys }: HttpDeps): Operation {
	return operation({
		id: "deleteKey",
		method: "POST",
		path: "/v1.0/keys/delete",
		tag: "Keys",
		ours: true,
		summary: "Revoke an account key",
		description: `The key and all its tokens are void within three seconds, for good. A key can not revoke itself. ${WHO_MAY}`,
		request: z.object({ AccountKey: accountKey }),
		response: z.object({ AccountKey: z.string(), Successful: z.boolean() }),
		example: { request: { AccountKey: EXAMPLE_KEY }, response: { AccountKey: EXAMPLE_KEY, Successful: true } },
		async handle(input, who) {
			await keys.revoke(who, input.AccountKey);
			return { AccountKey: input.AccountKey, Successful: true };
		},
	});
}
