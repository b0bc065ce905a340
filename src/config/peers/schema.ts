/** What may stand in the peers file, and what is wrong with what stands there. */
import { z } from "zod";
import {
	CODEC_NAMES,
	type CodecName,
	DIVERTERS,
	type MailboxSource,
	readRange,
	SRTP_MODES,
} from "../../domain/index.ts";
import { CONFIG_LIMITS as BOUNDS } from "../limits.ts";
import * as value from "../values.ts";
import { DIGEST_ALGORITHMS } from "./types.ts";

/** As they stand in the file, by the names of their header fields. */
export const SOURCE_NAMES = {
	target: "Target",
	"history-info": "HistoryInfo",
	diversion: "Diversion",
	"request-uri": "RequestUri",
	"p-called-party-id": "CalledParty",
	to: "To",
} as const satisfies Record<string, MailboxSource>;

const text = z
	.string({ error: ({ input }) => (input === undefined ? "is missing" : "is no text in quotes") })
	.max(BOUNDS.valueCharsMax, "is too long");
const yesNo = z.boolean({ error: "is neither true nor false" });

function list<T extends z.ZodType>(item: T) {
	return z.array(item, { error: 'is no list, such as ["..."]' }).max(BOUNDS.listItemsMax, "has too many entries");
}

function choice<const T extends string>(choices: readonly T[]) {
	return text.transform((given, context): T => {
		const found = choices.find((one) => one.toLowerCase() === given.toLowerCase());
		if (found !== undefined) return found;
		context.addIssue({ code: "custom", message: `"${given}" is none of ${choices.join(", ")}` });
		return z.NEVER;
	});
}

function whole(max: number, unit: string) {
	const message = `is no whole number of ${unit} from 1 to ${max}`;
	return z.number({ error: message }).int(message).min(1, message).max(max, message);
}

function distinct<T>(items: readonly T[]): boolean {
	return new Set(items).size === items.length;
}

const range = text.refine((given) => readRange(given) !== undefined, {
	error: ({ input }) => `"${String(input)}" is neither an IP address nor a range such as 192.0.2.0/24 or 2001:db8::/32`,
});

const certificateName = text
	.transform((name) => name.toLowerCase())
	.refine((name) => /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name), "is no name such as sbc.example.com");

