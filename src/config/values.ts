/** How the text of one setting becomes its value. Each says what is wrong in words that name the mend. */
import { isIP } from "node:net";
import path from "node:path";
import { z } from "zod";
import { isE164, LIMITS, readRange } from "../domain/index.ts";
import type { ListenAddress } from "../sip/index.ts";
import { isAdvertisable, type Reading, readHostPort, readListenAddress } from "./addresses.ts";
import { CONFIG_LIMITS } from "./limits.ts";

export type Value<T> = z.ZodType<T, string>;

const text = z.string().trim().max(CONFIG_LIMITS.valueCharsMax, "is longer than 8192 characters");

/** A value read by a function. */
function readBy<T>(read: (text: string) => Reading<T>): Value<T> {
	return text.transform((input, context) => {
		const reading = read(input);
		if (reading.ok) return reading.value;
		context.addIssue({ code: "custom", message: reading.why });
		return z.NEVER;
	});
}

const good = <T>(value: T): Reading<T> => ({ ok: true, value });
const bad = <T>(why: string): Reading<T> => ({ ok: false, why });

function listBy<T>(read: (item: string) => Reading<T>, itemsMin: number): Value<readonly T[]> {
	return readBy((input) => {
		const items = input === "" || input === "none" ? [] : input.split(",").map((item) => item.trim());
		if (items.length > CONFIG_LIMITS.listItemsMax) return bad(`has more than ${CONFIG_LIMITS.listItemsMax} entries`);
		if (items.length < itemsMin) return bad("is empty; give at least one");
		const readings = items.map((item) => (item === "" ? bad<T>("has an empty entry between commas") : read(item)));
		const wrong = readings.flatMap((reading) => (reading.ok ? [] : [reading.why]));
		if (wrong.length > 0) return bad(wrong.join("; "));
		return good(readings.flatMap((reading) => (reading.ok ? [reading.value] : [])));
	});
}

export const anyText = text;

export const yesNo: Value<boolean> = readBy((input) => {
	if (/^(yes|true|on|1)$/i.test(input)) return good(true);
	if (/^(no|false|off|0)$/i.test(input)) return good(false);
	return bad(`"${input}" is neither yes nor no`);
});

export function oneOf<const T extends string>(choices: readonly T[]): Value<T> {
	return readBy((input) => {
		const found = choices.find((choice) => choice === input.toLowerCase());
		return found === undefined ? bad(`"${input}" is none of ${choices.join(", ")}`) : good(found);
	});
}

export function setOf<const T extends string>(choices: readonly T[]): Value<ReadonlySet<T>> {
	const item = (input: string): Reading<T> => {
		const found = choices.find((choice) => choice === input.toLowerCase());
		return found === undefined ? bad(`"${input}" is none of ${choices.join(", ")}`) : good(found);
	};
	return listBy(item, 1).transform((items) => new Set(items));
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number, unit: string): Value<number> {
	return readBy((input) => {
		const number = /^\d{1,9}$/.test(input) ? Number(input) : Number.NaN;
		if (number >= min && number <= max) return good(number);
		return bad(`"${input}" is not a whole number of ${unit} from ${min} to ${max}`);
	});
}

/** Undefined for `off`. */
export function offOr<T>(other: Value<T>): Value<T | undefined> {
	return readBy((input) => {
		if (/^off$/i.test(input)) return good<T | undefined>(undefined);
		const read = other.safeParse(input);
		return read.success ? good(read.data) : bad(`${read.error.issues[0]!.message}, nor off`);
	});
}

/** A number of seconds within bounds; a fraction is allowed. */
export function seconds(min: number, max: number): Value<number> {
	return readBy((input) => {
		const number = /^\d{1,6}(\.\d{1,3})?$/.test(input) ? Number(input) : Number.NaN;
		if (number >= min && number <= max) return good(number);
		return bad(`"${input}" is not a number of seconds from ${min} to ${max}`);
	});
}

