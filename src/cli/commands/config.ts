/** `afterbeep config`: what is in force, and where each value came from. */
import type { Command } from "../command.ts";
import { table } from "../terminal.ts";

export const config: Command = {
	name: "config",
	summary: "Show the settings in force and where each came from",
	settings: true,
	details: `
Settings come from flags, then environment variables, then afterbeep.toml in the data folder.
A variable AFTERBEEP_SIP_PEERS is --sip-peers as a flag and sip_peers in the file. Secrets are hidden.`,
	examples: ["afterbeep config", "afterbeep config --json --data /var/lib/afterbeep"],
	async run(invocation) {
		const { inForce } = invocation.loadConfig();
		const { terminal } = invocation;
		if (invocation.json) {
			terminal.json(
				inForce.map((setting) => ({
					Name: setting.variable,
					Value: setting.value,
					Origin: setting.origin,
					SetBy: setting.setBy ?? null,
					Meaning: setting.meaning,
				})),
			);
			return 0;
		}
		const origin = (setting: (typeof inForce)[number]): string =>
			setting.origin === "default" ? "default" : `${setting.origin} (${setting.setBy})`;
		const [titles, ...rows] = table(
			["Setting", "Value", "From"],
			inForce.map((setting) => [setting.variable, setting.value, origin(setting)]),
		);
		terminal.line(terminal.style("bold", titles!));
		for (const [i, row] of rows.entries()) {
			terminal.line(inForce[i]!.origin === "default" ? terminal.style("dim", row) : row);
		}
		return 0;
	},
};