/** `{ "9" = "", "0" = "+49" }` */
const prefixes = z
	.record(z.string(), text, { error: 'is no table, such as { "0" = "+49" }' })
	.superRefine((table, context) => {
		for (const [prefix, instead] of Object.entries(table)) {
			if (/^\+?[0-9*#]{0,20}$/.test(prefix) && /^\+?[0-9*#]{0,20}$/.test(instead)) continue;
			const message = `"${prefix}" = "${instead}": only digits, *, # and a leading + stand in prefixes`;
			context.addIssue({ code: "custom", message, path: [prefix] });
		}
	});

const extensions = z
	.record(z.string(), text, { error: 'is no table, such as { "10XX" = "+1555000XX" }' })
	.transform((table, context) => {
		const pairs = Object.entries(table).map(([dialled, number]) => `${dialled}=${number}`);
		const read = value.extensions.safeParse(pairs.join(","));
		if (read.success) return read.data;
		context.addIssue({ code: "custom", message: read.error.issues.map((issue) => issue.message).join("; ") });
		return z.NEVER;
	});

const country = text.transform((given, context) => {
	const read = value.country.safeParse(given);
	if (read.success) return read.data;
	context.addIssue({ code: "custom", message: read.error.issues[0]!.message });
	return z.NEVER;
});

const codecs = list(choice<CodecName>(CODEC_NAMES)).min(1, "is empty").refine(distinct, "names a codec twice");

const sources = list(choice(Object.keys(SOURCE_NAMES) as (keyof typeof SOURCE_NAMES)[]))
	.min(1, "is empty: no call would find a mailbox")
	.refine(distinct, "names a source twice");

/** What `[defaults]` may say for all peers. */
const policyKeys = {
	country: country.optional(),
	prefixes: prefixes.optional(),
	extensions: extensions.optional(),
	sources: sources.optional(),
	diverter: choice(DIVERTERS).optional(),
	asserted_identity: yesNo.optional(),
	star_login: yesNo.optional(),
	codecs: codecs.optional(),
	media_addresses: list(range).optional(),
	srtp: choice(SRTP_MODES).optional(),
	early_media: yesNo.optional(),
	inband_dtmf: yesNo.optional(),
	calls_max: whole(BOUNDS.callsMax, "calls").optional(),
	calls_per_second: whole(BOUNDS.callsPerSecondMax, "calls").optional(),
};

// A quote or a line break in a name could not be told from the end of it in what clients send.
const username = text
	.min(1, "is empty")
	.max(BOUNDS.usernameCharsMax, "is too long")
	.regex(/^[^"\\:\p{Cc}]+$/u, 'may not hold ", \\, : or control characters');
const password = text.min(1, "is empty").max(BOUNDS.secretCharsMax, "is too long");

function hash(algorithm: string, digits: number) {
	const message = `is no ${algorithm} of username:realm:password in ${digits} hexadecimal digits`;
	return text.toLowerCase().refine((given) => /^[0-9a-f]+$/.test(given) && given.length === digits, message);
}

const credential = z
	.strictObject({
		username,
		password: password.optional(),
		ha1_md5: hash("MD5", 32).optional(),
		ha1_sha256: hash("SHA-256", 64).optional(),
		algorithms: list(choice(DIGEST_ALGORITHMS)).min(1, "is empty").optional(),
	})
	.superRefine(({ password, ha1_md5, ha1_sha256, algorithms }, context) => {
		const hashed = ha1_md5 !== undefined || ha1_sha256 !== undefined;
		if ((password !== undefined) === hashed) {
			const message = "a credential needs a password, or ha1_md5 and ha1_sha256 in its place, and not both";
			context.addIssue({ code: "custom", message });
		}
		if (hashed && algorithms !== undefined) {
			const message = "algorithms follow from the hashes: leave it out, or give the password";
			context.addIssue({ code: "custom", message, path: ["algorithms"] });
		}
	});

const peer = z
	.strictObject({
		...policyKeys,
		addresses: list(range).optional(),
		certificate_names: list(certificateName).optional(),
		credentials: list(credential).optional(),
	})
	.superRefine((given, context) => {
		const ways = [given.addresses, given.certificate_names, given.credentials];
		if (ways.some((way) => way !== undefined && way.length > 0)) return;
		const message = "nothing tells whom it means: give addresses, certificate_names or credentials";
		context.addIssue({ code: "custom", message });
	});

const peerName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

export const peersFileSchema = z.strictObject({
	realm: text.regex(/^[ !#-[\]-~]{1,100}$/, 'is not 1 to 100 characters of ASCII without " and \\').optional(),
	defaults: z.strictObject(policyKeys, { error: "is no table" }).optional(),
	peers: z
		.record(z.string(), peer, { error: "is no table: write [peers.NAME]" })
		.superRefine((peers, context) => {
			for (const name of Object.keys(peers)) {
				if (peerName.test(name)) continue;
				const message = `"${name}" is no name of 1 to 63 letters, digits, - and _`;
				context.addIssue({ code: "custom", message, path: [name] });
			}
		})
		.optional(),
});

/** Keys that are known at a place of the file, for what was probably meant. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
	if (path.length === 0) return Object.keys(peersFileSchema.shape);
	if (path[0] === "defaults") return Object.keys(policyKeys);
	return Object.keys(path.includes("credentials") ? credential.shape : peer.shape);
}

export type PeersFile = z.output<typeof peersFileSchema>;
export type PolicyKeys = NonNullable<PeersFile["defaults"]>;
export type PeerKeys = NonNullable<PeersFile["peers"]>[string];
export type CredentialKeys = NonNullable<PeerKeys["credentials"]>[number];
