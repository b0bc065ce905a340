import { describe, expect, test } from "vitest";
import { type ConfigSources, flagName, loadConfig, SETTING_KEYS, SETTINGS, tomlKey } from "../../src/config/index.ts";
import { Failure } from "../../src/domain/index.ts";

function sources(given: Partial<ConfigSources> & { file?: string } = {}): ConfigSources {
	const { file, ...rest } = given;
	const readFile = (path: string): string | undefined => (path === "/srv/data/afterbeep.toml" ? file : undefined);
	return { flags: {}, env: {}, workingFolder: "/srv", ownAddresses: [], readFile, ...rest };
}

function problemsOf(given: Partial<ConfigSources> & { file?: string }): string {
	try {
		loadConfig(sources(given));
	} catch (error) {
		if (error instanceof Failure && error.code === "configInvalid") return error.message;
		throw error;
	}
	return "";
}

describe("Sources of settings", () => {
	test("with nothing set, the defaults of the design hold", () => {
		const { config, inForce } = loadConfig(sources());
		expect(config).toMatchObject({
			dataFolder: "/srv/data",
			http: { host: "127.0.0.1", port: 8080 },
			sip: [
				{ transport: "udp", host: "127.0.0.1", port: 5060 },
				{ transport: "tcp", host: "127.0.0.1", port: 5060 },
			],
			rtpPorts: { from: 20_000, to: 29_999 },
			sipPeers: ["127.0.0.1", "::1"],
			blobs: "file:/srv/data/blobs",
			mailFrom: "voicemail@localhost",
			publicUrl: "http://127.0.0.1:8080",
			timeZone: "UTC",
			language: "en",
			accessNumbers: ["*86"],
			rateLimitPerMinute: 50,
			filteredCalls: "message",
			drainSeconds: 60,
			logLevel: "info",
			greetingSecondsMax: 7,
		});
		expect([...config.roles]).toEqual(["api", "sip", "worker"]);
		expect(inForce.every((setting) => setting.origin === "default")).toBe(true);
	});

	test("the command line goes before the environment, the environment before the file", () => {
		const file = `time_zone = "Europe/Berlin"\nlanguage = "de"\ncountry = "de"\n`;
		const env = { AFTERBEEP_TIME_ZONE: "Asia/Tokyo", AFTERBEEP_LANGUAGE: "ja" };
		const { config, inForce } = loadConfig(sources({ file, env, flags: { "time-zone": "America/Denver" } }));
		expect([config.timeZone, config.language, config.country]).toEqual(["America/Denver", "ja", "DE"]);
		const origin = (variable: string) => inForce.find((setting) => setting.variable === variable)?.setBy;
		expect(origin("AFTERBEEP_TIME_ZONE")).toBe("--time-zone");
		expect(origin("AFTERBEEP_LANGUAGE")).toBe("AFTERBEEP_LANGUAGE");
		expect(origin("AFTERBEEP_COUNTRY")).toBe("country in afterbeep.toml");
	});

	test("the file is looked for in the data folder that the command line names", () => {
		const readFile = (path: string) => (path === "/elsewhere/afterbeep.toml" ? `country = "CH"` : undefined);
		const { config } = loadConfig(sources({ readFile, flags: { data: "/elsewhere" } }));
		expect(config.country).toBe("CH");
	});

	test("TOML's numbers, booleans, lists and tables stand for their texts", () => {
		const file = [
			`sip_peers = ["10.0.0.1", "192.0.2.0/24"]`,
			"greeting_seconds_max = 5.5",
			"http_plain = true",
			"[extensions]",
			`"10XX" = "+1555000XX"`,
		].join("\n");
		const { config } = loadConfig(sources({ file }));
		expect(config.sipPeers).toEqual(["10.0.0.1", "192.0.2.0/24"]);
		expect(config.greetingSecondsMax).toBe(5.5);
		expect(config.httpPlain).toBe(true);
		expect(config.extensions).toEqual({ "10XX": "+1555000XX" });
	});

	test("an empty variable is one that is not set", () => {
		expect(loadConfig(sources({ env: { AFTERBEEP_COUNTRY: "", DATABASE_URL: "" } })).config.country).toBeUndefined();
	});

	test("names of variables, flags and keys are unique", () => {
		for (const names of [
			SETTING_KEYS.map((key) => SETTINGS[key].variable),
			SETTING_KEYS.map(tomlKey),
			SETTING_KEYS.map((key) => flagName(key) ?? key),
		]) {
			expect(new Set(names).size).toBe(SETTING_KEYS.length);
		}
	});
});

