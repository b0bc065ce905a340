import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadPeers, type PeerList, type PeerProblem, peerDirectory, readPeers } from "../../../src/config/index.ts";
import { Failure } from "../../../src/domain/index.ts";
import { POLICY } from "../../support/calls/fake-sip.ts";

function good(text: string): PeerList {
	const reading = readPeers(text, POLICY);
	if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
	return reading.list;
}

function problems(text: string): readonly PeerProblem[] {
	const reading = readPeers(text, POLICY);
	return reading.ok ? [] : reading.problems;
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const md5 = (text: string) => createHash("md5").update(text).digest("hex");

describe("a good peers file", () => {
	test("the example of the documentation is one", () => {
		const file = fileURLToPath(new URL("../../../docs/peers.example.toml", import.meta.url));
		const { realm, peers, others } = good(readFileSync(file, "utf8"));
		expect(realm).toBe("voicemail.example.com");
		expect(peers.map((peer) => peer.name)).toEqual(["core", "berlin", "sbc", "trunk"]);
		const [core, berlin, , trunk] = peers;
		expect(core!.limits).toEqual({ callsMax: 1500, callsPerSecondMax: 200 });
		expect(core!.policy).toMatchObject({ assertsIdentity: true, codecs: ["PCMA", "PCMU"], diverter: "original" });
		expect(berlin!.policy.plan).toEqual({
			country: "DE",
			prefixes: { 0: "" },
			extensions: { "10XX": "+4930555000XX" },
		});
		expect(berlin!.policy.order).toEqual(["Diversion", "RequestUri"]);
		expect(others.policy).toMatchObject({ assertsIdentity: false, plan: { country: "US" } });
		expect(trunk!.credentials.map(({ username, hashes }) => [username, Object.keys(hashes)])).toEqual([
			["trunk-1", ["SHA-256", "MD5"]],
			["trunk-2", ["SHA-256"]],
		]);
	});

	test("what neither the peer nor the defaults say is as the settings have it", () => {
		const { peers, others } = good(
			'[defaults]\nsrtp = "optional"\n[peers.a]\naddresses = ["10.0.0.1"]\nstar_login = true',
		);
		expect(peers[0]!.policy).toEqual({
			...POLICY,
			plan: { ...POLICY.plan, prefixes: {} },
			srtp: "optional",
			starLogin: true,
		});
		expect(others.policy).toMatchObject({ srtp: "optional", starLogin: false });
	});

	test("of a password only its hashes are kept, those that it may be checked by", () => {
		const { peers } = good(`realm = "here"
[peers.a]
credentials = [
	{ username = "u", password = "p" },
	{ username = "v", password = "p", algorithms = ["sha-512-256"] },
	{ username = "w", ha1_md5 = "${md5("w:here:p").toUpperCase()}" },
]`);
		const [u, v, w] = peers[0]!.credentials;
		expect(u).toEqual({ username: "u", hashes: { "SHA-256": sha256("u:here:p"), MD5: md5("u:here:p") } });
		expect(Object.keys(v!.hashes)).toEqual(["SHA-512-256"]);
		expect(w!.hashes).toEqual({ MD5: md5("w:here:p") });
	});

	test("an empty one names nobody", () => {
		expect(good("")).toEqual({
			realm: "afterbeep",
			peers: [],
			others: {
				policy: { ...POLICY, plan: { ...POLICY.plan, prefixes: {} } },
				limits: { callsMax: undefined, callsPerSecondMax: undefined },
			},
		});
	});
});

describe("a bad peers file is refused with the line and the reason of each fault", () => {
	const peer = '[peers.a]\naddresses = ["10.0.0.1"]\n';

	test.each<[string, number, RegExp]>([
		["[peers.a]\naddresses = [\n", 3, /column/],
		["[peers.a]\n\ncountry = 'DE'", 1, /^peers\.a: nothing tells whom it means: give addresses/],
		["[peers.a]\naddresses = []", 1, /nothing tells whom/],
		["[peers.a]\naddresses = [\n'10.0.0.1',\n'10.0.0.256']", 2, /"10\.0\.0\.256" is neither an IP address/],
		[`${peer}adresses = []`, 3, /^peers\.a\.adresses is no key; did you mean addresses\?/],
		["realms = 'x'", 1, /^realms is no key; did you mean realm\?/],
		["[default]\n", 1, /^default is no key; did you mean defaults\?/],
		["[defaults]\naddresses = []", 2, /^defaults\.addresses is no key/],
		[`${peer}country = "Germany"`, 3, /ISO 3166/],
		[`${peer}codecs = ["opus", "OPUS"]`, 3, /twice/],
		[`${peer}codecs = []`, 3, /is empty/],
		[`${peer}codecs = ["amr"]`, 3, /"amr" is none of opus, G722, PCMA, PCMU/],
		[`${peer}sources = ["from"]`, 3, /"from" is none of target, history-info/],
		[`${peer}sources = []`, 3, /no call would find a mailbox/],
		[`${peer}srtp = true`, 3, /^peers\.a\.srtp: is no text in quotes/],
		[`${peer}star_login = "yes"`, 3, /neither true nor false/],
		[`${peer}calls_max = 0`, 3, /no whole number of calls from 1/],
		[`${peer}calls_per_second = 1.5`, 3, /no whole number/],
		[`${peer}prefixes = { "x" = "" }`, 3, /only digits/],
		[`${peer}extensions = { "10XX" = "+1555000X" }`, 3, /as many X/],
		[`${peer}media_addresses = ["pbx.example.com"]`, 3, /neither an IP address/],
		[`${peer}certificate_names = ["*.example.com"]`, 3, /is no name such as/],
		['[peers."a b"]\naddresses = ["10.0.0.1"]', 1, /is no name of 1 to 63/],
		["peers = 3", 1, /is no table/],
		[`${peer}[peers.b]\naddresses = ["10.0.0.1/32"]`, 4, /10\.0\.0\.1\/32 is named of peer a already/],
		["[peers.a]\naddresses = ['::1', '0::1']", 2, /named twice/],
	])("%j", (text, line, why) => {
		const found = problems(text);
		expect(found).toHaveLength(1);
		expect(found[0]!.line).toBe(line);
		expect(found[0]!.why).toMatch(why);
	});

	test.each<[string, RegExp]>([
		["username = 'u'", /needs a password/],
		["password = 'p'", /username: is missing/],
		["username = 'u'\npassword = 'p'\nha1_md5 = '00000000000000000000000000000000'", /not both/],
		["username = 'u'\nha1_sha256 = '00'", /64 hexadecimal digits/],
		["username = 'u:v'\npassword = 'p'", /may not hold/],
		["username = 'u'\npassword = 'p'\nalgorithms = ['SHA-1']", /none of SHA-512-256, SHA-256, MD5/],
		["username = 'u'\npassword = 'p'\nsecret = 'x'", /secret is no key/],
	])("credential %j", (keys, why) => {
		const found = problems(`[[peers.a.credentials]]\n${keys}`);
		expect(found).toHaveLength(1);
		expect(found[0]!.why).toMatch(why);
	});

	test("a user name belongs to one peer", () => {
		const credential = "username = 'u'\npassword = 'p'";
		const text = `[[peers.a.credentials]]\n${credential}\n[[peers.b.credentials]]\n${credential}`;
		expect(problems(text)).toEqual([{ line: 4, why: "peers.b.credentials.0: username u is named of peer a already" }]);
	});

	test("all faults are told at once, in the order of their lines", () => {
		const found = problems(
			"[peers.a]\naddresses = ['x']\nfoo = 1\n[peers.b]\ncodecs = ['y']\naddresses = ['10.0.0.1']",
		);
		expect(found.map(({ line }) => line)).toEqual([2, 3, 5]);
	});

	test("no fault repeats a password, and no text makes the reader throw", () => {
		const word = fc.constantFrom(
			"[peers.a]",
			"[[peers.a.credentials]]",
			"\n",
			"password = 'hunter22'",
			"=",
			"username",
			"]",
			"{",
			"'",
		);
		fc.assert(
			fc.property(fc.array(word, { maxLength: 12 }), (words) => {
				expect(JSON.stringify(problems(words.join(" ")))).not.toContain("hunter22");
			}),
		);
	});

	test("the error of the program names the file, the lines and the mend; a file that is absent is told too", () => {
		const load = (text: string | undefined) => {
			try {
				loadPeers("/etc/peers.toml", POLICY, () => text);
			} catch (error) {
				return error instanceof Failure ? `${error.code}: ${error.message}\n${error.mend}` : "";
			}
			return "";
		};
		expect(load("\nfoo = 1")).toMatch(
			/^configInvalid: .*\n {2}- \/etc\/peers\.toml, line 2: foo is no key.*\n.*peers check/,
		);
		expect(load(undefined)).toMatch(/does not exist\n.*AFTERBEEP_SIP_PEERS/);
		expect(load("")).toBe("");
	});
});

describe("whom a message comes from", () => {
	const list = good(`
[peers.site]
addresses = ["10.0.0.0/8", "2001:db8::/32"]
[peers.pbx]
addresses = ["10.1.2.3"]
[peers.sbc]
certificate_names = ["SBC.example.net"]
[[peers.trunk.credentials]]
username = "u"
password = "p"
algorithms = ["MD5"]
[[peers.trunk.credentials]]
username = "v"
password = "p"
algorithms = ["SHA-512-256", "SHA-256"]
`);
	const { of, users } = peerDirectory(list, ["10.1.0.0/16", "10.1.2.3", "127.0.0.1"]);

	test.each([
		["10.9.9.9", "site"],
		["::ffff:10.9.9.9", "site"],
		["2001:db8:1::1", "site"],
		["10.1.9.9", "trusted"],
		["10.1.2.3", "pbx"],
		["127.0.0.1", "trusted"],
		["192.0.2.1", undefined],
	])("%s is %s", (address, name) => {
		expect(of({ address })?.name).toBe(name);
	});

	test("a verified certificate says more than an address", () => {
		expect(of({ address: "10.9.9.9", certificateNames: ["other.example.net", "sbc.example.net"] })?.name).toBe("sbc");
		expect(of({ address: "10.9.9.9", certificateNames: ["other.example.net"] })?.name).toBe("site");
		expect(of({ address: "192.0.2.1", certificateNames: [] })).toBeUndefined();
	});

	test("users are found by name; offered is every algorithm that one of them has, strongest first", () => {
		expect(users.find("u")?.peer.name).toBe("trunk");
		expect(users.find("U")).toBeUndefined();
		expect(users.algorithms).toEqual(["SHA-512-256", "SHA-256", "MD5"]);
		expect(peerDirectory(good(""), []).users.algorithms).toEqual([]);
	});
});
