/** Runs a command's work on the opened platform. The rooms are loaded only then, so that help and errors come at once. */
import type { Invocation } from "./command.ts";
import type { Opened } from "./open-platform.ts";

export async function withPlatform<T>(invocation: Invocation, work: (opened: Opened) => Promise<T>): Promise<T> {
	const config = invocation.config();
	const { openPlatform } = await import("./open-platform.ts");
	await using stack = new AsyncDisposableStack();
	return await work(await openPlatform(config, stack));
}
