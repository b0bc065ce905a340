/**
 * `npm run bench isolation [PAIRS]`: whether time tells a number of somebody else from one that does not exist. Pairs of
 * requests over one connection, in random order within a pair; the difference of the means with its 95 % confidence
 * interval. Answers in the text are compared by a test; here only the time is looked at.
 */
import pg from "pg";
import { openPost } from "../support/api-load.ts";
import { median, printTable } from "../support/figures.ts";
import { type BenchPlatform, startBenchPlatform } from "../support/platform.ts";

const PAIRS_DEFAULT = 20_000;
const WARM_UP = 500;
const FOREIGN = 200;
/** Two-sided 95 % of the normal distribution; there are thousands of pairs. */
const Z_95 = 1.96;
/** Pauses of the machine, the same for both, hide what is looked for: the slowest pairs are left out. */
const SHARE_KEPT = 0.99;

const OPERATIONS: Readonly<Record<string, object>> = {
	info: {},
	activate: { FirstName: "Jane" },
	update: { Email: "jane@example.com" },
	delete: {},
};

export async function isolationBench(args: readonly string[] = []): Promise<void> {
	const pairs = args[0] === undefined ? PAIRS_DEFAULT : Number(args[0]);
	await using platform = await startBenchPlatform({ apiCore: "0,1" });
	await platform.activateNumbers(1);
	await addForeignNumbers(platform);
	const post = await openPost(platform, 1);
	const rows: Record<string, string | number>[] = [];
	for (const [name, fields] of Object.entries(OPERATIONS)) {
		const ask = async (number: string) => {
			const begun = performance.now();
			const status = await post(`/v1.0/numbers/voicemail/${name}`, { PhoneNumber: number, ...fields });
			const tookUs = (performance.now() - begun) * 1_000;
			if (status !== 404) throw new Error(`${name} of ${number}: ${status}`);
			return tookUs;
		};
		const differences: number[] = [];
		const times: number[] = [];
		for (let i = -WARM_UP; i < pairs; i++) {
			const foreign = numberOf(OTHERS, i);
			const nobodys = numberOf(NOBODYS, i);
			const foreignFirst = Math.random() < 0.5;
			const first = await ask(foreignFirst ? foreign : nobodys);
			const second = await ask(foreignFirst ? nobodys : foreign);
			if (i < 0) continue;
			differences.push(foreignFirst ? first - second : second - first);
			times.push(first, second);
		}
		rows.push(verdict(name, differences, times));
	}
	post.close();
	printTable(
		`isolation: another operator's number against one that does not exist, ${pairs} pairs each, times of one request`,
		rows,
	);
}

const OTHERS = "+447911";
const NOBODYS = "+447922";
const numberOf = (prefix: string, i: number) => `${prefix}${100_000 + (Math.abs(i) % FOREIGN)}`;

async function addForeignNumbers(platform: BenchPlatform): Promise<void> {
	const client = new pg.Client({ connectionString: platform.databaseUrl });
	await client.connect();
	for (const text of [
		"insert into distributors (id, name) values ('DID-other', 'Other')",
		"insert into accounts (id, distributor_id, name) values ('AID-other', 'DID-other', 'Other')",
		`insert into numbers (number, id, distributor_id, account_id, status)
			select '${OTHERS}' || (100000 + i), gen_random_uuid(), 'DID-other', 'AID-other', 'Active' from generate_series(0, ${FOREIGN - 1}) i`,
		`insert into mailboxes (id, phone_number, account_id, email)
			select 'MBID-other-' || number, number, account_id, 'other@example.com' from numbers where account_id = 'AID-other'`,
		"vacuum analyze numbers",
	]) {
		await client.query(text);
	}
	await client.end();
}

function verdict(name: string, differences: readonly number[], times: readonly number[]) {
	const kept = [...differences]
		.sort((a, b) => Math.abs(a) - Math.abs(b))
		.slice(0, Math.round(differences.length * SHARE_KEPT));
	const mean = kept.reduce((sum, each) => sum + each, 0) / kept.length;
	const variance = kept.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (kept.length - 1);
	const half = Z_95 * Math.sqrt(variance / kept.length);
	return {
		operation: name,
		"median us": median(times).toFixed(0),
		"difference us": mean.toFixed(2),
		"95 % from": (mean - half).toFixed(2),
		to: (mean + half).toFixed(2),
		"share of the time": `${((100 * Math.abs(mean)) / median(times)).toFixed(1)} %`,
		"": Math.abs(mean) > half ? "TELLS" : "does not tell",
	};
}
