/** The commands, in the order of the help. */
import type { Command } from "../command.ts";
import { accountsCreate, accountsList, accountsShow, accountsUpdate } from "./accounts.ts";
import { audit } from "./audit.ts";
import { call } from "./call.ts";
import { callsList, callsTrace } from "./calls.ts";
import { config } from "./config.ts";
import { demo } from "./demo.ts";
import { distributorsCreate, distributorsList } from "./distributors.ts";
import { doctor } from "./doctor.ts";
import { jobsList, jobsRetry } from "./jobs.ts";
import { keysCreate, keysLimit, keysList, keysRevoke, keysRotate, signingKeysList, signingKeysRotate } from "./keys.ts";
import { mailboxCareCommands } from "./mailbox-care.ts";
import { mailboxesShow } from "./mailboxes.ts";
import { messagesAudio, messagesList } from "./messages.ts";
import { numberLifeCommands } from "./number-life.ts";
import { numbersImport, numbersList } from "./numbers.ts";
import { peerCommands } from "./peers.ts";
import { phoneCommands } from "./phones.ts";
import { routingCommands } from "./routing.ts";
import { start } from "./start.ts";
import {
	subscribersCreate,
	subscribersList,
	subscribersShow,
	subscribersTransfer,
	subscribersUpdate,
} from "./subscribers.ts";
import { thingCommands } from "./things.ts";
import { webhooksDeliveries, webhooksList, webhooksReplay, webhooksTest } from "./webhooks.ts";

const all: readonly Command[] = [
	start,
	demo,
	call,
	numbersList,
	numbersImport,
	...numberLifeCommands,
	distributorsList,
	distributorsCreate,
	accountsList,
	accountsCreate,
	accountsShow,
	accountsUpdate,
	keysList,
	keysCreate,
	keysRotate,
	keysRevoke,
	keysLimit,
	signingKeysList,
	signingKeysRotate,
	subscribersList,
	subscribersCreate,
	subscribersShow,
	subscribersUpdate,
	subscribersTransfer,
	...phoneCommands,
	...routingCommands,
	mailboxesShow,
	...mailboxCareCommands,
	messagesList,
	messagesAudio,
	callsList,
	callsTrace,
	jobsList,
	jobsRetry,
	webhooksList,
	webhooksDeliveries,
	webhooksReplay,
	webhooksTest,
	audit,
	...peerCommands,
	config,
	doctor,
	...thingCommands,
];

/** Commands of one noun stand together, in the order in which the nouns come first. */
const nouns = [...new Set(all.map(({ name }) => name.split(" ")[0]))];
export const COMMANDS = nouns.flatMap((noun) => all.filter(({ name }) => name.split(" ")[0] === noun));
