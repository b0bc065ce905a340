/** How numbers, telephone numbers, dates and times are spoken in American English. Pure. */
import type { SpokenLanguage } from "./language.ts";
import { digitGroups } from "./phone-groups.ts";
import type { MessagePlace, PromptId, Speech, SpeechItem } from "./types.ts";
import { dayDistance, type LocalMoment, localMoment } from "./zoned-time.ts";

const COUNT_MAX = 999_999;
/** Between the groups of a telephone number: heard as a comma, short enough for an 11-digit greeting within 7 s. */
const GROUP_PAUSE_MS = 110;
/** Between two statements. */
const STATEMENT_PAUSE_MS = 250;

const prompt = (id: PromptId): SpeechItem => ({ prompt: id });
const pause = (pauseMs: number): SpeechItem => ({ pauseMs });

function sayCount(n: number): Speech {
	if (!Number.isSafeInteger(n) || n < 0 || n > COUNT_MAX) throw new RangeError(`not a count to be spoken: ${n}`);
	return countIds(n).map(prompt);
}

function countIds(n: number): PromptId[] {
	if (n < 60 || (n < 100 && n % 10 === 0)) return [`number-${n}` as PromptId];
	if (n < 100) return [...countIds(n - (n % 10)), ...countIds(n % 10)];
	const [unit, word]: [number, PromptId] = n < 1000 ? [100, "hundred"] : [1000, "thousand"];
	return [...countIds(Math.floor(n / unit)), word, ...(n % unit === 0 ? [] : countIds(n % unit))];
}

function sayPhoneNumber(number: string, options: { readonly plus?: boolean } = {}): Speech {
	const groups = digitGroups(number);
	const items: SpeechItem[] = options.plus === true && number.startsWith("+") ? [prompt("plus")] : [];
	for (const [i, group] of groups.entries()) {
		if (i > 0) items.push(pause(GROUP_PAUSE_MS));
		for (const [j, digit] of [...group].entries()) {
			const last = i === groups.length - 1 && j === group.length - 1;
			items.push(prompt((last ? `digit-${digit}-last` : `digit-${digit}`) as PromptId));
		}
	}
	return items;
}

function sayCaller(from: string | null): Speech {
	if (from === null) return [prompt("caller-withheld")];
	const digits = sayPhoneNumber(from);
	return digits.length === 0 ? [prompt("caller-unknown")] : [prompt("from"), ...digits];
}

function sayDateTime(moment: Date, now: Date, timeZone: string): Speech {
	const then = localMoment(moment, timeZone);
	return [...day(then, localMoment(now, timeZone)), prompt("at"), ...timeOfDay(then)];
}

/** A weekday alone means one of the last six days; a date in another year is told with its year. */
function day(then: LocalMoment, today: LocalMoment): Speech {
	const daysAgo = dayDistance(then, today);
	if (daysAgo === 0) return [prompt("today")];
	if (daysAgo === 1) return [prompt("yesterday")];
	if (daysAgo > 1 && daysAgo < 7) return [prompt("on"), prompt(`weekday-${then.weekday}` as PromptId)];
	const date = [prompt("on"), prompt(`month-${then.month}` as PromptId), prompt(`day-${then.day}` as PromptId)];
	return then.year === today.year ? date : [...date, pause(GROUP_PAUSE_MS), ...year(then.year)];
}

/** 1999 nineteen ninety-nine, 2005 two thousand five, 2026 twenty twenty-six, 2100 twenty-one hundred. */
function year(value: number): Speech {
	const rest = value % 100;
	if (value < 1000 || value > 9999 || (value % 1000 < 10 && value >= 2000)) return sayCount(value);
	const century = sayCount(Math.floor(value / 100));
	if (rest === 0) return [...century, prompt("hundred")];
	return [...century, ...(rest < 10 ? [prompt(`minute-0${rest}` as PromptId)] : sayCount(rest))];
}

function timeOfDay({ hour, minute }: LocalMoment): Speech {
	if (minute === 0 && hour === 0) return [prompt("midnight")];
	if (minute === 0 && hour === 12) return [prompt("noon")];
	const items: SpeechItem[] = [...sayCount(hour % 12 === 0 ? 12 : hour % 12)];
	if (minute === 0) items.push(prompt("oclock"));
	else if (minute < 10) items.push(prompt(`minute-0${minute}` as PromptId));
	else items.push(...sayCount(minute));
	return [...items, prompt(hour < 12 ? "am" : "pm")];
}

function sayMessageCounts(newCount: number, savedCount: number): Speech {
	if (newCount === 0 && savedCount === 0) return [prompt("no-messages")];
	const saved = [...sayCount(savedCount), prompt(savedCount === 1 ? "saved-message" : "saved-messages")];
	if (newCount === 0) return [prompt("you-have"), ...saved];
	const one = newCount === 1;
	const items = [prompt("you-have"), ...sayCount(newCount)];
	if (savedCount === 0) return [...items, prompt(one ? "new-message" : "new-messages")];
	return [...items, prompt(one ? "new-message-and" : "new-messages-and"), ...saved];
}

function sayMessagePlace(place: MessagePlace, isNew: boolean): Speech {
	if (place === "previous") return [prompt("previous-message")];
	return [prompt(`${place}-${isNew ? "new" : "saved"}-message`)];
}

function sayEnvelope(message: { from: string | null; receivedOn: Date }, now: Date, timeZone: string): Speech {
	return [
		prompt("received"),
		...sayDateTime(message.receivedOn, now, timeZone),
		pause(GROUP_PAUSE_MS),
		...sayCaller(message.from),
		pause(STATEMENT_PAUSE_MS),
	];
}

export const english: SpokenLanguage = {
	language: "en",
	sayCount,
	sayPhoneNumber,
	sayCaller,
	sayDateTime,
	sayMessageCounts,
	sayMessagePlace,
	sayEnvelope,
	greetings: (phoneNumber, name) => {
		const reached = phoneNumber === undefined ? [] : [prompt("greeting-reached"), ...sayPhoneNumber(phoneNumber)];
		const leave = prompt("greeting-leave-message");
		return [
			...(name === undefined ? [] : [[{ audio: name }, prompt("greeting-not-available")]]),
			...(phoneNumber === undefined
				? []
				: [
						[...reached, pause(STATEMENT_PAUSE_MS), leave],
						[...reached, pause(STATEMENT_PAUSE_MS)],
					]),
			[leave],
		];
	},
};
