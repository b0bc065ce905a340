import { afterAll, beforeAll, expect, test } from "vitest";
import type { CallTrace } from "../../src/calls/index.ts";
import { createCallTraces } from "../../src/platform/call-traces.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

let opened: TestStore;
beforeAll(async () => {
	opened = await openTestStore();
});
afterAll(() => opened[Symbol.asyncDispose]());

const trace = (callId: string, why = "test"): CallTrace => ({
	callId,
	sipCallId: "abc@192.0.2.4",
	startedOn: new Date("2026-03-01T12:00:00.123Z"),
	endedOn: undefined,
	source: "udp:192.0.2.4:5060",
	requestUri: "sip:vm@192.0.2.1",
	from: null,
	identity: undefined,
	kind: "refused",
	candidates: [],
	phoneNumber: undefined,
	mailboxSource: undefined,
	status: 404,
	why,
	messageId: undefined,
	steps: [{ atMs: 40, what: "refused" }],
});

const written = async (prefix: string) =>
	opened.store.db.selectFrom("calls").selectAll().where("id", "like", `${prefix}%`).orderBy("id").execute();

test("many calls that end together are all written, each with what it was", async () => {
	const traces = createCallTraces(opened.store.db);
	const ids = Array.from({ length: 1100 }, (_, i) => `CALL-many-${String(i).padStart(4, "0")}`);
	await Promise.all(ids.map((id) => traces.write(trace(id))));
	const rows = await written("CALL-many-");
	expect(rows.map((row) => row.id)).toEqual(ids);
	expect(rows[700]).toMatchObject({
		startedOn: new Date("2026-03-01T12:00:00.123Z"),
		endedOn: null,
		phoneNumber: null,
		messageId: null,
		status: 404,
		trace: { source: "udp:192.0.2.4:5060", steps: [{ atMs: 40, what: "refused" }], candidates: [] },
	});
});

test("one that the database refuses fails alone", async () => {
	const traces = createCallTraces(opened.store.db);
	const outcomes = await Promise.allSettled([
		traces.write(trace("CALL-alone-1")),
		traces.write(trace("CALL-alone-2")),
		traces.write(trace("CALL-alone-3", "no text that PostgreSQL takes: \0")),
		traces.write(trace("CALL-alone-4")),
	]);
	expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
	expect((await written("CALL-alone-")).map((row) => row.id)).toEqual(["CALL-alone-1", "CALL-alone-2", "CALL-alone-4"]);
});
