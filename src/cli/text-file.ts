import { readFile } from "node:fs/promises";
import { Failure } from "../domain/index.ts";

/** Several million lines. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** @throws Failure `badInput` for a file that can not be read, is too large, or is not UTF-8. */
export async function readText(path: string): Promise<string> {
	try {
		const bytes = await readFile(path);
		if (bytes.length > FILE_BYTES_MAX) throw new Failure("badInput", `${path} is larger than 256 MiB.`, "Split it.");
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch (cause) {
		if (cause instanceof Failure) throw cause;
		if (cause instanceof TypeError)
			throw new Failure("badInput", `${path} is not UTF-8 text.`, "Save it as CSV in UTF-8.");
		const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
		throw new Failure("badInput", `${path} can not be read (${code}).`, "Name a CSV file that this user can read.", {
			cause,
		});
	}
}
