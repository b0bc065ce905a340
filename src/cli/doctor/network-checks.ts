/** Checks of what reaches in and out: ports, peers, mail. */
import { X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { constants, existsSync } from "node:fs";
import { access } from "node:fs/promises";
import { createServer, isIPv6 } from "node:net";
import path from "node:path";
import { createTransport } from "nodemailer";
import { type Config, printHostPort, withoutPassword } from "../../config/index.ts";
import { findPortOwner } from "../../platform/port-owner.ts";
import { readSipTls } from "../../platform/sip-tls.ts";
import { type PlatformStatus, readStatusFile } from "../../platform/status-file.ts";
import { type Finding, fail, ok, reason, warn } from "./finding.ts";

const HTTP_WAIT_MS = 5_000;
const SMTP_WAIT_MS = 8_000;
/** So many of the range are tried. */
const RTP_PORTS_TRIED = 20;

export async function checkPlatform(config: Config): Promise<readonly Finding[]> {
	const status = readStatusFile(config.dataFolder);
	if (status === undefined) {
		return [warn("platform", "does not run on this data folder", "afterbeep start"), ...(await checkPortsFree(config))];
	}
	const running = ok("platform", `process ${status.pid} since ${status.startedOn}, roles ${status.roles.join(", ")}`);
	const sip = status.sip.map((address) => ok("sip", `listens on ${address}`));
	return [running, ...(await checkReady(status)), ...sip, ...checkSipTls(config)];
}

async function checkReady(status: PlatformStatus): Promise<readonly Finding[]> {
	if (status.http === null) return [];
	try {
		const answer = await fetch(`${status.http}/readyz`, { signal: AbortSignal.timeout(HTTP_WAIT_MS) });
		if (answer.ok) return [ok("http", `${status.http} answers and is ready`)];
		const body = (await answer.text()).slice(0, 300);
		return [
			fail("http", `${status.http} is not ready: ${body}`, "Mend the part that it names; it becomes ready by itself."),
		];
	} catch (error) {
		return [
			fail("http", `${status.http} does not answer (${reason(error)})`, "See the platform's log; start it again."),
		];
	}
}

async function checkPortsFree(config: Config): Promise<readonly Finding[]> {
	const findings: Finding[] = [];
	if (config.roles.has("api")) {
		findings.push(await checkPortFree("http", "AFTERBEEP_HTTP", "tcp", config.http));
	}
	if (config.roles.has("sip")) {
		for (const address of config.sip) {
			findings.push(await checkPortFree("sip", "AFTERBEEP_SIP", address.transport, address));
		}
		findings.push(...checkSipTls(config), await checkRtpPorts(config));
	}
	return findings;
}

/** Warned of a month before a certificate ends: who renews by hand needs the time. */
const CERTIFICATE_WARNING_DAYS = 30;

function checkSipTls(config: Config): readonly Finding[] {
	try {
		const tls = readSipTls(config);
		if (tls === undefined) return [];
		const { validTo, subjectAltName } = new X509Certificate(tls.certificate);
		const days = Math.floor((Date.parse(validTo) - Date.now()) / 86_400_000);
		const found = `certificate for ${subjectAltName ?? "nobody"} until ${validTo}`;
		if (days < 0) return [fail("tls", `${found}: it has ended`, "Put a new one in its place; it is read by itself.")];
		if (days >= CERTIFICATE_WARNING_DAYS) return [ok("tls", found)];
		return [warn("tls", `${found}: ${days} days left`, "Put a new one in its place; it is read by itself.")];
	} catch (error) {
		return [fail("tls", reason(error), "See AFTERBEEP_SIP_TLS_CERT, AFTERBEEP_SIP_TLS_KEY, AFTERBEEP_SIP_TLS_CA.")];
	}
}

async function checkPortFree(
	check: string,
	variable: string,
	transport: "udp" | "tcp" | "tls",
	address: { readonly host: string; readonly port: number },
): Promise<Finding> {
	const shown = `${transport} ${printHostPort(address)}`;
	const code = await tryBind(transport, address);
	if (code === undefined) return ok(check, `${shown} is free`);
	const owner = code === "EADDRINUSE" ? await findPortOwner(transport, address.port) : undefined;
	const who = owner === undefined ? code : `by process ${owner.pid}, ${owner.name}`;
	return fail(check, `${shown} can not be had (${who})`, `End what holds it, or set ${variable} to another address.`);
}

/** @returns the system's reason, undefined where it could be bound (it is let go again). */
function tryBind(
	transport: "udp" | "tcp" | "tls",
	{ host, port }: { readonly host: string; readonly port: number },
): Promise<string | undefined> {
	return new Promise((resolve) => {
		const refuse = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
		if (transport === "udp") {
			const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
			socket.once("error", refuse);
			socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
		} else {
			const server = createServer();
			server.once("error", refuse);
			server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
		}
	});
}

async function checkRtpPorts(config: Config): Promise<Finding> {
	const { from, to } = config.rtpPorts;
	const host = config.sip[0]!.host;
	const step = Math.max(2, Math.floor((to - from) / RTP_PORTS_TRIED));
	let taken = 0;
	let tried = 0;
	for (let port = from; port <= to && tried < RTP_PORTS_TRIED; port += step, tried++) {
		if ((await tryBind("udp", { host, port })) !== undefined) taken++;
	}
	const found = `${tried - taken} of ${tried} tried ports of ${from}-${to} are free`;
	if (taken === 0) return ok("rtp", found);
	const mend = "Set AFTERBEEP_RTP_PORTS to a range that nothing else uses.";
	return taken === tried ? fail("rtp", found, mend) : warn("rtp", found, mend);
}

export async function checkMail(config: Config): Promise<Finding> {
	if (config.smtpUrl === undefined) return checkMaildir(config);
	const shown = withoutPassword(config.smtpUrl);
	const transport = createTransport({
		url: config.smtpUrl,
		connectionTimeout: SMTP_WAIT_MS,
		greetingTimeout: SMTP_WAIT_MS,
		socketTimeout: SMTP_WAIT_MS,
	});
	try {
		await transport.verify();
		return ok("mail", `${shown} answers, sender ${config.mailFrom}`);
	} catch (error) {
		return fail(
			"mail",
			`${shown}: ${reason(error)}`,
			"Mend AFTERBEEP_SMTP_URL or the server; mails wait and are sent then.",
		);
	} finally {
		transport.close();
	}
}

async function checkMaildir(config: Config): Promise<Finding> {
	const folder = path.join(config.dataFolder, "mail");
	const nearest = existsSync(folder) ? folder : config.dataFolder;
	if (!existsSync(nearest)) return ok("mail", `no SMTP server set: mails go to the Maildir ${folder}`);
	try {
		await access(nearest, constants.W_OK | constants.X_OK);
		return ok("mail", `no SMTP server set (AFTERBEEP_SMTP_URL): mails go to the Maildir ${folder}`);
	} catch (error) {
		return fail(
			"mail",
			`the Maildir ${folder} can not be written (${reason(error)})`,
			"chown it to the platform's user.",
		);
	}
}
