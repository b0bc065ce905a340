/** How the digits of a telephone number are grouped when spoken. Pure. */

/**
 * Country codes of one and of two digits (ITU-T E.164, list of assigned codes); all others have three. Only the grouping
 * hangs on it, so a code assigned later is at worst grouped oddly.
 */
const ONE_DIGIT_CODES = /^[17]/;
const TWO_DIGIT_CODES = /^(20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

function countryCodeDigits(digits: string): number {
	if (ONE_DIGIT_CODES.test(digits)) return 1;
	return TWO_DIGIT_CODES.test(digits) ? 2 : 3;
}

/**
 * Groups as people read them out: country code, then threes, with a last group of two to four.
 *
 * @param number E.164 with `+`, or as received; whatever is no digit is left out.
 * @returns groups of digits, none for a text without digits.
 */
export function digitGroups(number: string): readonly string[] {
	const digits = number.replaceAll(/[^0-9]/g, "");
	if (!number.startsWith("+")) return groupsOfThree(digits);
	const code = countryCodeDigits(digits);
	return [digits.slice(0, code), ...groupsOfThree(digits.slice(code))].filter((group) => group !== "");
}

function groupsOfThree(digits: string): string[] {
	if (digits.length <= 4) return digits === "" ? [] : [digits];
	return [digits.slice(0, 3), ...groupsOfThree(digits.slice(3))];
}
