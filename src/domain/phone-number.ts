import { countryDialling, leadingCountryCode, nationalPrefixOf } from "./country-dialling.ts";

/** Contract 1.8: E.164 with `+`, no separators, no numbering-plan check (its own examples fail one). */
export function isE164(text: string): boolean {
	return /^\+[1-9][0-9]{1,14}$/.test(text);
}

/** How a peer's numbers are to be read. */
export interface NumberPlan {
	/** ISO 3166 alpha-2, upper case: the country of bare national numbers. */
	readonly country: string | undefined;
	/** Dialled pattern to E.164 pattern, such as `"10XX" = "+1555000XX"`; each X is one digit, kept in order. */
	readonly extensions: Readonly<Record<string, string>>;
	/**
	 * What the peer puts in front of its numbers, and what stands there in truth: `{"9": "", "0": "+49"}`. The longest that
	 * fits is replaced. "" stands for numbers that no other one fits, and never for those that start with `+`.
	 */
	readonly prefixes?: Readonly<Record<string, string>>;
}

/** One way to read a text as a number. */
export interface NumberReading {
	/** E.164; undefined where the text holds no number, and `why` says what it holds. */
	readonly phoneNumber: string | undefined;
	/** False for a guess, which counts only where we hold that number. */
	readonly certain: boolean;
	readonly why: string;
}

/** What a URI, user part or bare text says was dialled. */
export interface Dialled {
	/** Unescaped, without parameters and visual separators: `+15551234567`, `1001`, `*86`, `alice`. */
	readonly text: string;
	/** `phone-context` (RFC 3966 §5.1.5), "" where there is none. */
	readonly phoneContext: string;
}

const NUMBER_LIMITS = {
	/** Longer texts are not read at all; a real URI with its parameters is far below. */
	rawCharsMax: 1024,
	/** `*`, `#` and digits of a service or extension; E.164 itself has 15. */
	dialledCharsMax: 64,
	/** A national number is at least this long; shorter ones are extensions or services. */
	nationalDigitsMin: 7,
} as const;

const unreadable = (why: string): readonly NumberReading[] => [{ phoneNumber: undefined, certain: false, why }];

/**
 * Takes what was dialled out of a `sip:`, `sips:` or `tel:` URI (with or without angle brackets), a user part, or a
 * bare number. Never throws.
 *
 * @returns undefined where there is no user part, or the text is out of bounds.
 */
export function dialled(raw: string): Dialled | undefined {
	if (raw.length > NUMBER_LIMITS.rawCharsMax) return undefined;
	const uri = raw.trim().replace(/^<([^<>]*)>.*$/s, "$1");
	const scheme = /^(sips?|tel):/i.exec(uri);
	const afterScheme = scheme ? uri.slice(scheme[0].length) : uri;
	const at = afterScheme.indexOf("@");
	// `sip:example.com` names a host and nobody on it
	if (at < 0 && scheme && scheme[1]!.toLowerCase() !== "tel") return undefined;
	const userPart = at < 0 ? afterScheme.replace(/\?.*$/s, "") : afterScheme.slice(0, at);
	const [escaped = "", ...params] = userPart.split(";");
	const text = withoutSeparators(unescapePercent(escaped.replace(/:.*$/s, "")));
	if (text === "" || text.length > NUMBER_LIMITS.dialledCharsMax) return undefined;
	return { text, phoneContext: phoneContext(params) };
}

/**
 * Reads a text as E.164 numbers, best reading first. Pure; never throws; a handful of readings at most.
 *
 * @param raw a `sip:`/`sips:`/`tel:` URI, a user part or a bare number, as it stood.
 * @returns at least one reading; a single one without a number says why there is none.
 */
