import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLog } from "../../src/domain/index.ts";
import { openStore } from "../../src/store/index.ts";
import { openTestApi } from "../support/http-api.ts";
import { openTestDatabase } from "../support/store.ts";

/** A cable to the database that can be pulled: TCP in front of its socket. */
async function pullableDatabase(databaseUrl: string) {
	const url = new URL(databaseUrl.replace("@/", "@unused/"));
	const path = `${url.searchParams.get("host")}/.s.PGSQL.${url.searchParams.get("port")}`;
	const sockets = new Set<Socket>();
	const server = createServer((client) => {
		const upstream = connect(path);
		for (const socket of [client, upstream]) {
			sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
		}
		client.pipe(upstream).pipe(client);
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address() as { port: number };
	return {
		url: `postgres://${url.username}:${url.password}@127.0.0.1:${port}${url.pathname}`,
		pull: async () => {
			const closed = once(server.close(), "close");
			for (const socket of sockets) socket.destroy();
			await closed;
		},
		plugIn: () => once(server.listen(port, "127.0.0.1"), "listening"),
	};
}

test("with the database gone the answer is 503 with Retry-After, never 404 or 500; when it is back, so are we", async () => {
	await using opened = new AsyncDisposableStack();
	const database = opened.use(await openTestDatabase());
	const cable = await pullableDatabase(database.url);
	opened.defer(() => cable.pull().catch(() => {}));
	const dataFolder = mkdtempSync(join(tmpdir(), "afterbeep-data-"));
	opened.defer(() => rmSync(dataFolder, { recursive: true, force: true }));
	const store = opened.use(
		await openStore({
			databaseUrl: cable.url,
			databaseDirectUrl: undefined,
			dataFolder,
			blobs: `file:${join(dataFolder, "blobs")}`,
			worker: false,
			log: silentLog,
		}),
	);
	const api = opened.use(await openTestApi({}, { store }));
	const PhoneNumber = await api.number();
	const authorization = `Bearer ${await api.token()}`;
	const info = () => api.post("/v1.0/numbers/voicemail/info", { PhoneNumber }, { authorization });
	expect((await info()).status).toBe(200);

	await cable.pull();
	for (const { status, body, headers } of [await info(), await info()]) {
		expect(body).toEqual({
			StatusCode: 503,
			Message: "Service unavailable: the API is temporarily unavailable. Retry after a short delay.",
		});
		expect(status).toBe(503);
		expect(headers["retry-after"]).toMatch(/^\d+$/);
	}

	await cable.plugIn();
	expect((await info()).status).toBe(200);
});
