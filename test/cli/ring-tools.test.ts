import { describe, expect, test } from "vitest";
import { type Machine, ringTools } from "../../src/cli/demo/ring-tools.ts";

const TOOLS = { kamailio: "/usr/sbin/kamailio", baresip: "/usr/bin/baresip", baresipModules: "/m" };

/** A machine on which `installsAt` is the apt call that brings the programs; never by default. */
function machine(over: Partial<Machine> = {}, installsAt = 99) {
	const lines: string[] = [];
	const apt = async (line: string): Promise<boolean> => lines.push(line) >= installsAt;
	const find = () => (lines.length >= installsAt ? TOOLS : undefined);
	return { lines, machine: { find, hasApt: true, isRoot: true, apt, ...over } };
}

describe("the programs of the demo of ringing", () => {
	test("are used where they are there, without asking apt", async () => {
		const { lines, machine: there } = machine({ find: () => TOOLS });
		expect(await ringTools(() => {}, there)).toEqual(TOOLS);
		expect(lines).toEqual([]);
	});

	test("are installed by root, with the lists fetched only where the first try fails", async () => {
		for (const [installsAt, calls] of [
			[1, ["install"]],
			[3, ["install", "update", "install"]],
		] as const) {
			const { lines, machine: bare } = machine({}, installsAt);
			const told: string[] = [];
			expect(await ringTools((line) => told.push(line), bare)).toEqual(TOOLS);
			expect(lines.map((line) => line.split(" ")[1])).toEqual(calls);
		}
	});

	test.each<[string, Partial<Machine>]>([
		["there is no apt", { hasApt: false }],
		["only root may install", { isRoot: false }],
		["apt could not install", {}],
	])("are asked for with the one line to run, where %s", async (why, over) => {
		const failed = await ringTools(() => {}, machine(over).machine).catch((error: Error) => error.message);
		expect(failed).toContain(why);
		expect(failed).toMatch(/sudo apt-get install -y .*kamailio .*kamailio-extra-modules .*baresip-core$/);
	});
});