export const hostPort = readBy(readHostPort);

export const listenAddresses: Value<readonly ListenAddress[]> = listBy(readListenAddress, 1);

/** Peers that requests of ours are sent to. */
export const nextHops: Value<readonly ListenAddress[]> = listBy(readListenAddress, 0);

/** It stands in quotes, and between colons in what is hashed (RFC 7616 §3.4.2). */
export const realm: Value<string> = readBy((input) =>
	/^[A-Za-z0-9._@ -]{1,64}$/.test(input) ? good(input) : bad(`"${input}" is not 1 to 64 letters, digits, . _ - or @`),
);

export const addressRanges: Value<readonly string[]> = listBy(
	(item) =>
		readRange(item) === undefined
			? bad(`"${item}" is neither an IP address nor a range such as 192.0.2.0/24 or 2001:db8::/32`)
			: good(item),
	0,
);

/** Hosts, or host:port, as they shall stand in Contact and Via. */
export const advertisedHosts: Value<readonly string[]> = listBy(
	(item) =>
		isAdvertisable(item)
			? good(item)
			: bad(`"${item}" is not a host or host:port, such as 203.0.113.7, [2001:db8::7] or 203.0.113.7:5060`),
	1,
);

/** SDP's c= line takes an address; a name would have to be resolved by the peer's media path (RFC 4566 §5.7). */
export const advertisedAddresses: Value<readonly string[]> = listBy<string>((item) => {
	const address = item.replace(/^\[|\]$/g, "");
	return isIP(address) === 0 ? bad(`"${item}" is not an IP address`) : good(address);
}, 1).refine(
	(addresses) => new Set(addresses.map((address) => isIP(address))).size === addresses.length,
	"has two addresses of one family: a call could be told only one",
);

export const portRange: Value<{ readonly from: number; readonly to: number }> = readBy((input) => {
	const match = /^(\d{1,5})-(\d{1,5})$/.exec(input);
	if (match === null) return bad(`"${input}" is not a range of ports such as 20000-29999`);
	const [from, to] = [Number(match[1]), Number(match[2])];
	if (from < CONFIG_LIMITS.rtpPortFloor || to > 65_535) {
		return bad(`${input} leaves ${CONFIG_LIMITS.rtpPortFloor}-65535`);
	}
	if (to - from + 1 < CONFIG_LIMITS.rtpPortsMin) return bad(`${input} is too small: a call takes two ports`);
	return good({ from, to });
});

export const country: Value<string> = readBy((input) => {
	const code = input.toUpperCase();
	const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
	const known = /^[A-Z]{2}$/.test(code) && names.of(code) !== undefined && code !== "ZZ";
	return known ? good(code) : bad(`"${input}" is not a country code of ISO 3166 with two letters, such as US or DE`);
});

export const timeZone: Value<string> = readBy((input) => {
	try {
		return good(new Intl.DateTimeFormat("en", { timeZone: input }).resolvedOptions().timeZone);
	} catch {
		return bad(`"${input}" is not a time zone such as UTC or Europe/Berlin`);
	}
});

export const language: Value<string> = readBy((input) => {
	try {
		const [tag] = Intl.getCanonicalLocales(input);
		return tag === undefined ? bad("is empty") : good(tag);
	} catch {
		return bad(`"${input}" is not a language tag such as en or de-CH`);
	}
});

export function url(protocols: readonly string[], example: string): Value<string> {
	return readBy((input) => {
		const parsed = URL.canParse(input) ? new URL(input) : undefined;
		// The value itself is not repeated: it may hold a password.
		if (parsed === undefined || !protocols.includes(parsed.protocol)) return bad(`is not a URL such as ${example}`);
		return good(input);
	});
}

