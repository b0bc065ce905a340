/** Certificate and key of SIP over TLS: read at start, and again whenever their files change. */
import { readFileSync, statSync } from "node:fs";
import type { Config } from "../config/index.ts";
import { Failure, type Log } from "../domain/index.ts";
import { checkTls, type SipUserAgent, type TlsOptions } from "../sip/index.ts";

type TlsConfig = Pick<Config, "sipTlsCert" | "sipTlsKey" | "sipTlsCa" | "sipTlsClients">;

/** Asked for by its state, not by notices of the system: those miss files behind links, which certbot and Kubernetes swap. */
const WATCH_MS = 5_000;

/**
 * What the settings name; undefined without a certificate.
 *
 * @throws Failure `configInvalid` where a file can not be read, or is not what it should be.
 */
export function readSipTls(config: TlsConfig): TlsOptions | undefined {
	const { sipTlsCert, sipTlsKey, sipTlsCa, sipTlsClients } = config;
	if (sipTlsCert === undefined || sipTlsKey === undefined) return undefined;
	const options: TlsOptions = {
		certificate: read("AFTERBEEP_SIP_TLS_CERT", sipTlsCert),
		key: read("AFTERBEEP_SIP_TLS_KEY", sipTlsKey),
		...(sipTlsCa === undefined ? {} : { authorities: read("AFTERBEEP_SIP_TLS_CA", sipTlsCa) }),
		clientCertificate: sipTlsClients,
	};
	try {
		checkTls(options);
	} catch (cause) {
		const text = `SIP over TLS with AFTERBEEP_SIP_TLS_CERT=${sipTlsCert}: ${(cause as Error).message}.`;
		throw new Failure("configInvalid", text, "Name a certificate and its own key, both PEM.", { cause });
	}
	return options;
}

function read(variable: string, path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		const why = (cause as NodeJS.ErrnoException).code ?? "unknown";
		const text = `${variable}: ${path} can not be read (${why}).`;
		throw new Failure("configInvalid", text, "Name a PEM file that this user may read.", { cause });
	}
}

/**
 * Puts a new pair into force when a file changes. One that is bad, or half written, is refused and the old one kept; the
 * next change is looked at again.
 */
export function watchSipTls(
	config: TlsConfig,
	sip: Pick<SipUserAgent, "useTls">,
	log: Log,
	everyMs = WATCH_MS,
): Disposable {
	const paths = [config.sipTlsCert, config.sipTlsKey, config.sipTlsCa].filter((path) => path !== undefined);
	let seen = stateOf(paths);
	const timer = setInterval(() => {
		const state = stateOf(paths);
		if (state === seen) return;
		seen = state;
		try {
			const tls = readSipTls(config);
			if (tls === undefined) return;
			sip.useTls(tls);
			log.info({ certificate: config.sipTlsCert }, "SIP over TLS: the new certificate is in use");
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			log.error(
				{ certificate: config.sipTlsCert, key: config.sipTlsKey, why },
				"SIP over TLS: the changed certificate is refused, the old one stays in use",
			);
		}
	}, everyMs);
	timer.unref();
	return { [Symbol.dispose]: () => clearInterval(timer) };
}

function stateOf(paths: readonly string[]): string {
	return paths
		.map((path) => {
			const state = statSync(path, { throwIfNoEntry: false });
			return state === undefined ? "none" : `${state.ino} ${state.mtimeMs} ${state.size}`;
		})
		.join("|");
}
