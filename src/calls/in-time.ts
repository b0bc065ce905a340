/**
 * What was asked for, or undefined where it has not come within the time: nobody waits for it any longer, and what
 * comes of it later counts no more.
 */
export async function inTime<T>(asked: Promise<T>, timeMs: number): Promise<T | undefined> {
	const late = Promise.withResolvers<undefined>();
	const timer = setTimeout(() => late.resolve(undefined), timeMs);
	try {
		return await Promise.race([asked, late.promise]);
	} finally {
		clearTimeout(timer);
	}
}
