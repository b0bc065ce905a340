/** `afterbeep calls`: list and trace, the story of one call. */
import type { Store } from "../../store/index.ts";
import type { Command, Invocation } from "../command.ts";
import { limitOption, phoneNumberArgument } from "../input.ts";
import { listing, printable, type Terminal } from "../terminal.ts";
import { type CallRow, callView, type TraceRest, traceView } from "../views.ts";
import { withPlatform } from "../with-platform.ts";

export const callsList: Command = {
	name: "calls list",
	summary: "List calls, newest first, and what became of them",
	positionals: [{ name: "NUMBER", required: false }],
	options: {
		kind: { value: "KIND", meaning: "only deposit, retrieval or refused" },
		limit: { value: "N", meaning: "at most so many (50)" },
	},
	examples: ["afterbeep calls list", "afterbeep calls list +11234567890 --json", "afterbeep calls list --kind refused"],
	async run(invocation) {
		const [given] = invocation.positionals;
		const number = given === undefined ? undefined : phoneNumberArgument(given);
		const limit = limitOption(invocation, 50);
		return withPlatform(invocation, async ({ store }) => {
			const kind = invocation.value("kind")?.toLowerCase();
			let query = store.db.selectFrom("calls").select(COLUMNS).orderBy("startedOn", "desc").limit(limit);
			if (number !== undefined) query = query.where("phoneNumber", "=", number);
			if (kind !== undefined) query = query.where("kind", "=", kind);
			const calls = (await query.execute()).map(callView);
			const { terminal } = invocation;
			if (invocation.json) terminal.json(calls);
			else if (calls.length === 0) terminal.remark("No calls. Is the caller a trusted peer? afterbeep doctor");
			else {
				const rows = calls.map((call) => [
					call.CallId,
					call.StartedOn,
					call.Kind,
					call.From ?? "withheld",
					call.PhoneNumber,
					String(call.Status),
					call.Why,
				]);
				for (const line of listing(
					terminal,
					["CallId", "StartedOn", "Kind", "From", "PhoneNumber", "Status", "Why"],
					rows,
				)) {
					terminal.line(line);
				}
			}
			return 0;
		});
	},
};

export const callsTrace: Command = {
	name: "calls trace",
	summary: "Tell the story of one call: whose mailbox, why, what happened",
	positionals: [{ name: "ID", required: true }],
	details: "ID is a CALL-... of `calls list`, a VMID-... of a message, or the Call-ID of the SIP messages.",
	examples: ["afterbeep calls trace CALL-0190...", "afterbeep calls trace 3848276298220188511@192.0.2.4"],
	async run(invocation) {
		const id = invocation.positionals[0]!;
		return withPlatform(invocation, async ({ store }) => {
			const found = await findCall(store, id);
			if (found === undefined) {
				invocation.terminal.remark(
					`There is no call ${id}. A call is written when it ends; sources that are no peers are not written at all: afterbeep doctor`,
				);
				return 1;
			}
			tell(invocation, found.row, found.rest);
			return 0;
		});
	},
};

const COLUMNS = [
	"id",
	"sipCallId",
	"startedOn",
	"endedOn",
	"kind",
	"phoneNumber",
	"fromNumber",
	"status",
	"why",
	"messageId",
] as const;

async function findCall(store: Store, id: string): Promise<{ row: CallRow; rest: TraceRest } | undefined> {
	const row = await store.db
		.selectFrom("calls")
		.select([...COLUMNS, "trace"])
		.where((where) => where.or([where("id", "=", id), where("sipCallId", "=", id), where("messageId", "=", id)]))
		.orderBy("startedOn", "desc")
		.limit(1)
		.executeTakeFirst();
	return row === undefined ? undefined : { row, rest: (row.trace ?? {}) as TraceRest };
}

function tell(invocation: Invocation, row: CallRow, rest: TraceRest): void {
	const { terminal } = invocation;
	if (invocation.json) terminal.json(traceView(row, rest));
	else for (const line of story(row, rest, terminal)) terminal.line(line);
}

/** The trace as a person reads it. */
export function story(row: CallRow, rest: TraceRest, terminal: Pick<Terminal, "style">): string[] {
	const view = traceView(row, rest);
	const label = (name: string): string => terminal.style("dim", name.padEnd(13));
	const good = row.status < 300;
	const lines = [
		`${terminal.style("bold", view.CallId)}  ${terminal.style(good ? "green" : "yellow", `${view.Kind}, ${view.Status}`)}`,
		`${label("why")}${printable(view.Why)}`,
		`${label("started")}${view.StartedOn}${view.EndedOn === null ? "" : `, ended ${view.EndedOn}`}`,
		`${label("from")}${printable(view.From ?? "withheld")}${view.Source === null ? "" : `, sent by ${view.Source}`}`,
		`${label("request")}${printable(view.RequestUri ?? "-")}`,
		`${label("SIP Call-ID")}${printable(view.SipCallId)}`,
	];
	if (view.Identity !== null) lines.push(`${label("identity")}${printable(view.Identity)}`);
	if (view.PhoneNumber !== null) {
		const source = view.MailboxSource === null ? "" : `, named by ${view.MailboxSource}`;
		lines.push(`${label("mailbox")}${view.PhoneNumber}${source}`);
	}
	if (view.MessageId !== null) lines.push(`${label("message")}${view.MessageId}`);
	if (view.Candidates.length > 0) {
		lines.push("", terminal.style("bold", "Whose mailbox? In the order in which they were tried"));
		for (const candidate of view.Candidates) {
			const chosen = candidate.Source === view.MailboxSource && candidate.PhoneNumber === view.PhoneNumber;
			const mark = chosen ? terminal.style("green", "→") : " ";
			const number = candidate.PhoneNumber ?? "not a number";
			lines.push(` ${mark} ${candidate.Source.padEnd(12)} ${number.padEnd(17)} ${printable(candidate.Why)}`);
			lines.push(terminal.style("dim", `                  ${printable(candidate.Raw)}`));
		}
	}
	if (view.Steps.length > 0) {
		lines.push("", terminal.style("bold", "What happened"));
		for (const step of view.Steps) {
			lines.push(`  ${`${(step.AtMs / 1000).toFixed(2)} s`.padStart(9)}  ${printable(step.What)}`);
		}
	}
	return lines;
}
