/** The commands, in the order of the help. */
import type { Command } from "../command.ts";
import { accountsList } from "./accounts.ts";
import { audit } from "./audit.ts";
import { call } from "./call.ts";
import { callsList, callsTrace } from "./calls.ts";
import { config } from "./config.ts";
import { demo } from "./demo.ts";
import { doctor } from "./doctor.ts";
import { jobsList, jobsRetry } from "./jobs.ts";
import { mailboxesShow } from "./mailboxes.ts";
import { messagesAudio, messagesList } from "./messages.ts";
import { numbersImport, numbersList } from "./numbers.ts";
import { start } from "./start.ts";

export const COMMANDS: readonly Command[] = [
	start,
	demo,
	call,
	numbersList,
	numbersImport,
	accountsList,
	mailboxesShow,
	messagesList,
	messagesAudio,
	callsList,
	callsTrace,
	jobsList,
	jobsRetry,
	audit,
	config,
	doctor,
];