test("several listen addresses, each with what it advertises, and TLS", () => {
	const env = {
		AFTERBEEP_SIP:
			"udp:10.0.0.5:5060 advertise 203.0.113.7, tls:[::1]:5061 advertise [2001:db8::7]:5063,tcp:127.0.0.1:5060",
		AFTERBEEP_SIP_PEERS: "10.0.0.0/8",
		AFTERBEEP_SIP_ADVERTISE: "198.51.100.1:5070, 2001:db8::8",
		AFTERBEEP_RTP_ADVERTISE: "198.51.100.1,[2001:db8::8]",
		AFTERBEEP_SIP_TLS_CERT: "tls/cert.pem",
		AFTERBEEP_SIP_TLS_KEY: "/etc/key.pem",
		AFTERBEEP_SIP_TLS_CLIENTS: "optional",
	};
	const { config } = loadConfig(sources({ env }));
	expect(config).toMatchObject({
		sip: [
			{ transport: "udp", host: "10.0.0.5", port: 5060, advertise: "203.0.113.7" },
			{ transport: "tls", host: "::1", port: 5061, advertise: "[2001:db8::7]:5063" },
			{ transport: "tcp", host: "127.0.0.1", port: 5060 },
		],
		sipAdvertise: ["198.51.100.1:5070", "2001:db8::8"],
		rtpAdvertise: ["198.51.100.1", "2001:db8::8"],
		sipTlsCert: "/srv/tls/cert.pem",
		sipTlsKey: "/etc/key.pem",
		sipTlsCa: undefined,
		sipTlsClients: "optional",
	});
});

