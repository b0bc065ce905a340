/** From the text of the peers file to peers, or to all that is wrong with it. Pure. */
import { createHash } from "node:crypto";
import { parse as parseToml, TomlError } from "smol-toml";
import type { z } from "zod";
import { type PeerPolicy, rangeKey, readRange } from "../../domain/index.ts";
import { CONFIG_LIMITS } from "../limits.ts";
import { nearest } from "../nearest.ts";
import { lineOf, type TomlPath } from "./lines.ts";
import {
	type CredentialKeys,
	knownKeys,
	type PeerKeys,
	type PeersFile,
	type PolicyKeys,
	peersFileSchema,
	SOURCE_NAMES,
} from "./schema.ts";
import type {
	DigestAlgorithm,
	HashedPassword,
	Peer,
	PeerCredential,
	PeerLimits,
	PeerList,
	PeerProblem,
} from "./types.ts";

export const DEFAULT_REALM = "afterbeep";

/** Offered where a credential says nothing: what phones and trunks have, the stronger one first (RFC 8760 §2.1). */
const ALGORITHMS_DEFAULT: readonly DigestAlgorithm[] = ["SHA-256", "MD5"];

/** Node's names. */
const HASHES = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;

export type PeersReading =
	| { readonly ok: true; readonly list: PeerList }
	| { readonly ok: false; readonly problems: readonly PeerProblem[] };

/** @param policy what holds where neither a peer nor `[defaults]` says otherwise. */
export function readPeers(text: string, policy: PeerPolicy): PeersReading {
	if (text.length > CONFIG_LIMITS.fileBytesMax) {
		return { ok: false, problems: [{ line: 1, why: `larger than ${CONFIG_LIMITS.fileBytesMax / 1024} KiB` }] };
	}
	let table: unknown;
	try {
		table = parseToml(text);
	} catch (error) {
		if (!(error instanceof TomlError)) throw error;
		const why = `${error.message.split("\n")[0]} (column ${error.column})`;
		return { ok: false, problems: [{ line: error.line, why }] };
	}
	const parsed = peersFileSchema.safeParse(table);
	if (!parsed.success) {
		return { ok: false, problems: sorted(parsed.error.issues.flatMap((issue) => problemsOf(issue, text))) };
	}
	const problems = clashes(parsed.data, text);
	if (problems.length > 0) return { ok: false, problems: sorted(problems) };
	return { ok: true, list: listOf(parsed.data, policy) };
}

function sorted(problems: readonly PeerProblem[]): readonly PeerProblem[] {
	return problems.toSorted((a, b) => a.line - b.line);
}

function problemsOf(issue: z.core.$ZodIssue, text: string): PeerProblem[] {
	const path = issue.path as TomlPath;
	const name = path.filter((part) => typeof part === "string").join(".");
	if (issue.code === "unrecognized_keys") {
		return issue.keys.map((key) => {
			const guess = nearest(key, knownKeys(path));
			const hint = guess === undefined ? "remove it" : `did you mean ${guess}?`;
			return { line: lineOf(text, [...path, key]), why: `${[name, key].filter(Boolean).join(".")} is no key; ${hint}` };
		});
	}
	return [{ line: lineOf(text, path), why: name === "" ? issue.message : `${name}: ${issue.message}` }];
}

/** Whatever tells a peer must tell one alone. */
function clashes(file: PeersFile, text: string): readonly PeerProblem[] {
	const problems: PeerProblem[] = [];
	const owners = new Map<string, string>();
	const claim = (peer: string, what: string, shown: string, path: TomlPath): void => {
		const owner = owners.get(what);
		if (owner === undefined) owners.set(what, peer);
		else {
			const whose = owner === peer ? "twice" : `of peer ${owner} already`;
			problems.push({ line: lineOf(text, path), why: `${path.join(".")}: ${shown} is named ${whose}` });
		}
	};
	for (const [name, peer] of Object.entries(file.peers ?? {})) {
		for (const range of peer.addresses ?? [])
			claim(name, `address ${rangeKey(readRange(range)!)}`, range, ["peers", name, "addresses"]);
		for (const one of peer.certificate_names ?? [])
			claim(name, `certificate ${one}`, one, ["peers", name, "certificate_names"]);
		for (const [i, { username }] of (peer.credentials ?? []).entries())
			claim(name, `username ${username}`, `username ${username}`, ["peers", name, "credentials", i]);
	}
	return problems;
}

function listOf(file: PeersFile, base: PeerPolicy): PeerList {
	const realm = file.realm ?? DEFAULT_REALM;
	const defaults = file.defaults ?? {};
	const peers = Object.entries(file.peers ?? {}).map(([name, keys]): Peer => {
		const all = { ...defaults, ...defined(keys) };
		return {
			name,
			addresses: keys.addresses ?? [],
			certificateNames: keys.certificate_names ?? [],
			credentials: (keys.credentials ?? []).map((one) => credentialOf(one, realm)),
			limits: limitsOf(all),
			policy: policyOf(all, base),
		};
	});
	return { realm, peers, others: { limits: limitsOf(defaults), policy: policyOf(defaults, base) } };
}

function defined(keys: PeerKeys): PolicyKeys {
	return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}

function limitsOf(keys: PolicyKeys): PeerLimits {
	return { callsMax: keys.calls_max, callsPerSecondMax: keys.calls_per_second };
}

function policyOf(keys: PolicyKeys, base: PeerPolicy): PeerPolicy {
	return {
		plan: {
			country: keys.country ?? base.plan.country,
			extensions: keys.extensions ?? base.plan.extensions,
			prefixes: keys.prefixes ?? base.plan.prefixes ?? {},
		},
		order: keys.sources?.map((name) => SOURCE_NAMES[name]) ?? base.order,
		diverter: keys.diverter ?? base.diverter,
		assertsIdentity: keys.asserted_identity ?? base.assertsIdentity,
		starLogin: keys.star_login ?? base.starLogin,
		codecs: keys.codecs ?? base.codecs,
		mediaAddresses: keys.media_addresses ?? base.mediaAddresses,
		srtp: keys.srtp ?? base.srtp,
		earlyMedia: keys.early_media ?? base.earlyMedia,
		inbandDtmf: keys.inband_dtmf ?? base.inbandDtmf,
	};
}

/** The password itself is not kept. */
function credentialOf(
	{ username, password, ha1_md5, ha1_sha256, algorithms }: CredentialKeys,
	realm: string,
): PeerCredential {
	if (password === undefined) {
		const given: [DigestAlgorithm, string | undefined][] = [
			["SHA-256", ha1_sha256],
			["MD5", ha1_md5],
		];
		const hashes = Object.fromEntries(given.filter(([, hash]) => hash !== undefined)) as HashedPassword;
		return { username, hashes };
	}
	const pairs = (algorithms ?? ALGORITHMS_DEFAULT).map((algorithm) => {
		const hash = createHash(HASHES[algorithm]).update(`${username}:${realm}:${password}`).digest("hex");
		return [algorithm, hash] as const;
	});
	return { username, hashes: Object.fromEntries(pairs) };
}
