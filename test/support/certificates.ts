/** Certificates made by openssl, for tests: an authority, and pairs that it signs. Skip tests where `hasTool("openssl")` is false. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Pair {
	readonly certificate: string;
	readonly key: string;
	readonly certificateFile: string;
	readonly keyFile: string;
}

export interface Authority extends AsyncDisposable {
	readonly folder: string;
	readonly certificate: string;
	readonly certificateFile: string;
	/** @param altNames such as `DNS:sbc.example,IP:127.0.0.1`; "" for a certificate with a CN alone. */
	sign(name: string, altNames: string): Promise<Pair>;
}

export async function makeAuthority(name = "Test Authority"): Promise<Authority> {
	const folder = await mkdtemp(join(tmpdir(), "certificates-"));
	const file = (end: string): string => join(folder, end);
	const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
	const ca = ["-x509", "-days", "30", "-subj", `/CN=${name}`, "-keyout", file("ca.key"), "-out", file("ca.crt")];
	await run("openssl", ["req", ...newKey, ...ca]);
	let count = 0;
	return {
		folder,
		certificate: await readFile(file("ca.crt"), "utf8"),
		certificateFile: file("ca.crt"),
		sign: async (commonName, altNames) => {
			const [key, csr, crt] = ["key", "csr", "crt"].map((end) => file(`${++count}.${end}`)) as [string, string, string];
			await run("openssl", ["req", ...newKey, "-subj", `/CN=${commonName}`, "-keyout", key, "-out", csr]);
			await writeFile(file("extensions"), altNames === "" ? "" : `subjectAltName=${altNames}\n`);
			const by = ["-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-CAcreateserial", "-extfile", file("extensions")];
			await run("openssl", ["x509", "-req", "-in", csr, ...by, "-days", "30", "-out", crt]);
			const texts = await Promise.all([readFile(crt, "utf8"), readFile(key, "utf8")]);
			return { certificate: texts[0], key: texts[1], certificateFile: crt, keyFile: key };
		},
		[Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
	};
}
