import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SIP_LIMITS } from "../../../src/sip/limits.ts";
import { Gate } from "../../../src/sip/transport/gate.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

function closedGate() {
	const warnings: string[] = [];
	const log = {
		debug: () => {},
		info: () => {},
		warn: (_: object, text: string) => warnings.push(text),
		error: () => {},
	};
	return { gate: new Gate((address) => address === "192.0.2.1", log), warnings };
}

test("a trusted source passes and leaves no trace", () => {
	const { gate, warnings } = closedGate();
	expect(gate.admits("192.0.2.1", "udp")).toBe(true);
	expect({ total: gate.total, refused: gate.refusedSources(), warnings }).toEqual({
		total: 0,
		refused: [],
		warnings: [],
	});
});

test("a refused source is warned of once a minute, with the line that admits it", () => {
	const { gate, warnings } = closedGate();
	for (let i = 0; i < 10; i++) gate.admits("192.0.2.66", "udp");
	expect(warnings).toHaveLength(1);
	expect(warnings[0]).toContain("AFTERBEEP_SIP_PEERS=192.0.2.66");
	vi.advanceTimersByTime(59_999);
	gate.admits("192.0.2.66", "udp");
	expect(warnings).toHaveLength(1);
	vi.advanceTimersByTime(1);
	gate.admits("192.0.2.66", "udp");
	expect(warnings).toHaveLength(2);
});

test("refused sources are told newest first, by transport, with their counts", () => {
	const { gate } = closedGate();
	gate.admits("192.0.2.66", "udp");
	gate.admits("192.0.2.67", "tcp");
	vi.advanceTimersByTime(5_000);
	gate.admits("192.0.2.66", "udp");
	expect(gate.refusedSources()).toEqual([
		{ address: "192.0.2.66", transport: "udp", count: 2, lastSeen: new Date() },
		{ address: "192.0.2.67", transport: "tcp", count: 1, lastSeen: new Date(Date.now() - 5_000) },
	]);
});

test("a flood of made-up addresses fills neither the table nor the log", () => {
	const { gate, warnings } = closedGate();
	for (let i = 0; i < 5_000; i++) gate.admits(`2001:db8::${i.toString(16)}`, "udp");
	expect(gate.total).toBe(5_000);
	expect(gate.refusedSources()).toHaveLength(SIP_LIMITS.refusedSourcesMax);
	expect(gate.refusedSources()[0]?.address).toBe("2001:db8::1387");
	expect(warnings).toHaveLength(SIP_LIMITS.refusedWarningsMax);
	vi.advanceTimersByTime(60_000);
	gate.admits("192.0.2.66", "udp");
	expect(warnings).toHaveLength(SIP_LIMITS.refusedWarningsMax + 1);
});