describe("Bad settings", () => {
	test.each([
		["AFTERBEEP_ROLES", "api,spi", `"spi" is none of api, sip, worker`],
		["AFTERBEEP_HTTP", "8080", `"8080" is not host:port`],
		["AFTERBEEP_HTTP", "example.com:80", `"example.com" is not an IP address`],
		["AFTERBEEP_HTTP", "127.0.0.1:99999", "above 65535"],
		["AFTERBEEP_SIP", "sctp:127.0.0.1:5060", "does not start with udp:, tcp: or tls:"],
		["AFTERBEEP_SIP", "tls:127.0.0.1:5061", "AFTERBEEP_SIP_TLS_CERT=<file>"],
		["AFTERBEEP_SIP", "udp:127.0.0.1:5060 advertise two words", "does not advertise a host"],
		["AFTERBEEP_SIP", "udp:127.0.0.1:5060 advertise a advertise b", "more than one host"],
		["AFTERBEEP_SIP", "udp:127.0.0.1:5060 advertise sip.example.net:5060", "AFTERBEEP_RTP_ADVERTISE=<its address>"],
		["AFTERBEEP_SIP_TLS_CERT", "cert.pem", "AFTERBEEP_SIP_TLS_KEY belong together"],
		["AFTERBEEP_SIP_TLS_CLIENTS", "maybe", "none of none, optional, required"],
		["AFTERBEEP_SIP_ADVERTISE", "sip.example.net", "AFTERBEEP_RTP_ADVERTISE=<its address>"],
		["AFTERBEEP_RTP_ADVERTISE", "192.0.2.1,192.0.2.2", "two addresses of one family"],
		["AFTERBEEP_SIP", "", ""],
		["AFTERBEEP_SIP_PEERS", "10.0.0.0/33", "neither an IP address nor a range"],
		["AFTERBEEP_SIP_PEERS", "10.0.0.1,,10.0.0.2", "empty entry"],
		["AFTERBEEP_SIP_ADVERTISE", "no spaces here", "is not a host"],
		["AFTERBEEP_RTP_ADVERTISE", "host.example", "is not an IP address"],
		["AFTERBEEP_RTP_PORTS", "20000", "not a range"],
		["AFTERBEEP_RTP_PORTS", "30000-20000", "too small"],
		["AFTERBEEP_RTP_PORTS", "80-90", "leaves 1024-65535"],
		["AFTERBEEP_COUNTRY", "Germany", "two letters"],
		["AFTERBEEP_COUNTRY", "QQ", "two letters"],
		["AFTERBEEP_EXTENSIONS", "10XX=+1555000X", "as many X"],
		["AFTERBEEP_EXTENSIONS", "10XX", "not of the form"],
		["DATABASE_URL", "mysql://u:geheim@host/db", "is not a URL such as postgresql://"],
		["AFTERBEEP_BLOBS", "s3://bucket/prefix", "S3 is not offered yet"],
		["AFTERBEEP_BLOBS", "/var/blobs", "not of the form file:"],
		["AFTERBEEP_SMTP_URL", "mail.example.com", "is not a URL such as smtp://"],
		["AFTERBEEP_MAIL_FROM", "nobody", "not a mail address"],
		["AFTERBEEP_MAIL_FROM", "a@b.example\r\nBcc: c@d.example", "not a mail address"],
		["AFTERBEEP_PUBLIC_URL", "ftp://x", "is not a URL such as https://"],
		["AFTERBEEP_TIME_ZONE", "Mars/Olympus", "not a time zone"],
		["AFTERBEEP_LANGUAGE", "e_n", "not a language tag"],
		["AFTERBEEP_ACCESS_NUMBERS", "abc", "can be dialled"],
		["AFTERBEEP_RATE_LIMIT", "50/hour", "neither off nor a rate"],
		["AFTERBEEP_CALLS_PER_SECOND", "many", '"many" is not a whole number of calls from 1 to 100000, nor off'],
		["AFTERBEEP_DRAIN_SECONDS", "-1", "from 0 to 3600"],
		["AFTERBEEP_LOG", "loud", "none of debug, info, warn, error"],
		["AFTERBEEP_GREETING_SECONDS_MAX", "0", "from 1 to 60"],
		["AFTERBEEP_TOKEN_MINUTES", "61", "from 1 to 60"],
		["AFTERBEEP_CALLS_MAX", "1.5", "whole number"],
	])("%s=%s is refused with the reason", (variable, value, reason) => {
		const problems = problemsOf({ env: { [variable]: value } });
		if (reason === "") expect(problems).toBe("");
		else expect(problems).toContain(variable);
		expect(problems).toContain(reason);
	});

	test("no password stands in an error", () => {
		const problems = problemsOf({
			env: { DATABASE_URL: "mysql://u:geheim@host/db", AFTERBEEP_ACCOUNT_SECRET: "kurz" },
		});
		expect(problems).not.toMatch(/geheim|kurz/);
	});

	test("all problems are told at once, each under the name by which it was set", () => {
		const problems = problemsOf({
			file: "drain_seconds = 'long'",
			env: { AFTERBEEP_LOG: "loud" },
			flags: { "time-zone": "nowhere" },
		});
		expect(problems).toContain("3 settings are wrong");
		expect(problems).toContain("drain_seconds in afterbeep.toml: ");
		expect(problems).toContain("AFTERBEEP_LOG: ");
		expect(problems).toContain("--time-zone: ");
	});

	test.each([
		["AFTERBEEP_SIP_PEER", "did you mean AFTERBEEP_SIP_PEERS?"],
		["AFTERBEEP_TIMEZONE", "did you mean AFTERBEEP_TIME_ZONE?"],
		["AFTERBEEP_XYZZYPLUGHFOOBARBAZ", "remove it"],
	])("an unknown variable %s is an error with the nearest known name", (variable, mend) => {
		expect(problemsOf({ env: { [variable]: "1" } })).toContain(mend);
	});

	test("an unknown key of the file is an error with the nearest known name", () => {
		expect(problemsOf({ file: `sip_peer = "10.0.0.1"` })).toContain("did you mean sip_peers?");
	});

	test("a file that is not TOML is an error with line and column", () => {
		expect(problemsOf({ file: "country = \n" })).toMatch(/afterbeep\.toml, line 1, column \d+/);
	});

	test("the data folder can not be named in the file inside it", () => {
		expect(problemsOf({ file: `data = "/x"` })).toContain("--data");
	});
});

