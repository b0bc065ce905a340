/** Why a number has no mailbox to show, and what to do about it. */
import { Failure } from "../domain/index.ts";
import type { Opened } from "./open-platform.ts";

export async function whyNoVoicemail(number: string, { numbers }: Pick<Opened, "numbers">): Promise<string> {
	try {
		await numbers.ownerOf(number);
	} catch (error) {
		if (!(error instanceof Failure && error.code === "notFound")) throw error;
		return `${number} is assigned to no account. See which are: afterbeep numbers list`;
	}
	return `${number} has no voicemail. Activate it: POST /v1.0/numbers/voicemail/activate`;
}
