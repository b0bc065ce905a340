/** `afterbeep numbers`: list, and import into the operator's pool. */
import { cliPrincipal, DISTRIBUTOR_OPTION } from "../acting.ts";
import type { Command } from "../command.ts";
import { limitOption } from "../input.ts";
import { readNumberFile } from "../number-file.ts";
import { listing } from "../terminal.ts";
import { readText } from "../text-file.ts";
import { numberView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

export const numbersList: Command = {
	name: "numbers list",
	summary: "List the numbers we hold, assigned or in the pool",
	options: {
		status: { value: "STATUS", meaning: "only Pool, Active, Parked or Cancelled" },
		limit: { value: "N", meaning: "at most so many (100)" },
	},
	examples: ["afterbeep numbers list --status Pool", "afterbeep numbers list --limit 10000 --json"],
	async run(invocation) {
		const limit = limitOption(invocation, 100);
		const status = invocation.value("status");
		const canonical = status === undefined ? undefined : status.charAt(0).toUpperCase() + status.slice(1).toLowerCase();
		return withPlatform(invocation, async ({ numbers }) => {
			const { terminal } = invocation;
			const views = (await numbers.list({ status: canonical, limit: limit + 1 })).map(numberView);
			const more = views.length > limit;
			if (more) views.pop();
			if (invocation.json) terminal.json(views);
			else if (views.length === 0) terminal.remark("No such numbers. Fill the pool: afterbeep numbers import FILE.csv");
			else {
				const titles = ["Number", "Status", "AccountId", "AreaCode", "ZipCode", "ICCID"] as const;
				const rows = views.map((view) => titles.map((title) => view[title]));
				for (const line of listing(terminal, titles, rows)) terminal.line(line);
				if (more) terminal.remark(`The first ${limit}; more with --limit.`);
			}
			return 0;
		});
	},
};

const PROBLEMS_SHOWN_MAX = 20;

export const numbersImport: Command = {
	name: "numbers import",
	summary: "Fill the pool from a CSV file",
	positionals: [{ name: "FILE.csv", required: true }],
	options: { ...DISTRIBUTOR_OPTION, "skip-bad": { meaning: "import the good lines, leave out the bad ones" } },
	details: `
The file has a header with Number and, where wanted, AreaCode, ZipCode, ICCID, in any order.
Numbers are E.164 (+11234567890). Nothing is imported unless every line is good.
Numbers that are held already are skipped. The first import removes the unassigned example numbers.`,
	examples: ["afterbeep numbers import numbers.csv", "afterbeep numbers import numbers.csv --skip-bad --json"],
	async run(invocation) {
		const { terminal } = invocation;
		const path = invocation.positionals[0]!;
		const file = readNumberFile(await readText(path));
		const skipBad = invocation.flag("skip-bad");
		const bad = file.problems.map((problem) => ({ Line: problem.line, Reason: problem.reason }));
		const refused = file.numbers.length === 0 || (bad.length > 0 && !skipBad);
		if (!invocation.json) {
			for (const problem of bad.slice(0, PROBLEMS_SHOWN_MAX)) {
				terminal.remark(`${path}, line ${problem.Line}: ${problem.Reason}`);
			}
			if (bad.length > PROBLEMS_SHOWN_MAX)
				terminal.remark(`... and ${bad.length - PROBLEMS_SHOWN_MAX} more (--json shows all)`);
		}
		if (refused) {
			if (invocation.json) terminal.json({ Imported: 0, Skipped: [], Bad: bad });
			else if (file.numbers.length === 0) terminal.remark("Nothing imported: the file has no good line.");
			else terminal.remark("Nothing imported. Mend these lines, or leave them out with --skip-bad.");
			return 1;
		}
		return withPlatform(invocation, async ({ numbers, operators }) => {
			const who = await cliPrincipal(operators, "numbers import", invocation.value("distributor"));
			const result = await numbers.importPool(who.distributorId, file.numbers, who);
			if (invocation.json) terminal.json({ Imported: result.imported, Skipped: result.skipped, Bad: bad });
			else {
				const held = result.skipped.length === 0 ? "" : `, ${result.skipped.length} held already`;
				const left = bad.length === 0 ? "" : `, ${bad.length} bad ${bad.length === 1 ? "line" : "lines"} left out`;
				const imported = result.imported === 1 ? "1 number" : `${result.imported} numbers`;
				terminal.line(`${imported} imported${held}${left}.`);
			}
			return 0;
		});
	},
};
