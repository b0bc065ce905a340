import { describe, expect, test, vi } from "vitest";
import { MEDIA_LIMITS, startMedia } from "../../src/media/index.ts";
import { isOverloaded, LatenessMeter, newLateness } from "../../src/media/lateness.ts";
import { WorkerHandle } from "../../src/media/worker-handle.ts";
import { log, newFolder } from "./support/pair.ts";

const ON_TIME = MEDIA_LIMITS.housekeepingMs;
const LATE = ON_TIME + MEDIA_LIMITS.workerLateMsMax + 1;

/** Turns so far apart; whether the worker counted as overloaded after each. */
function run(...gapsMs: number[]): boolean[] {
	const shared = newLateness();
	const meter = new LatenessMeter(shared, 0);
	let nowMs = 0;
	return gapsMs.map((gapMs) => {
		nowMs += gapMs;
		meter.turn(nowMs);
		return isOverloaded(shared);
	});
}

describe("A media worker without CPU", () => {
	test("Two late turns in a row are an overload, until one comes on time", () => {
		expect(run(ON_TIME, LATE, LATE, LATE, ON_TIME)).toEqual([false, false, true, true, false]);
	});

	test("One pause, as of a machine that stood still, is none", () => {
		expect(run(ON_TIME, 60_000, ON_TIME, ON_TIME, 60_000, ON_TIME)).not.toContain(true);
	});

	test("The greatest delay is told once to each reading", () => {
		const meter = new LatenessMeter(newLateness(), 0);
		meter.turn(ON_TIME + 250);
		meter.turn(2 * ON_TIME + 250);
		expect([meter.takeMaxMs(), meter.takeMaxMs()]).toEqual([250, 0]);
	});

	test("Where every worker is late no session is opened; those that are open stay, and later ones are opened again", async () => {
		await using media = await startMedia({
			recordingLogFolder: newFolder(),
			rtpPorts: { from: 30_000, to: 31_999 },
			workers: 1,
			log,
		});
		const options = { bind: "127.0.0.1", rtpLostMs: 0, onEvent: () => {} };
		const first = await media.open(options);
		const late = vi.spyOn(WorkerHandle.prototype, "overloaded", "get").mockReturnValue(true);
		await expect(media.open(options)).rejects.toMatchObject({ name: "MediaError", code: "overloaded" });
		late.mockRestore();
		expect(await first.stats()).toMatchObject({ packetsReceived: 0 });
		(await media.open(options)).close();
		first.close();
	});
});
