import { HTTP_LIMITS } from "../limits.ts";

/** One and the same JSON text under three names (contract 1.2); the first is the default. */
export const ANSWER_TYPES = ["application/json", "text/json", "text/plain"] as const;
export type AnswerType = (typeof ANSWER_TYPES)[number];

/**
 * The type the client likes best of those we have (RFC 9110 §12.5.1). Where it likes none, JSON all the same: an
 * answer in an unasked type helps more than 406 without one.
 */
export function answerType(accept: string | undefined): AnswerType {
	if (accept === undefined) return "application/json";
	const ranges = accept.split(",", HTTP_LIMITS.acceptRangesMax).map(parseRange);
	let best: AnswerType = "application/json";
	let bestQuality = 0;
	for (const type of ANSWER_TYPES) {
		const quality = qualityOf(type, ranges);
		if (quality > bestQuality) {
			best = type;
			bestQuality = quality;
		}
	}
	return best;
}

interface MediaRange {
	readonly range: string;
	readonly quality: number;
}

function parseRange(text: string): MediaRange {
	const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
	const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
	if (weight === undefined) return { range, quality: 1 };
	const quality = Number(weight.slice(weight.indexOf("=") + 1));
	return { range, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range that matches decides, not the highest weight (RFC 9110 §12.5.1). */
function qualityOf(type: AnswerType, ranges: readonly MediaRange[]): number {
	const family = `${type.slice(0, type.indexOf("/"))}/*`;
	for (const wanted of [type, family, "*/*"]) {
		const match = ranges.find(({ range }) => range === wanted);
		if (match !== undefined) return match.quality;
	}
	return 0;
}
