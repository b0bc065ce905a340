/**
 * What a room needs of a logger; pino satisfies it. No PIN, keyed digit, secret or token may be passed in any field;
 * phone numbers only through `maskNumber`.
 */
export interface Log {
	debug(fields: object, message: string): void;
	info(fields: object, message: string): void;
	warn(fields: object, message: string): void;
	error(fields: object, message: string): void;
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
