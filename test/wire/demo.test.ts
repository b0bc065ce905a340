/** `npm run demo`, as a person without a terminal runs it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kamailioInstalled } from "../support/kamailio.ts";
import { projectRoot } from "../support/platform.ts";
import { hasTool } from "../support/tools.ts";

const program = join(projectRoot, "src/cli/main.ts");

interface Demo {
	readonly code: number | null;
	readonly output: string;
}

type OnOutput = (output: string, stop: () => void) => void;

async function runDemo(onOutput: OnOutput = () => {}, ...options: string[]): Promise<Demo> {
	const child = spawn(process.execPath, [program, "demo", ...options], { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk: Buffer) => {
			output += chunk.toString();
			onOutput(output, () => child.kill("SIGINT"));
		});
	}
	const [code] = (await once(child, "close")) as [number | null];
	return { code, output };
}

const dataFolderOf = (output: string): string => /data in (\S+) \(/.exec(output)![1]!;

describe("The demo", () => {
	test("every step holds, the audio heard is the audio spoken, and nothing stays behind", async () => {
		// Taken here, so that the tour has to find another one and say so.
		const taken = createServer().listen(8080, "127.0.0.1");
		await Promise.race([once(taken, "listening"), once(taken, "error").catch(() => {})]).catch(() => {});
		const { code, output } = await runDemo();
		taken.close();
		expect(output).toContain("Every step held");
		expect(code).toBe(0);
		expect(output).toContain("Port 8080 (HTTP) is taken");
		for (const what of ["stored", "attached", "heard on the phone"]) {
			const figure = new RegExp(`Audio ${what}: correlation ([0-9.]+) `).exec(output)?.[1];
			expect(Number(figure), what).toBeGreaterThan(0.99);
		}
		expect(output).toContain('hears "That PIN is not correct.');
		expect(output).toMatch(/Subject: Voicemail from/);
		expect(existsSync(dataFolderOf(output))).toBe(false);
		// Plain text where no terminal reads.
		expect(output).not.toContain("\u001b");
	}, 240_000);

	test("Ctrl-C in the midst ends the platform and removes its folder", async () => {
		const { code, output } = await runDemo((so, stop) => {
			if (/3 {2}Provision/.test(so)) stop();
		});
		expect(code).toBe(130);
		expect(existsSync(dataFolderOf(output))).toBe(false);
	});

	test("who reads along and leaves (demo | tee log, Ctrl-C) leaves no folder behind either", async () => {
		const child = spawn(process.execPath, [program, "demo"], { stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (chunk: Buffer) => {
			output += chunk.toString();
			if (/3 {2}Provision/.test(output)) child.stdout.destroy();
		});
		const [code] = (await once(child, "close")) as [number | null];
		expect(code).toBe(130);
		expect(existsSync(dataFolderOf(output))).toBe(false);
	});

	test.skipIf(!kamailioInstalled() || !hasTool("baresip"))(
		"--ring: a real phone registers at Kamailio and rings, the voicemail answers, the lamp is lit and goes dark",
		async () => {
			const { code, output } = await runDemo(() => {}, "--ring", "--exit");
			expect(output).toContain("Every step held");
			expect(code).toBe(0);
			expect(output).toMatch(/the phone said "Incoming call from: +sip:\+18015550123/);
			expect(output).toContain("mailbox named by HistoryInfo, NoAnswer");
			expect(Number(/Audio stored: correlation ([0-9.]+) /.exec(output)?.[1])).toBeGreaterThan(0.99);
			const lamps = [...output.matchAll(/Messages-Waiting: (\w+), Voice-Message: (\d+\/\d+)/g)];
			expect(lamps.map(([, waiting, counts]) => `${waiting} ${counts}`)).toEqual(["no 0/0", "yes 1/0", "no 0/1"]);
			expect(existsSync(dataFolderOf(output))).toBe(false);
		},
		240_000,
	);
});
