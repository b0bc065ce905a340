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
	/** Filters read for the numbers of one call. */
	filtersPerCallMax: 100,
} as const;
