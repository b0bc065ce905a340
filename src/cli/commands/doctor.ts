/** `afterbeep doctor`: is all well, and how is what is not well mended? */
import type { Config } from "../../config/index.ts";
import { Failure } from "../../domain/index.ts";
import type { Command, Invocation } from "../command.ts";
import { type Finding, fail, ok, reason } from "../doctor/finding.ts";
import type { Style } from "../terminal.ts";

const MARKS = { ok: ["✓", "green"], warn: ["!", "yellow"], fail: ["✗", "red"] } as const satisfies Record<
	Finding["result"],
	readonly [string, Style]
>;

export const doctor: Command = {
	name: "doctor",
	summary: "Check ports, database, disk, mail, prompts, peers, and say how to mend each",
	settings: true,
	details: "Works beside the running platform and without it. Exit code 1 where something fails.",
	examples: ["afterbeep doctor", "afterbeep doctor --json | jq '.[] | select(.Result != \"ok\")'"],
	async run(invocation) {
		const findings = await examine(invocation);
		const { terminal } = invocation;
		if (invocation.json) {
			terminal.json(findings.map((f) => ({ Check: f.check, Result: f.result, Found: f.found, Mend: f.mend ?? null })));
		} else {
			for (const finding of findings) {
				const [mark, style] = MARKS[finding.result];
				terminal.line(`${terminal.style(style, mark)} ${finding.check.padEnd(12)} ${finding.found}`);
				if (finding.mend !== undefined)
					terminal.line(`  ${" ".repeat(12)} ${terminal.style("dim", `→ ${finding.mend}`)}`);
			}
		}
		return findings.some((finding) => finding.result === "fail") ? 1 : 0;
	},
};

async function examine(invocation: Invocation): Promise<readonly Finding[]> {
	const { checkDataFolder, checkDisk, checkMasterKey, checkNode, checkPrompts, checkTimeZone } = await import(
		"../doctor/machine-checks.ts"
	);
	const { checkMail, checkPlatform } = await import("../doctor/network-checks.ts");
	const { checkPeers } = await import("../doctor/peer-checks.ts");
	const { checkStore } = await import("../doctor/store-checks.ts");
	let config: Config;
	try {
		config = invocation.config();
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		const [, ...problems] = error.message.split("\n");
		return [checkNode(), ...problems.map((line) => fail("settings", line.replace(/^\s*- /, ""), error.mend))];
	}
	const checks: readonly [string, () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>][] = [
		["node", checkNode],
		["settings", () => ok("settings", "all are good (afterbeep config shows them)")],
		["data folder", () => checkDataFolder(config)],
		["disk", () => checkDisk(config)],
		["master key", () => checkMasterKey(config)],
		["platform", () => checkPlatform(config)],
		["database", () => checkStore(config)],
		["mail", () => checkMail(config)],
		["prompts", () => checkPrompts(config)],
		["peers", () => checkPeers(config)],
		["time zone", () => checkTimeZone(config)],
	];
	const findings: Finding[] = [];
	for (const [name, check] of checks) {
		try {
			findings.push(...[await check()].flat());
		} catch (error) {
			findings.push(
				fail(name, `could not be checked: ${reason(error)}`, "This is a bug of Afterbeep: please report it."),
			);
		}
	}
	return findings;
}
