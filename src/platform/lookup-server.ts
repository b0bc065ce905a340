/**
 * What a SIP proxy in front asks before it rings a phone (AFTERBEEP_LOOKUP): who may register, and what rings for a
 * number. An address of its own, since the API's is open to operators and this one hands out what is as good as a
 * phone's password. The answers are small and flat: they are kept in the proxy's memory.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { isAccessNumber, readCaller } from "../calls/index.ts";
import type { HostPort } from "../config/index.ts";
import type { Phones } from "../directory/index.ts";
import { isE164, type Log, type NumberPlan, type PeerPolicy } from "../domain/index.ts";
import type { CallRules, Ringing } from "../routing/index.ts";

export interface LookupNeeds {
	readonly phones: Pick<Phones, "credentials">;
	readonly ringing: Ringing;
	/** Call filters: whom they keep out rings no phone. */
	readonly rules: Pick<CallRules, "find">;
	/** Of the proxy that asks, by its address: as the call will be read that it sends on. */
	policyOf(address: string): Pick<PeerPolicy, "plan" | "assertsIdentity">;
	/** As dialled, or E.164: they reach the voicemail itself. */
	readonly accessNumbers: readonly string[];
	readonly ringSeconds: number;
	/** Undefined: whoever reaches the address may ask. */
	readonly token: string | undefined;
	/** A phone of this number has registered: it is to be told what waits. */
	onRegistered(phoneNumber: string): Promise<void>;
	readonly log: Log;
}

export interface LookupServer extends AsyncDisposable {
	readonly port: number;
}

type Answer = { readonly status: number; readonly body?: object };

const REQUEST_WAIT_MS = 5_000;
const HEADER_BYTES_MAX = 4_096;
const NOT_FOUND: Answer = { status: 404, body: { error: "not found" } };

export async function startLookupServer(address: HostPort, needs: LookupNeeds): Promise<LookupServer> {
	const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, async (request, response) => {
		let answer: Answer;
		try {
			answer = await answerTo(request, needs);
		} catch (error) {
			// The proxy goes on with what it remembers.
			needs.log.warn({ err: error }, "a look-up of the proxy could not be answered");
			answer = { status: 503, body: { error: "try again" } };
		}
		response.writeHead(answer.status, { "content-type": "application/json", "cache-control": "no-store" });
		response.end(answer.body === undefined ? undefined : `${JSON.stringify(answer.body)}\n`);
	});
	server.requestTimeout = REQUEST_WAIT_MS;
	server.listen({ host: address.host, port: address.port });
	// `once` rejects with the error where the address can not be had.
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}

async function answerTo(request: IncomingMessage, needs: LookupNeeds): Promise<Answer> {
	if (!admitted(request, needs.token)) return { status: 401, body: { error: "the bearer token is missing or wrong" } };
	if (request.method !== "GET") return { status: 405, body: { error: "only GET" } };
	const url = URL.parse(request.url ?? "/", "http://proxy");
	// A plus that was not escaped reads as a blank, and Kamailio escapes none.
	const ask = (name: string): string => (url?.searchParams.get(name) ?? "").replace(/ /g, "+");
	const policy = () => needs.policyOf(request.socket.remoteAddress ?? "");
	switch (url?.pathname) {
		case "/phone":
			return phone(ask("user"), needs);
		case "/number":
			return number(ask("dialled"), policy().plan, needs);
		case "/caller":
			if (!isE164(ask("number"))) return NOT_FOUND;
			return caller(
				{ number: ask("number"), from: ask("from"), asserted: ask("asserted") },
				ask("privacy"),
				policy(),
				needs,
			);
		case "/registered":
			if (!isE164(ask("number"))) return NOT_FOUND;
			await needs.onRegistered(ask("number"));
			return { status: 204 };
		default:
			return NOT_FOUND;
	}
}

function admitted(request: IncomingMessage, token: string | undefined): boolean {
	if (token === undefined) return true;
	const given = /^bearer\s+(.*)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
	const hash = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(hash(given), hash(token));
}

async function phone(user: string, { phones }: LookupNeeds): Promise<Answer> {
	const found = await phones.credentials(user);
	if (found === undefined) return NOT_FOUND;
	const { username, phoneNumber, realm, ha1Md5, ha1Sha256 } = found;
	return { status: 200, body: { user: username, number: phoneNumber, realm, md5: ha1Md5, sha256: ha1Sha256 } };
}

async function number(
	text: string,
	plan: NumberPlan,
	{ ringing, rules, accessNumbers, ringSeconds }: LookupNeeds,
): Promise<Answer> {
	if (isAccessNumber(text, { plan, accessNumbers })) return { status: 200, body: { ring: "access" } };
	const found = await ringing.planFor(text, plan);
	if (found === undefined) return NOT_FOUND;
	const { phoneNumber, ring, trunks, voicemail, why } = found;
	if (accessNumbers.includes(phoneNumber)) return { status: 200, body: { ring: "access" } };
	const filters = ring !== "nobody" && (await rules.find([phoneNumber])).hasFilters(phoneNumber);
	return {
		status: 200,
		body: {
			number: phoneNumber,
			ring,
			trunk1: trunks[0] ?? "",
			trunk2: trunks[1] ?? "",
			seconds: ringSeconds,
			voicemail: voicemail ? "yes" : "no",
			filters: filters ? "yes" : "no",
			why,
		},
	};
}

interface Calling {
	/** E.164: who is called. */
	readonly number: string;
	/** URI of From. */
	readonly from: string;
	/** URI of P-Asserted-Identity; "" where there is none. */
	readonly asserted: string;
}

/**
 * Whether a number that has call filters rings for this caller, who is read as in the call itself. `voicemail`: who is
 * kept out but may leave a message; `refuse`: who may not even that.
 */
async function caller(
	{ number: called, from, asserted }: Calling,
	privacy: string,
	{ plan, assertsIdentity }: Pick<PeerPolicy, "plan" | "assertsIdentity">,
	{ rules }: LookupNeeds,
): Promise<Answer> {
	const fields = new Map([
		["from", `<${from}>`],
		...(asserted === "" ? [] : [["p-asserted-identity", `<${asserted}>`] as const]),
		...(privacy === "" ? [] : [["privacy", privacy] as const]),
	]);
	const all = (name: string): readonly string[] => [fields.get(name) ?? []].flat();
	const read = readCaller({ headers: { get: (name) => fields.get(name), all } }, plan, assertsIdentity);
	const { result } = (await rules.find([called])).judge(called, read);
	const verdicts = { accept: "ring", filter: "voicemail", refuse: "refuse" } as const;
	return { status: 200, body: { verdict: verdicts[result] } };
}