/** Sockets are named as `postgresql:///db?host=/run/postgresql`, which is no URL to the standard's letter. */
export const databaseUrl: Value<string> = readBy((input) => {
	const asHttp = input.replace(/^postgres(ql)?:\/\//, "http://").replace(/(@|\/\/)(?=\/)/, "$1localhost");
	const fits = /^postgres(ql)?:\/\//.test(input) && URL.canParse(asHttp);
	return fits ? good(input) : bad("is not a URL such as postgresql://user:password@host:5432/afterbeep");
});

export const mailAddress: Value<string> = readBy((input) => {
	const address = /^[^<>]*<([^<>\s]+)>$/.exec(input)?.[1] ?? input;
	const shaped = /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/.test(address) && address.length <= LIMITS.emailCharsMax;
	// A line break here would end the From header and start another one.
	const printable = [...input].every((character) => character >= " " && character !== "\u007f");
	return shaped && printable ? good(input) : bad(`"${input}" is not a mail address such as voicemail@example.com`);
});

export const dialledNumbers: Value<readonly string[]> = listBy(
	(item) => (/^\+?[0-9*#]{1,20}$/.test(item) ? good(item) : bad(`"${item}" is not a number that can be dialled`)),
	1,
);

/** `50/min`; undefined for `off`. */
export const rateLimit: Value<number | undefined> = readBy((input) => {
	if (/^off$/i.test(input)) return good(undefined);
	const number = Number(/^(\d{1,9})\s*\/\s*min(ute)?$/i.exec(input)?.[1] ?? Number.NaN);
	if (number >= 1 && number <= CONFIG_LIMITS.ratePerMinuteMax) return good(number);
	return bad(`"${input}" is neither off nor a rate such as 50/min`);
});

/** `10XX=+1555000XX,2XXX=+15551002XXX`: as many X on the right as on the left. */
export const extensions: Value<Readonly<Record<string, string>>> = listBy<readonly [string, string]>((item) => {
	const [dialled, number, ...more] = item.split("=").map((part) => part.trim().toUpperCase());
	if (dialled === undefined || number === undefined || more.length > 0 || !/^[0-9]*X*$/.test(dialled)) {
		return bad(`"${item}" is not of the form 10XX=+1555000XX`);
	}
	const count = (pattern: string): number => pattern.split("X").length - 1;
	if (dialled === "" || !/^\+[0-9]+X*$/.test(number) || !isE164(number.replaceAll("X", "0"))) {
		return bad(`"${item}" does not lead to a number such as +1555000XX`);
	}
	return count(dialled) === count(number) ? good([dialled, number]) : bad(`"${item}" has not as many X on both sides`);
}, 0).transform((pairs) => Object.fromEntries(pairs));

/** Absolute path. */
export function filePath(workingFolder: string): Value<string> {
	return readBy((input) => (input === "" ? bad("is empty") : good(path.resolve(workingFolder, input))));
}

/** `file:` with a path. */
export function blobStore(workingFolder: string): Value<string> {
	return readBy((input) => {
		if (input.startsWith("s3:"))
			return bad("S3 is not offered yet; use file:/path, on a shared file system for several nodes");
		const folder = /^file:(?:\/\/(?=\/))?(.+)$/.exec(input)?.[1];
		if (folder === undefined) return bad(`"${input}" is not of the form file:/var/lib/afterbeep/blobs`);
		return good(`file:${path.resolve(workingFolder, folder)}`);
	});
}

export const accountKey: Value<string> = readBy((input) =>
	/^[!-~]+$/.test(input) && input.length <= LIMITS.idCharsMax
		? good(input)
		: bad("is not 1 to 100 printable characters without spaces"),
);

export const accountSecret: Value<string> = readBy((input) =>
	/^[!-~]+$/.test(input) && input.length >= CONFIG_LIMITS.secretCharsMin && input.length <= CONFIG_LIMITS.secretCharsMax
		? good(input)
		: bad(
				`is not ${CONFIG_LIMITS.secretCharsMin} to ${CONFIG_LIMITS.secretCharsMax} printable characters without spaces`,
			),
);
