/** In whose name a command changes something: the audit log shows it as the user of this machine. */
import { userInfo } from "node:os";
import type { Operators } from "../directory/index.ts";
import { type Actor, type Principal, RIGHTS } from "../domain/index.ts";
import { UsageError } from "./command.ts";

export const DISTRIBUTOR_OPTION = {
	distributor: { value: "DISTRIBUTORID", meaning: "operator meant (the first one)" },
};

export function cliActor(operation: string): Actor {
	return { accountKey: `cli:${userName()}`, operation };
}

/**
 * Someone at the machine stands above its operators: no right is missing.
 *
 * @param distributorId undefined: the first operator.
 */
export async function cliPrincipal(
	operators: Operators,
	operation: string,
	distributorId: string | undefined,
): Promise<Principal> {
	if (distributorId === undefined) {
		const first = await operators.defaultDistributorId();
		return { ...cliActor(operation), distributorId: first, accountId: undefined, rights: RIGHTS };
	}
	const found = await operators.find(distributorId);
	if (found === undefined) {
		throw new UsageError(`There is no operator "${distributorId}". See: afterbeep distributors list`);
	}
	return { ...cliActor(operation), distributorId: found.distributorId, accountId: undefined, rights: RIGHTS };
}

/** A process can run under a number that no user has. */
function userName(): string {
	try {
		return userInfo().username;
	} catch {
		return String(process.getuid?.() ?? "unknown");
	}
}
