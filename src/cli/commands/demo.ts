/** `afterbeep demo`: the platform on a throw-away data folder, and a guided tour of it. */

import type { Command, Invocation } from "../command.ts";
import type { ChildPlatform } from "../demo/child-platform.ts";
import { createScreen, type Screen, StepFailed } from "../demo/screen.ts";
import type { TourResult } from "../demo/tour.ts";

export const demo: Command = {
	name: "demo",
	summary: "Show it all at work: a real call becomes a voicemail, an e-mail, and is heard by PIN",
	options: {
		exit: { meaning: "end by itself after the tour (also where standard input is no terminal)" },
		ring: { meaning: "ring first: Kamailio in front, a phone (baresip) that nobody answers, its lamp" },
	},
	details: `
Starts the platform with a data folder that is thrown away, on the default ports or free ones, and walks
through it: each step is a real request or call, printed so that you can repeat it by hand.
Then it stays up until Ctrl-C. Exit code 0 if every step held, else 1.

--ring needs Kamailio and baresip of Debian 12; as root they are installed where they are missing.`,
	examples: ["afterbeep demo", "afterbeep demo --exit", "afterbeep demo --ring"],
	async run(invocation) {
		const stopped = new AbortController();
		const stop = (signal: string): void => {
			if (stopped.signal.aborted) return;
			// Told at once, since calls and database take seconds to end.
			invocation.terminal.line();
			invocation.terminal.line("Ending the platform and removing its data folder ...");
			stopped.abort(new Stopped(signal));
		};
		// SIGPIPE: the reader of `demo | tee log` is gone, which Ctrl-C ends together with us.
		for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"] as const) process.on(signal, stop);
		const screen = createScreen(invocation.terminal);
		try {
			const run = invocation.flag("ring") ? runRingDemo : runDemo;
			return await run(invocation, screen, stopped.signal);
		} catch (error) {
			const { terminal } = invocation;
			if (stopped.signal.aborted) {
				terminal.line("Stopped.");
				return 130;
			}
			if (!(error instanceof StepFailed)) throw error;
			terminal.line();
			terminal.line(
				terminal.style("red", `The demo failed at step ${screen.count}, "${error.step}": ${error.message}`),
			);
			return 1;
		}
	},
};

class Stopped extends Error {
	override readonly name = "Stopped";
}

async function runDemo(invocation: Invocation, screen: Screen, signal: AbortSignal): Promise<number> {
	const { choosePorts, startChildPlatform } = await import("../demo/child-platform.ts");
	const { runTour } = await import("../demo/tour.ts");
	const { terminal } = invocation;
	const startedAt = performance.now();
	terminal.line(terminal.style("bold", "Afterbeep: a real call becomes a voicemail"));
	await using opened = new AsyncDisposableStack();
	const platform = await screen.step(
		"Start the platform, with an embedded PostgreSQL and nothing set",
		async (notes) => {
			notes.command("npx afterbeep start");
			const choose = async () => {
				const ports = await choosePorts();
				for (const remark of ports.remarks) notes.detail(remark);
				return ports;
			};
			const started = opened.use(await startChildPlatform(invocation.self, choose));
			notes.detail(
				`API at ${started.url}, SIP at ${started.sip}, data in ${started.dataFolder} (thrown away at the end)`,
			);
			return started;
		},
	);
	const broken = Promise.race([platform.ended, rejectedBy(signal)]);
	broken.catch(() => {});
	const tour = runTour({ screen, platform, self: invocation.self, signal });
	// Where the platform dies or Ctrl-C comes, the step at work fails by itself; its own reason is the lesser one.
	tour.catch(() => {});
	const result = await Promise.race([tour, broken]);
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
	terminal.line();
	terminal.line(terminal.style("green", `✓ Every step held, in ${seconds} s.`));
	if (invocation.flag("exit") || process.stdin.isTTY !== true) return 0;
	stayUp(invocation, platform, result);
	await broken.catch((error: unknown) => {
		if (!signal.aborted) throw error;
	});
	return 0;
}

