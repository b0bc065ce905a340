/** `afterbeep jobs`: list and retry. */
import type { JobState } from "../../store/index.ts";
import { type Command, UsageError } from "../command.ts";
import { limitOption } from "../input.ts";
import { listing } from "../terminal.ts";
import { withPlatform } from "../with-platform.ts";

const STATES: readonly (JobState | "dead")[] = [
	"created",
	"retry",
	"active",
	"completed",
	"cancelled",
	"failed",
	"dead",
];

export const jobsList: Command = {
	name: "jobs list",
	summary: "List jobs: mails waiting, retried, dead",
	options: {
		state: { value: "STATE", meaning: `only ${STATES.join(", ")}` },
		name: { value: "NAME", meaning: "only jobs of this name, such as email.message" },
		limit: { value: "N", meaning: "at most so many (100)" },
	},
	examples: ["afterbeep jobs list --state dead", "afterbeep jobs list --name email.message --json"],
	async run(invocation) {
		const given = invocation.value("state")?.toLowerCase();
		const state = STATES.find((name) => name === given);
		if (given !== undefined && state === undefined) throw new UsageError(`--state is none of ${STATES.join(", ")}.`);
		const name = invocation.value("name");
		const limit = limitOption(invocation, 100);
		return withPlatform(invocation, async ({ store }) => {
			const filter = { limit, ...(state === undefined ? {} : { state }), ...(name === undefined ? {} : { name }) };
			const jobs = await store.jobs.list(filter);
			const { terminal } = invocation;
			if (invocation.json) terminal.json(jobs);
			else if (jobs.length === 0) terminal.remark("No such jobs.");
			else {
				const rows = jobs.map((job) => [
					job.JobId,
					job.Name,
					job.Dead ? `${job.State}, dead` : job.State,
					String(job.Attempts),
					job.CreatedOn,
					job.NextAttemptOn,
					job.Error,
				]);
				const titles = ["JobId", "Name", "State", "Attempts", "CreatedOn", "NextAttemptOn", "Error"];
				for (const line of listing(terminal, titles, rows)) terminal.line(line);
				if (jobs.some((job) => job.Dead)) terminal.remark("Run a dead job again: afterbeep jobs retry JOBID");
			}
			return 0;
		});
	},
};

export const jobsRetry: Command = {
	name: "jobs retry",
	summary: "Run a dead or waiting job again now",
	positionals: [{ name: "JOBID", required: true }],
	details: "The job runs in the worker of the running platform, or as soon as one is started.",
	examples: ["afterbeep jobs retry 0190..."],
	async run(invocation) {
		const jobId = invocation.positionals[0]!;
		return withPlatform(invocation, async ({ store }) => {
			const { terminal } = invocation;
			const found = await store.jobs.retry(jobId);
			if (invocation.json) terminal.json({ JobId: jobId, Successful: found });
			else if (found) terminal.line(`${jobId} runs again now.`);
			else terminal.remark(`There is no dead or waiting job ${jobId}. See: afterbeep jobs list`);
			return found ? 0 : 1;
		});
	},
};