export function normalise(raw: string, plan: NumberPlan): readonly NumberReading[] {
	const said = dialled(raw);
	if (!said) return unreadable(`no user part of 1 to ${NUMBER_LIMITS.dialledCharsMax} characters`);
	const byExtension = said.text.startsWith("+") ? undefined : readExtension(said.text, plan.extensions);
	const { text, why: rewritten } = rewritePrefix(said.text, plan);
	if (text.startsWith("+")) {
		const why = rewritten ?? "already E.164";
		const asItStands = isE164(text) ? [reading(text, true, why)] : [];
		if (byExtension) return [byExtension, ...asItStands.filter((one) => one.phoneNumber !== byExtension.phoneNumber)];
		return asItStands.length > 0 ? asItStands : unreadable("starts with + but is not E.164");
	}
	if (!/^[0-9]+$/.test(text)) return byExtension ? [byExtension] : unreadable("not a number");
	const readings = [
		byExtension,
		...byContext(text, said.phoneContext),
		...byInternationalPrefix(text, plan.country),
		...byCountry(text, plan.country),
		reading(`+${text}`, false, "bare digits taken as E.164 where we hold that number"),
	];
	const explained = (one: NumberReading): NumberReading =>
		rewritten === undefined || one === byExtension ? one : { ...one, why: `${rewritten}, ${one.why}` };
	const usable = readings.filter((one) => one !== undefined && isE164(one.phoneNumber ?? "")) as NumberReading[];
	const distinct = usable.filter((one, i) => usable.findIndex((other) => other.phoneNumber === one.phoneNumber) === i);
	return distinct.length > 0 ? distinct.map(explained) : unreadable("digits that fit no rule of the number plan");
}

/**
 * What the peer's prefixes make of a text: service codes such as `*86` are rewritten like numbers.
 *
 * @returns `why` is undefined where no prefix fits.
 */
export function rewritePrefix(text: string, plan: NumberPlan): { readonly text: string; readonly why?: string } {
	let best: string | undefined;
	for (const prefix of Object.keys(plan.prefixes ?? {})) {
		const fits = prefix === "" ? !text.startsWith("+") : text.startsWith(prefix);
		if (fits && prefix.length >= (best ?? "").length) best = prefix;
	}
	if (best === undefined) return { text };
	const instead = plan.prefixes![best]!;
	const why = best === "" ? `${instead} put in front` : `prefix ${best} made ${instead === "" ? "nothing" : instead}`;
	return { text: `${instead}${text.slice(best.length)}`, why };
}

function reading(phoneNumber: string, certain: boolean, why: string): NumberReading {
	return { phoneNumber, certain, why };
}

