/** Every INVITE that a recipe promises, read as the platform reads it: what the page says of it must be so. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { choose, DEFAULT_SOURCE_ORDER, readInvite } from "../../src/calls/resolver.ts";
import { invite } from "../support/calls/invite.ts";
import { projectRoot } from "../support/platform.ts";

const FOLDER = join(projectRoot, "docs/recipes");
const MAILBOX = "+15550001001";

/** The extensions that the pages name. */
const policy = {
	order: DEFAULT_SOURCE_ORDER,
	diverter: "original",
	plan: { country: "US", extensions: { "10XX": "+155500010XX" } },
	accessNumbers: ["*86"],
	assertsIdentity: true,
} as const;

const promised = readdirSync(FOLDER)
	.filter((file) => file.endsWith(".md"))
	.flatMap((file) => {
		const text = readFileSync(join(FOLDER, file), "utf8");
		const blocks = [...text.matchAll(/```sip\n(INVITE (\S+) SIP\/2\.0\n[^`]*)```\n\n(.*)\n/g)];
		return blocks.map(([, request = "", uri = "", says = ""], i) => ({ name: `${file} ${i + 1}`, request, uri, says }));
	});

describe("the recipes", () => {
	test("each promise what comes of their INVITE", () => {
		const pages = readdirSync(FOLDER).filter((file) => file !== "README.md");
		for (const page of pages) expect(promised.map(({ name }) => name)).toContain(`${page} 1`);
	});

	test.each(promised)("$name: $says", ({ request, uri, says }) => {
		const wanted = /^mailbox (\S+) by (\w+), (\w+), from (\S+)$/.exec(says)!;
		const reading = readInvite(invite(uri, request.trim().split("\n").slice(1)), policy);
		const whole = { mailboxId: "MBID-1", phoneNumber: MAILBOX } as never;
		const choice = choose(reading.candidates, [{ phoneNumber: MAILBOX, mailbox: whole }]);
		expect(choice.result).toBe("mailbox");
		if (choice.result !== "mailbox") return;
		const { candidate } = choice;
		expect([candidate.phoneNumber, candidate.source, candidate.reason, reading.caller.number ?? "nobody"]).toEqual(
			wanted.slice(1),
		);
	});
});
