/** Bounds of this room. Those that other rooms share stand in the domain's `LIMITS`. */
export const ROUTING_LIMITS = {
	/** Names, user names and other short texts of a document. */
	textCharsMax: 255,
	/** Announcements and warnings. */
	longTextCharsMax: 4_000,
	urlCharsMax: 2_048,
	/** Addresses of one route's list. */
	ipAddressesMax: 200,
	/** Numbers of one list of a call filter: the whole row is read while a phone rings. */
	filterNumbersMax: 1_000,
	/** Numbers of one `add` or `remove`, phones to notify. */
	numbersPerRequestMax: 1_000,
	/** Rows of one list. */
	listMax: 10_000,
	/** Filters and workgroups read for one number of a call. */
	filtersPerNumberMax: 100,
	/** Numbers of calls of the same moment that are asked for together: so many in one statement, two statements at once. */
	rulesGatheredMax: 200,
	rulesReadingsAtOnce: 2,
} as const;
