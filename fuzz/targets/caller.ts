/** What a call reads of its INVITE: whose mailbox, who calls, who vouches for it, and passwords of callers from anywhere. */
import { readAttestation, readVerstat } from "../../src/calls/attestation.ts";
import { DEFAULT_SOURCE_ORDER, numbersOf, readInvite } from "../../src/calls/resolver.ts";
import { parseCredentials } from "../../src/sip/digest/header.ts";
import { readNonce } from "../../src/sip/digest/nonce.ts";
import { parseDatagram } from "../../src/sip/message/parse.ts";
import { type FuzzTarget, must } from "../target.ts";
import { sipText } from "./sip-grammar.ts";

const POLICY = {
	order: DEFAULT_SOURCE_ORDER,
	diverter: "original",
	plan: { country: "US", extensions: { "10XX": "+15550000XX" } },
	accessNumbers: ["*86"],
	assertsIdentity: true,
} as const;
const KEY = Buffer.alloc(32, 7);
const E164 = /^\+[1-9]\d{1,14}$/;

export const caller: FuzzTarget = {
	name: "caller",
	share: 2,
	generate: (random) => Buffer.from(sipText(random), "latin1"),
	run: (octets) => {
		const result = parseDatagram(octets);
		if (!result.ok || result.message.kind !== "request") return;
		const { message } = result;
		const reading = readInvite(message, POLICY);
		for (const number of numbersOf(reading)) must(E164.test(number), `looked up as a number: ${number}`);
		readAttestation(message);
		readVerstat(message, true);
		for (const name of message.headers.names) {
			for (const value of message.headers.all(name)) {
				const credentials = parseCredentials(value);
				if (credentials !== undefined) readNonce(KEY, "192.0.2.9", credentials.nonce);
			}
		}
	},
};
