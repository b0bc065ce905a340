/**
 * How the published client asks the API: the hand-written half of `afterbeep/client`. The other half, a typed method per
 * operation, is generated from the OpenAPI document (scripts/make-client.mjs), which takes this file in as it is: it
 * imports nothing, so that it runs wherever there is a `fetch`.
 */

export interface ClientOptions {
	/** Where the platform is, such as `https://voicemail.example.com`; a `/v1.0` at its end does no harm. */
	readonly baseUrl: string;
	readonly accountKey: string;
	readonly accountSecret: string;
	/** Seconds to wait in all, per call, when the rate limit asks for patience; default 0: the 429 is thrown at once. */
	readonly patienceSeconds?: number;
	/** Default: the global one. */
	readonly fetch?: typeof fetch;
}

/** An answer other than 200. */
export class AfterbeepError extends Error {
	override readonly name = "AfterbeepError";
	readonly status: number;
	/** Of a 429 or 503. */
	readonly retryAfterSeconds: number | undefined;
	/** To be quoted when asking the operator of the platform for help. */
	readonly requestId: string | undefined;
	constructor(message: string, status: number, retryAfterSeconds?: number, requestId?: string) {
		super(message);
		this.status = status;
		this.retryAfterSeconds = retryAfterSeconds;
		this.requestId = requestId;
	}
}

export interface OperationFacts {
	readonly method: "GET" | "POST";
	readonly path: string;
	/** Where the members of a request stand. */
	readonly input: "body" | "query";
	readonly auth: boolean;
}

/** A function that carries out any operation: fetches a token when there is none, and once more when it ran out. */
export function createCaller(options: ClientOptions): (operation: OperationFacts, request: object) => Promise<unknown> {
	const base = options.baseUrl.replace(/\/+$/, "");
	const send = options.fetch ?? fetch;
	let token: Promise<string> | undefined;

	function newToken(): Promise<string> {
		const asked = ask({ method: "POST", path: "/v1.0/oauth2/tokens", input: "body", auth: false }, undefined, {
			AccountKey: options.accountKey,
			AccountSecret: options.accountSecret,
		}).then((answer) => (answer as { token: string }).token);
		token = asked;
		// One that could not be had is not kept: the next call tries again.
		asked.catch(() => {
			if (token === asked) token = undefined;
		});
		return asked;
	}

	async function ask(operation: OperationFacts, bearer: string | undefined, request: object): Promise<unknown> {
		const headers: Record<string, string> = { accept: "application/json" };
		if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`;
		let url = base + operation.path;
		const init: RequestInit = { method: operation.method, headers };
		if (operation.input === "query") {
			const query = new URLSearchParams();
			for (const [name, value] of Object.entries(request)) {
				if (value !== undefined && value !== null) query.append(name, String(value));
			}
			if (`${query}` !== "") url += `?${query}`;
		} else {
			headers["content-type"] = "application/json";
			init.body = JSON.stringify(request);
		}
		const response = await send(url, init);
		const text = await response.text();
		if (response.status === 200) return JSON.parse(text);
		throw errorOf(response, text);
	}

	return async (operation, request) => {
		let patienceSeconds = options.patienceSeconds ?? 0;
		let renewed = false;
		for (;;) {
			const used = operation.auth ? (token ?? newToken()) : undefined;
			try {
				return await ask(operation, await used, request);
			} catch (error) {
				if (!(error instanceof AfterbeepError)) throw error;
				// A 401 to the token call itself means a wrong secret: asking again would not help.
				const expired = error.status === 401 && used !== undefined && !renewed && (await tokenWasGood(used));
				if (expired) {
					renewed = true;
					if (token === used) token = undefined;
					continue;
				}
				const wait = error.status === 429 ? (error.retryAfterSeconds ?? 1) : Number.POSITIVE_INFINITY;
				if (wait > patienceSeconds) throw error;
				patienceSeconds -= wait;
				await new Promise((done) => setTimeout(done, wait * 1_000));
			}
		}
	};
}

const tokenWasGood = (token: Promise<string>) =>
	token.then(
		() => true,
		() => false,
	);

function errorOf(response: Response, text: string): AfterbeepError {
	const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
	const message = messageIn(text) ?? `HTTP ${response.status}`;
	return new AfterbeepError(
		message,
		response.status,
		Number.isFinite(retryAfter) ? retryAfter : undefined,
		response.headers.get("x-request-id") ?? undefined,
	);
}

/** Proxies on the way answer with pages of their own. */
function messageIn(text: string): string | undefined {
	try {
		const { Message } = JSON.parse(text) as { Message?: unknown };
		return typeof Message === "string" ? Message : undefined;
	} catch {
		return undefined;
	}
}