describe("Rules between settings", () => {
	test.each<[string, Record<string, string>, string]>([
		["plain HTTP beyond loopback", { AFTERBEEP_HTTP: "0.0.0.0:8080" }, "AFTERBEEP_HTTP_PLAIN=yes"],
		["SIP beyond loopback without peers", { AFTERBEEP_SIP: "udp:192.0.2.1:5060" }, "AFTERBEEP_SIP_PEERS="],
		["an outside database without a master key", { DATABASE_URL: "postgres://h/d" }, "AFTERBEEP_MASTER_KEY"],
		["look-ups beyond loopback without a token", { AFTERBEEP_LOOKUP: "0.0.0.0:8090" }, "AFTERBEEP_LOOKUP_TOKEN"],
		["half of the operator's credentials", { AFTERBEEP_ACCOUNT_KEY: "DID-1" }, "AFTERBEEP_ACCOUNT_SECRET"],
	])("%s is refused with the line to add", (_title, env, line) => {
		expect(problemsOf({ env })).toContain(line);
	});

	test("plain HTTP beyond loopback is taken behind a named proxy, or when asked for, or without the role", () => {
		for (const more of [
			{ AFTERBEEP_TRUSTED_PROXIES: "10.0.0.1" },
			{ AFTERBEEP_HTTP_PLAIN: "yes" },
			{ AFTERBEEP_ROLES: "worker" },
		]) {
			expect(problemsOf({ env: { AFTERBEEP_HTTP: "0.0.0.0:8080", ...more } })).toBe("");
		}
	});

	test("a wildcard bind is ambiguous on a machine with two addresses, and not on one with one", () => {
		const env = { AFTERBEEP_SIP: "udp:0.0.0.0:5060", AFTERBEEP_SIP_PEERS: "10.0.0.9" };
		expect(problemsOf({ env, ownAddresses: ["10.0.0.1"] })).toBe("");
		const problems = problemsOf({ env, ownAddresses: ["10.0.0.1", "192.168.1.1"] });
		expect(problems).toContain("AFTERBEEP_SIP_ADVERTISE=10.0.0.1");
		expect(problems).toContain("AFTERBEEP_RTP_ADVERTISE=10.0.0.1");
		const told = { ...env, AFTERBEEP_SIP_ADVERTISE: "10.0.0.1", AFTERBEEP_RTP_ADVERTISE: "10.0.0.1" };
		expect(problemsOf({ env: told, ownAddresses: ["10.0.0.1", "192.168.1.1"] })).toBe("");
	});
});

describe("What is shown", () => {
	test("secrets and passwords in URLs are hidden", () => {
		const { inForce } = loadConfig(
			sources({
				env: {
					DATABASE_URL: "postgresql://u:geheim@host/db?sslpassword=geheim2",
					AFTERBEEP_MASTER_KEY: "/etc/key",
					AFTERBEEP_SMTP_URL: "smtp://me:geheim3@mail:587",
					AFTERBEEP_ACCOUNT_KEY: "DID-1",
					AFTERBEEP_ACCOUNT_SECRET: "geheim4-geheim4",
				},
			}),
		);
		const shown = JSON.stringify(inForce);
		expect(shown).not.toContain("geheim");
		expect(shown).toContain("postgresql://u:hidden@host/db");
		expect(shown).toContain("/etc/key");
	});
});
