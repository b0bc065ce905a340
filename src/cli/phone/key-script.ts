/** The small language of `afterbeep call --keys`. Pure. */
import { UsageError } from "../command.ts";

export type KeyStep =
	| { readonly type: "press"; readonly keys: string }
	/** `w5`: seconds. */
	| { readonly type: "wait"; readonly seconds: number }
	/** A blank: until nothing is heard. */
	| { readonly type: "untilQuiet" };

/** Longest script, and longest single wait in seconds. */
const SCRIPT_CHARS_MAX = 200;
const WAIT_SECONDS_MAX = 600;

/**
 * `1w5 9` is: press 1, wait 5 s, wait until it is quiet, press 9. A comma only separates: `w5,9` does not wait for quiet.
 *
 * @throws UsageError for other characters.
 */
export function readKeyScript(script: string): readonly KeyStep[] {
	if (script.length > SCRIPT_CHARS_MAX) throw new UsageError(`--keys is longer than ${SCRIPT_CHARS_MAX} characters.`);
	const steps: KeyStep[] = [];
	let rest = script;
	while (rest !== "") {
		const match = /^(?:([0-9*#]+)|w(\d{1,3}(?:\.\d)?)|(\s+)|(,))/i.exec(rest);
		if (match === null) {
			throw new UsageError(
				`--keys has "${rest[0]}": keys are 0-9 * #, w5 waits 5 s, a blank waits until it is quiet, a comma separates.`,
			);
		}
		const [whole, keys, seconds, blank] = match;
		if (keys !== undefined) steps.push({ type: "press", keys });
		else if (seconds !== undefined) steps.push({ type: "wait", seconds: Math.min(Number(seconds), WAIT_SECONDS_MAX) });
		else if (blank !== undefined) steps.push({ type: "untilQuiet" });
		rest = rest.slice(whole.length);
	}
	return steps;
}
