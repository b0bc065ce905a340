/**
 * Operations of the contract that no release of Afterbeep will have (contract 4 and 3.6): they belong to a carrier, a
 * shop or a SIM platform. A client that calls one is told so instead of being left to look for its mistake.
 * `docs/compatibility.md` lists each of them; a test holds the two together.
 */

export interface AbsentOperation {
	readonly method: "GET" | "POST";
	/** In lower case, `/v1.0` once. */
	readonly path: string;
}

/** Why, and which: `GET,POST path` under `/v1.0/`. */
const ABSENT: readonly (readonly [why: string, operations: string])[] = [
	[
		"Afterbeep carries no text messages",
		`POST message/outbound, GET message/details, GET message/search, GET message/filter, POST message/device-delivery,
		GET POST subscribers/message-filter, POST subscribers/message-filter/update, POST subscribers/message-filter/delete,
		GET subscribers/message-filter/allowed-contacts, GET subscribers/message-filter/blocked-contacts,
		POST subscribers/message-filter/allowed-contacts/add, POST subscribers/message-filter/allowed-contacts/remove,
		POST subscribers/message-filter/blocked-contacts/add, POST subscribers/message-filter/blocked-contacts/remove,
		GET subscribers/message-filter/keywords`,
	],
	[
		"Afterbeep ports no numbers",
		`POST numbers/portin, POST numbers/portin/eligibility, POST numbers/portin/update, POST numbers/portin/cancel,
		POST numbers/portout, POST numbers/refresh-nnid`,
	],
	[
		"Afterbeep carries no mobile data and knows no handsets",
		`POST numbers/device-details, POST numbers/data-usage, POST numbers/data-usage/settings,
		POST numbers/data-usage/info, POST numbers/data-usage/update-renewal-info`,
	],
	["Afterbeep serves no emergency calls", "GET numbers/e911address, POST numbers/e911address/update"],
	["Afterbeep runs no SIM cards", "POST sims/clear-status, POST sims/update-status"],
	[
		"Afterbeep sells no plans",
		`GET account/packages, GET account/products, GET account/services, GET account/subscriptions,
		GET distributor/packages, GET distributor/products, GET distributor/subscriptions,
		GET POST packages, POST packages/update, POST packages/delete, GET packages/items, POST packages/items/add,
		POST packages/items/update, POST packages/items/delete, GET packages/subscriptions,
		GET POST products, POST products/update, POST products/delete,
		GET POST services, POST services/update, POST services/delete, GET services/items, POST services/items/add,
		POST services/items/update, POST services/items/delete,
		GET POST subscriptions, POST subscriptions/update, POST subscriptions/delete,
		GET subscriptions/thresholds, POST subscriptions/thresholds/add, POST subscriptions/thresholds/update,
		POST subscriptions/thresholds/delete, GET subscriptions/thresholds/assignments,
		POST subscriptions/thresholds/assignments/add, POST subscriptions/thresholds/assignments/update,
		POST subscriptions/thresholds/assignments/delete, GET subscriptions/features, POST subscriptions/features/add,
		POST subscriptions/features/update, POST subscriptions/features/delete, GET subscriptions/features/assignments,
		POST subscriptions/features/assignments/add, POST subscriptions/features/assignments/update,
		POST subscriptions/features/assignments/delete`,
	],
	["operators are made and changed with the command line", "POST distributor/create, POST distributor/update"],
	[
		"a call filter says all that decides about a call",
		`POST subscribers/guardians/relation, POST subscribers/guardians/relation/delete,
		GET subscribers/guardians/relation/parent, GET subscribers/guardians/relation/child`,
	],
];

const whyByPath = new Map<string, string>();
const operations: AbsentOperation[] = [];
for (const [why, list] of ABSENT) {
	for (const entry of list.split(",")) {
		const words = entry.trim().split(" ");
		const path = `/v1.0/${words.at(-1)}`;
		whyByPath.set(path, why);
		for (const method of words.slice(0, -1)) operations.push({ method: method as "GET" | "POST", path });
	}
}

// One page of the contract spells it so.
whyByPath.set("/v1.0/messages/outbound", whyByPath.get("/v1.0/message/outbound")!);

export const ABSENT_OPERATIONS: readonly AbsentOperation[] = operations;

/**
 * What a client is told who calls a path of the contract that Afterbeep does not have, with whatever method.
 *
 * @param path in lower case.
 * @returns undefined for every other path.
 */
export function absentDetail(path: string): string | undefined {
	const why = whyByPath.get(path);
	return why === undefined
		? undefined
		: `this operation is not part of Afterbeep: ${why}. GET /openapi.json lists the operations there are.`;
}
