/** Who acts: from a bearer token. A number of another account answers exactly like one that does not exist. */
export interface Principal {
	readonly accountKey: string;
	readonly distributorId: string;
	/** Undefined: all accounts of the distributor. */
	readonly accountId: string | undefined;
	readonly rights: readonly string[];
}