/** `%2B` and its like, printable ASCII only: other octets have no place in a number and stay as they are. */
function unescapePercent(text: string): string {
	return text.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** RFC 3966 §3: `-`, `.`, `(` and `)` are for the eye only; kept where what remains is no number (`john.doe`). */
function withoutSeparators(text: string): string {
	const bare = text.replace(/[-.() ]/g, "");
	return /^\+?[0-9*#]+$/.test(bare) ? bare : text.trim();
}

function phoneContext(params: readonly string[]): string {
	for (const param of params) {
		const [name = "", value = ""] = param.split("=");
		if (name.trim().toLowerCase() === "phone-context") return withoutSeparators(unescapePercent(value));
	}
	return "";
}

function readExtension(text: string, extensions: Readonly<Record<string, string>>): NumberReading | undefined {
	for (const [pattern, target] of Object.entries(extensions)) {
		const kept = matchPattern(text, pattern);
		if (kept === undefined) continue;
		const digits = [...kept];
		const phoneNumber = target.replace(/x/gi, () => digits.shift() ?? "");
		if (isE164(phoneNumber)) return reading(phoneNumber, true, `extension pattern ${pattern}`);
	}
	return undefined;
}

/** @returns the digits at the pattern's X places, or undefined where it does not match. */
function matchPattern(text: string, pattern: string): string | undefined {
	if (text.length !== pattern.length) return undefined;
	let kept = "";
	for (let i = 0; i < text.length; i++) {
		const wanted = pattern[i]!;
		if (wanted === "X" || wanted === "x") {
			if (!/[0-9]/.test(text[i]!)) return undefined;
			kept += text[i];
		} else if (wanted !== text[i]) return undefined;
	}
	return kept;
}

/** A context that is a domain name says nothing about digits (RFC 3966 §5.1.5), so only `+...` is read. */
function byContext(text: string, context: string): NumberReading[] {
	if (!/^\+[0-9]+$/.test(context)) return [];
	const code = leadingCountryCode(context.slice(1));
	const prefix = code === undefined ? "" : nationalPrefixOf(code);
	const why = `phone-context=${context.slice(0, 16)}`;
	// North America's national prefix is its country code too, and the contract's own example number begins with it:
	// only an eleventh digit tells the prefix from an area code.
	const prefixed = code === "1" ? /^1[0-9]{10}$/.test(text) : text.startsWith(prefix);
	if (code !== undefined && prefix !== "" && prefixed) {
		return [reading(`+${code}${text.slice(prefix.length)}`, true, `${why}, national prefix ${prefix} dropped`)];
	}
	return [reading(`${context}${text}`, true, why)];
}

function byInternationalPrefix(text: string, country: string | undefined): NumberReading[] {
	const known = country === undefined ? undefined : countryDialling(country);
	// 00 is what the ITU recommends and 011 what North America dials; where the country is known, others are guesses
	const prefixes = new Set([...(known?.internationalPrefixes ?? []), "011", "00"]);
	const readings: NumberReading[] = [];
	for (const prefix of prefixes) {
		const rest = text.slice(prefix.length);
		if (!text.startsWith(prefix) || rest.length < NUMBER_LIMITS.nationalDigitsMin) continue;
		const certain = known === undefined || known.internationalPrefixes.includes(prefix);
		readings.push(reading(`+${rest}`, certain, `international prefix ${prefix}`));
		if (certain) break;
	}
	return readings;
}

function byCountry(text: string, country: string | undefined): NumberReading[] {
	const known = country === undefined ? undefined : countryDialling(country);
	if (!known) return [];
	const { countryCode, nationalPrefix } = known;
	if (countryCode === "1") return byNanp(text, country!);
	if (known.internationalPrefixes.some((prefix) => text.startsWith(prefix))) return [];
	const withCode = text.startsWith(countryCode) && text.length >= countryCode.length + 8;
	const asE164 = reading(`+${text}`, withCode, `country code ${countryCode} without +`);
	if (nationalPrefix !== "" && text.startsWith(nationalPrefix)) {
		const national = text.slice(nationalPrefix.length);
		if (national.length < NUMBER_LIMITS.nationalDigitsMin - 1) return [];
		return [reading(`+${countryCode}${national}`, true, `national prefix ${nationalPrefix} of ${country}`)];
	}
	if (text.length < NUMBER_LIMITS.nationalDigitsMin) return [];
	// networks also send the national number without its prefix; where one is customary that is a guess
	const certain = nationalPrefix === "" && !text.startsWith(countryCode);
	const national = reading(`+${countryCode}${text}`, certain, `national number of ${country}`);
	return withCode ? [asE164, national] : [national];
}

/** Ten digits, or eleven with the 1 before them; neither area code nor exchange starts with 0 or 1. */
function byNanp(text: string, country: string): NumberReading[] {
	if (/^1[2-9][0-9]{9}$/.test(text)) return [reading(`+${text}`, true, `11 digits of ${country}`)];
	if (/^[2-9][0-9]{9}$/.test(text)) return [reading(`+1${text}`, true, `10 digits of ${country}`)];
	// the contract's own example, +11234567890, has an area code that no real number has
	if (/^1[0-9]{10}$/.test(text)) return [reading(`+${text}`, false, `11 digits of ${country}`)];
	if (/^[0-9]{10}$/.test(text)) return [reading(`+1${text}`, false, `10 digits of ${country}`)];
	return [];
}
