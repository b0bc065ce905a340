import { copyFile, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readSipTls, watchSipTls } from "../../src/platform/sip-tls.ts";
import type { TlsCredentials } from "../../src/sip/index.ts";
import { type Authority, makeAuthority, type Pair } from "../support/certificates.ts";
import { hasTool } from "../support/tools.ts";

describe.skipIf(!hasTool("openssl"))("certificate and key of SIP over TLS", () => {
	let authority: Authority;
	let first: Pair;
	let second: Pair;
	let folder: string;

	beforeAll(async () => {
		authority = await makeAuthority();
		[first, second] = [await authority.sign("first", "DNS:first"), await authority.sign("second", "DNS:second")];
		folder = await mkdtemp(join(tmpdir(), "sip-tls-"));
	});
	afterAll(async () => {
		await authority?.[Symbol.asyncDispose]();
		await rm(folder, { recursive: true, force: true });
	});

	const settings = (cert: string, key: string) => {
		return { sipTlsCert: cert, sipTlsKey: key, sipTlsCa: undefined, sipTlsClients: "none" } as const;
	};

	test("are read where both are named", () => {
		const { certificateFile, keyFile, certificate, key } = first;
		expect(readSipTls(settings(certificateFile, keyFile))).toEqual({ certificate, key, clientCertificate: "none" });
		expect(readSipTls({ ...settings("", ""), sipTlsCert: undefined })).toBeUndefined();
	});

	test.each([
		[
			"a file that is not there",
			() => settings("/nowhere/cert.pem", first.keyFile),
			/CERT: .nowhere.cert.pem can not be read \(ENOENT\)/,
		],
		[
			"the key of another certificate",
			() => settings(first.certificateFile, second.keyFile),
			/the key is not that of the certificate/,
		],
		[
			"a key in the certificate's place",
			() => settings(first.keyFile, first.keyFile),
			/the certificate can not be read/,
		],
	])("%s is told with its setting", (_what, config, message) => {
		expect(() => readSipTls(config())).toThrow(message);
	});

	test("a new pair is taken without a restart; one that does not fit is refused once, with the old kept", async () => {
		const config = settings(join(folder, "cert.pem"), join(folder, "key.pem"));
		/** In one step: a file half written would be one more change. */
		const put = async (from: string, to: string): Promise<void> => {
			await copyFile(from, join(folder, "new"));
			await rename(join(folder, "new"), to);
		};
		await put(first.certificateFile, config.sipTlsCert);
		await put(first.keyFile, config.sipTlsKey);
		const used: TlsCredentials[] = [];
		const lines: string[] = [];
		const log = (_: object, line: string): number => lines.push(line);
		using _watching = watchSipTls(
			config,
			{ useTls: (credentials) => used.push(credentials) },
			{ info: log, error: log } as unknown as Parameters<typeof watchSipTls>[2],
			20,
		);
		await put(second.certificateFile, config.sipTlsCert);
		await vi.waitUntil(() => lines.length === 1, { timeout: 20_000 });
		expect(lines[0]).toContain("the changed certificate is refused, the old one stays in use");
		expect(used).toEqual([]);
		await put(second.keyFile, config.sipTlsKey);
		await vi.waitUntil(() => used.length === 1, { timeout: 20_000 });
		expect(used[0]).toMatchObject({ certificate: second.certificate, key: second.key });
		// As certbot and Kubernetes do it: a link that leads elsewhere.
		await writeFile(join(folder, "broken.pem"), "nonsense");
		await symlink(join(folder, "broken.pem"), join(folder, "link"));
		await rename(join(folder, "link"), config.sipTlsCert);
		await vi.waitUntil(() => lines.length === 3, { timeout: 20_000 });
		expect(used).toHaveLength(1);
	});
});
