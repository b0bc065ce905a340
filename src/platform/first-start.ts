/** The first start: an operator with its credentials, shown once and kept in a file. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { FirstOperator } from "../directory/index.ts";

export const CREDENTIALS_FILE = "credentials.json";

/** Written for its owner only; a file of an earlier database on the same folder is replaced. */
export async function writeCredentials(dataFolder: string, operator: FirstOperator): Promise<string> {
	const file = path.join(dataFolder, CREDENTIALS_FILE);
	const content = {
		AccountKey: operator.accountKey,
		AccountSecret: operator.accountSecret,
		AccountId: operator.accountId,
		DistributorId: operator.distributorId,
	};
	await writeFile(file, `${JSON.stringify(content, null, "\t")}\n`, { mode: 0o600 });
	return file;
}

/** What the first start prints: key and secret, and three commands that can be pasted as they stand. */
export function firstStartText(operator: FirstOperator, apiUrl: string, file: string): string {
	const post = (path: string, body: object, token: boolean): string =>
		[
			`curl -s ${apiUrl}${path}`,
			...(token ? [`-H "Authorization: Bearer $TOKEN"`] : []),
			`-H 'Content-Type: application/json'`,
			`-d '${JSON.stringify(body)}'`,
		].join(" ");
	const key = { AccountKey: operator.accountKey, AccountSecret: operator.accountSecret };
	const number = "+11234567890";
	return [
		"First start: this operator was made. The secret is not shown again.",
		`  AccountKey     ${operator.accountKey}`,
		`  AccountSecret  ${operator.accountSecret}`,
		`  kept in        ${file} (readable by you only)`,
		"",
		"Three commands: a token, a number, its voicemail.",
		`  TOKEN=$(${post("/v1.0/oauth2/tokens", key, false)} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
		`  ${post("/v1.0/numbers/provision", PROVISION_EXAMPLE, true)}`,
		`  ${post("/v1.0/numbers/voicemail/activate", { PhoneNumber: number, ...ACTIVATE_EXAMPLE }, true)}`,
		"",
	].join("\n");
}

/** Takes the next number of the pool, for voice alone. */
export const PROVISION_EXAMPLE = {
	NumberType: "mvno",
	MessageType: "p2p",
	MessageEnabled: false,
	VoiceEnabled: true,
	ProductType: "Sms+Data+Voice",
} as const;

/** The contract's own example (2.2). */
export const ACTIVATE_EXAMPLE = {
	AccountId: "AID-ab12345-2725-45a1-bd5e-526ed19799xx",
	PIN: "1234",
	FirstName: "John",
	LastName: "Doe",
	Email: "john@example.com",
} as const;
