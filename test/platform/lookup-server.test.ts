import { afterEach, describe, expect, test } from "vitest";
import { normalise, silentLog } from "../../src/domain/index.ts";
import { type LookupNeeds, startLookupServer } from "../../src/platform/lookup-server.ts";

const NUMBER = "+11234567890";
const FRIEND = "+18015551234";
const BLOCKED = "+18015550000";
const opened = new Set<AsyncDisposable>();
afterEach(async () => {
	for (const one of opened) await one[Symbol.asyncDispose]();
	opened.clear();
});

async function start(over: Partial<LookupNeeds> = {}) {
	const server = await startLookupServer(
		{ host: "127.0.0.1", port: 0 },
		{
			phones: {
				credentials: async (username) =>
					username === "11234567890-abc"
						? { username, phoneNumber: NUMBER, realm: "afterbeep", ha1Md5: "m", ha1Sha256: "s" }
						: undefined,
			},
			ringing: {
				planFor: async (dialled, plan) =>
					normalise(dialled, plan).some((reading) => reading.phoneNumber === NUMBER)
						? { phoneNumber: NUMBER, ring: "trunks", trunks: ["sip:a", "sip:b"], voicemail: true, why: "its route" }
						: undefined,
			},
			rules: {
				find: async () => ({
					hasFilters: () => true,
					standIn: async () => undefined,
					judge: (_, { number, asserted }) => {
						if (asserted.includes(BLOCKED)) return { result: "refuse", status: 603, why: "blocked" };
						return number === FRIEND ? { result: "accept" } : { result: "filter", why: "not on the list" };
					},
				}),
			},
			policyOf: () => ({ plan: { country: "US", extensions: {} }, assertsIdentity: true }),
			accessNumbers: ["*86", "+18005550100"],
			ringSeconds: 20,
			token: undefined,
			onRegistered: async () => {},
			log: silentLog,
			...over,
		},
	);
	opened.add(server);
	return async (path: string, init: RequestInit = {}) => {
		const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
		const text = await response.text();
		return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
	};
}

describe("the look-ups of a proxy", () => {
	test("tell what a phone authenticates with, for its user alone", async () => {
		const get = await start();
		expect(await get("/phone?user=11234567890-abc")).toEqual({
			status: 200,
			body: { user: "11234567890-abc", number: NUMBER, realm: "afterbeep", md5: "m", sha256: "s" },
		});
		expect((await get("/phone?user=nobody")).status).toBe(404);
		expect((await get("/phone")).status).toBe(404);
	});

	test("tell what rings for a number, flat and never null", async () => {
		const get = await start();
		expect(await get(`/number?dialled=${encodeURIComponent(NUMBER)}`)).toEqual({
			status: 200,
			body: {
				number: NUMBER,
				ring: "trunks",
				trunk1: "sip:a",
				trunk2: "sip:b",
				seconds: 20,
				voicemail: "yes",
				filters: "yes",
				why: "its route",
			},
		});
		expect((await get(`/number?dialled=${NUMBER}`)).status).toBe(200);
		expect((await get("/number?dialled=alice")).status).toBe(404);
	});

	test("know the numbers that reach the voicemail itself", async () => {
		const get = await start();
		for (const dialled of ["*86", "%2A86", "sip:*86@x", "%2B18005550100"]) {
			expect((await get(`/number?dialled=${dialled}`)).body, dialled).toEqual({ ring: "access" });
		}
	});

	test("read what was dialled by the number plan of the proxy that asks, access numbers too", async () => {
		const asked: string[] = [];
		const get = await start({
			policyOf: (address) => {
				asked.push(address);
				return { plan: { country: undefined, extensions: {}, prefixes: { 9: "", 8: "+1" } }, assertsIdentity: true };
			},
		});
		expect((await get(`/number?dialled=8${NUMBER.slice(2)}`)).body).toMatchObject({ number: NUMBER });
		expect((await get("/number?dialled=9*86")).body).toEqual({ ring: "access" });
		expect((await get(`/number?dialled=7${NUMBER.slice(2)}`)).status).toBe(404);
		expect(new Set(asked)).toEqual(new Set(["127.0.0.1"]));
	});

	test("tell whether the phone rings for a caller, who is read as the call itself will be", async () => {
		const get = await start();
		const verdict = async (query: string) => {
			return (await get(`/caller?number=${NUMBER}&${query}`)).body.verdict;
		};
		// A plus that the proxy left as it is reads as a blank.
		expect(await verdict(`from=sip:${FRIEND}@x`)).toBe("ring");
		expect(await verdict(`from=sip:8015551234@x;user=phone`)).toBe("ring");
		expect(await verdict(`from=sip:anonymous@anonymous.invalid`)).toBe("voicemail");
		expect(await verdict(`from=sip:${FRIEND}@x&privacy=id`)).toBe("voicemail");
		// The network vouches for who it is, whoever it says it is, and though it will not be shown.
		expect(await verdict(`from=sip:${FRIEND}@x&asserted=sip:${BLOCKED}@x`)).toBe("refuse");
		expect(await verdict(`from=sip:${FRIEND}@x&asserted=tel:${BLOCKED}&privacy=id`)).toBe("refuse");
		expect((await get("/caller?number=alice&from=sip:x@y")).status).toBe(404);
		const doubting = await start({
			policyOf: () => ({ plan: { country: "US", extensions: {} }, assertsIdentity: false }),
		});
		const doubted = await doubting(`/caller?number=${NUMBER}&from=sip:${FRIEND}@x&asserted=sip:${BLOCKED}@x`);
		expect(doubted.body).toEqual({ verdict: "ring" });
	});

	test("pass on that a phone has registered", async () => {
		const registered: string[] = [];
		const get = await start({ onRegistered: async (number) => void registered.push(number) });
		expect((await get(`/registered?number=${encodeURIComponent(NUMBER)}`)).status).toBe(204);
		expect((await get("/registered?number=alice")).status).toBe(404);
		expect(registered).toEqual([NUMBER]);
	});

	test("need the token where there is one", async () => {
		const get = await start({ token: "a-long-secret" });
		const asking = (authorization: string) => get("/phone?user=11234567890-abc", { headers: { authorization } });
		expect((await get("/phone?user=11234567890-abc")).status).toBe(401);
		expect((await asking("Bearer a-long-secreT")).status).toBe(401);
		expect((await asking("Basic a-long-secret")).status).toBe(401);
		expect((await asking("Bearer a-long-secret")).status).toBe(200);
	});

	test("answer 503 where the database is away, so that the proxy goes on with what it remembers", async () => {
		const broken = () => Promise.reject(new Error("no database"));
		const get = await start({ phones: { credentials: broken }, ringing: { planFor: broken } });
		expect((await get("/phone?user=x")).status).toBe(503);
		expect((await get("/number?dialled=x")).status).toBe(503);
	});

	test("take nothing but GET, and know no other path", async () => {
		const get = await start();
		expect((await get("/phone?user=x", { method: "POST" })).status).toBe(405);
		expect((await get("/metrics")).status).toBe(404);
	});
});
