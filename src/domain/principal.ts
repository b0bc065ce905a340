/** Who changes something, from where and by which operation: what the audit log says of it. */
export interface Actor {
	/** An AccountKey; or `cli:user`, `phone`, `job` where the change came another way. */
	readonly accountKey: string;
	/** Undefined where no single operator is meant. */
	readonly distributorId?: string | undefined;
	/** Source address of the request. */
	readonly address?: string | undefined;
	/** Id of the operation, such as `activateVoicemail`. */
	readonly operation?: string | undefined;
}

/** Who acts: from a bearer token. A number of another account answers exactly like one that does not exist. */
export interface Principal extends Actor {
	readonly distributorId: string;
	/** Undefined: all accounts of the distributor. */
	readonly accountId: string | undefined;
	readonly rights: readonly string[];
	/** Of its key, where that has a limit of its own. */
	readonly requestsPerMinute?: number | undefined;
}
