/** All lines logged by a run with good, bad and broken requests: none may hold a PIN, a secret, a token or a number. */
import { expect, test } from "vitest";
import { openTestApi, SECRET } from "../support/http-api.ts";

test("no PIN, secret, token, name, address or number reaches the log", async () => {
	await using api = await openTestApi();
	const PhoneNumber = await api.number();
	const token = await api.token();
	const PIN = "739154";
	const fields = { PhoneNumber, PIN, FirstName: "Zebulon", Email: "zebulon@example.com" };
	const family = "/v1.0/numbers/voicemail";
	const statuses: number[] = [];
	const note = ({ status }: { status: number }) => statuses.push(status);

	const credentials = { AccountKey: api.operator.accountKey, AccountSecret: SECRET };
	note(await api.post("/v1.0/oauth2/tokens", credentials));
	note(await api.post("/v1.0/oauth2/tokens", { ...credentials, AccountSecret: `${SECRET}-wrong` }));
	for (const verb of ["activate", "update", "info", "delete", "unknown"]) {
		note(await api.post(`${family}/${verb}`, fields));
		note(await api.post(`${family}/${verb}`, { ...fields, PIN: `${PIN}x` }));
		note(await api.post(`${family}/${verb}`, JSON.stringify(fields).slice(0, -1)));
		note(await api.post(`${family}/${verb}`, fields, { authorization: `Bearer ${token}x` }));
		note(await api.post(`${family}/${verb}`, fields, { "content-type": `text/${PIN}` }));
	}
	note(await api.get(`/v1.0/numbers?Number=${encodeURIComponent(PhoneNumber)}&token=${token}`));
	note(await api.get(`/v1.0/numbers/${PhoneNumber}/${PIN}`));
	note(await api.get(`/%zz/${PhoneNumber}/${PIN}`));
	// A bug whose message quotes the data that met it.
	api.deps.mailboxes.info = async () => {
		throw new Error(`broken on ${PhoneNumber} ${PIN} ${token}`);
	};
	note(await api.post(`${family}/info`, fields));

	expect(new Set(statuses)).toEqual(new Set([200, 400, 401, 404, 415, 500]));
	const log = api.logLines.join("");
	expect(log).toContain('"route":"/v1.0/numbers/voicemail/activate"');
	for (const secret of [PIN, SECRET, token, token.split(".")[2]!, "Zebulon", "zebulon", PhoneNumber.slice(1)]) {
		expect(log).not.toContain(secret);
	}
});

test("a request is one line: method, route, status, time, key and request id, and nothing else", async () => {
	await using api = await openTestApi();
	const { headers } = await api.get("/v1.0/numbers?Number=%2B19999999999");
	const lines = api.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
	expect(lines).toHaveLength(1);
	const { level, time, pid, hostname, msg, ...fields } = lines[0];
	expect(fields).toEqual({
		method: "GET",
		route: "/v1.0/numbers",
		status: 404,
		ms: expect.any(Number),
		key: api.operator.accountKey,
		requestId: headers["x-request-id"],
	});
});