const RING_SECONDS = 6;

async function runRingDemo(invocation: Invocation, screen: Screen, signal: AbortSignal): Promise<number> {
	const { choosePorts, freePort, startChildPlatform } = await import("../demo/child-platform.ts");
	const { ringTools } = await import("../demo/ring-tools.ts");
	const { runRingTour } = await import("../demo/ring-tour.ts");
	const { terminal } = invocation;
	const startedAt = performance.now();
	terminal.line(terminal.style("bold", "Afterbeep behind Kamailio: a phone rings, nobody answers, the voicemail does"));
	await using opened = new AsyncDisposableStack();
	const tools = await screen.step("Look for Kamailio and baresip", async (notes) => {
		const found = await ringTools(notes.command);
		notes.detail(`${found.kamailio}, ${found.baresip}`);
		return found;
	});
	// The well-known ports are the proxy's: phones know no others.
	const ports = await choosePorts();
	const lookup = await freePort(false);
	const platform = await screen.step("Start the platform beside it", async (notes) => {
		const settings = {
			AFTERBEEP_LOOKUP: `127.0.0.1:${lookup}`,
			AFTERBEEP_MWI_ROUTES: `udp:127.0.0.1:${ports.sip}`,
			AFTERBEEP_RING_SECONDS: String(RING_SECONDS),
		};
		notes.command(
			`${Object.entries(settings)
				.map(([name, value]) => `${name}=${value}`)
				.join(" ")} npx afterbeep start`,
		);
		for (const remark of ports.remarks) notes.detail(remark);
		const choose = async () => ({ ...(await choosePorts()), sip: await freePort(true) });
		const started = opened.use(await startChildPlatform(invocation.self, choose, settings));
		notes.detail(
			`API at ${started.url}, SIP at ${started.sip}, data in ${started.dataFolder} (thrown away at the end)`,
		);
		return started;
	});
	const stack = opened.use(new AsyncDisposableStack());
	const broken = Promise.race([platform.ended, rejectedBy(signal)]);
	broken.catch(() => {});
	const tour = runRingTour({
		screen,
		platform,
		self: invocation.self,
		signal,
		tools,
		ports: { kamailio: ports.sip, lookup },
		ringSeconds: RING_SECONDS,
		stack,
	});
	tour.catch(() => {});
	const result = await Promise.race([tour, broken]);
	terminal.line();
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
	terminal.line(terminal.style("green", `✓ Every step held, in ${seconds} s.`));
	if (invocation.flag("exit") || process.stdin.isTTY !== true) return 0;
	stayUp(invocation, platform, result);
	await broken.catch((error: unknown) => {
		if (!signal.aborted) throw error;
	});
	return 0;
}

function rejectedBy(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}

function stayUp(invocation: Invocation, platform: ChildPlatform, { number, pin }: TourResult): void {
	const { terminal } = invocation;
	const port = platform.sip.split(":").at(-1);
	const row = (name: string, value: string): void =>
		terminal.line(`  ${terminal.style("bold", name.padEnd(18))} ${value}`);
	const data = `--data ${platform.dataFolder}`;
	terminal.line();
	terminal.line("The platform stays up until Ctrl-C.");
	row(
		"Leave a message",
		`a SIP phone on this machine: sip:${number}@127.0.0.1:${port}, or npx afterbeep call ${number} ${data}`,
	);
	row("Hear messages", `sip:*86@127.0.0.1:${port}, PIN ${pin}, or npx afterbeep call ${number} --pin ${pin} ${data}`);
	row("API reference", `${platform.url}/docs`);
	row("Metrics", `${platform.url}/metrics`);
	row("Mails", `${platform.dataFolder}/mail`);
	row("Log", platform.logFile);
	row("Look around", `npx afterbeep messages list --all ${data}`);
	row("", `npx afterbeep calls list ${data}`);
	row("", `npx afterbeep doctor ${data}`);
}
