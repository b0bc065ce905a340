import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands/index.ts";
import { run, runOn } from "./terminal-double.ts";

describe("Help", () => {
	test.each(COMMANDS.map((command) => command.name))("%s --help has usage, options and examples", async (name) => {
		const { code, stdout } = await run(...name.split(" "), "--help");
		expect(code).toBe(0);
		expect(stdout).toContain(`afterbeep ${name}`);
		for (const part of ["Usage", "Options", "--json", "--data DIR", "Examples"]) expect(stdout).toContain(part);
		expect(stdout.split("\n").filter((line) => line.length > 130)).toEqual([]);
	});

	test("the overview names every command", async () => {
		const { code, stdout } = await run("--help");
		expect(code).toBe(0);
		for (const { name } of COMMANDS) expect(stdout).toContain(name);
	});

	test("without a command the overview is shown, as a wrong call", async () => {
		expect(await run()).toMatchObject({ code: 2 });
		expect(await run("messages")).toMatchObject({ code: 2 });
		expect((await run("messages", "--help")).code).toBe(0);
	});

	test("the settings are flags of start, each with its meaning", async () => {
		const { stdout } = await run("start", "--help");
		expect(stdout).toMatch(/--sip-peers VALUE +trusted peers/);
		expect(stdout).not.toContain("--account-secret");
	});
});

describe("Wrong calls end with exit code 2 and the nearest name", () => {
	test.each([
		[["strat"], 'Did you mean "start"?'],
		[["messages", "lits"], 'Did you mean "messages list"?'],
		[["messages", "list", "--al"], "Did you mean --all?"],
		[["start", "--sip-peer", "10.0.0.1"], "Did you mean --sip-peers?"],
		[["messages", "list", "--limit"], "--limit needs a value"],
		[["messages", "list", "--all=yes"], "--all takes no value"],
		[["messages", "list"], "Give a NUMBER, or --all"],
		[["messages", "list", "12ab"], "E.164"],
		[["messages", "list", "--all", "--limit", "0"], "--limit"],
		[["mailboxes", "show"], "NUMBER is missing"],
		[["subscribers", "transfer"], "SUBSCRIBERID, FROM and TO are missing"],
		[["mailboxes", "show", "+1", "+2"], "one word too many"],
		[["jobs", "list", "--state", "gone"], "--state is none of"],
		[["call", "+11234567890", "--keys", "1"], "--keys needs --pin"],
		[["call", "+11234567890", "--pin", "12a4"], "not a row of digits"],
		[["call", "+11234567890", "--to", "sctp:1.2.3.4:5060"], "--to"],
		[["call", "+11234567890", "--seconds", "0"], "--seconds"],
	])("%j", async (words, message) => {
		const { code, stderr } = await run(...words);
		expect(stderr).toContain(message);
		expect(code).toBe(2);
	});

	test("audio is not written to a terminal", async () => {
		const { code, stderr } = await runOn({ interactive: true }, "messages", "audio", "VMID-1");
		expect(code).toBe(2);
		expect(stderr).toContain("> message.wav");
	});
});

describe("Settings of the command line", () => {
	test("config shows values, where they came from, and no secret", async () => {
		const { code, stdout } = await run(
			"config",
			"--json",
			"--data",
			"/nonexistent/afterbeep",
			"--country",
			"de",
			"--smtp-url",
			"smtp://me:geheim@mail.example:587",
		);
		expect(code).toBe(0);
		const settings = JSON.parse(stdout) as { Name: string; Value: string; Origin: string; SetBy: string }[];
		expect(settings.find((setting) => setting.Name === "AFTERBEEP_COUNTRY")).toMatchObject({
			Value: "de",
			Origin: "command line",
			SetBy: "--country",
		});
		expect(stdout).not.toContain("geheim");
	});

	test("a wrong setting ends with exit code 1 and says which", async () => {
		const { code, stderr } = await run("config", "--http", "everywhere");
		expect(code).toBe(1);
		expect(stderr).toContain("--http: ");
	});
});
