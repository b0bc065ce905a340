/** From the octets of a request body to a JSON value: media type, size, time, encoding, shape. */
import type { IncomingMessage } from "node:http";
import { HttpError } from "./errors.ts";
import { assertHarmlessJson } from "./json-text.ts";

export interface BodyBounds {
	readonly bytesMax: number;
	readonly timeoutMs: number;
}

/**
 * @returns undefined when there is no body at all.
 * @throws HttpError 400, 408, 413, 415.
 */
export async function readJsonBody(request: IncomingMessage, bounds: BodyBounds): Promise<unknown> {
	const { headers } = request;
	if (headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0) return undefined;
	assertJsonType(headers["content-type"], headers["content-encoding"]);
	return parseJson(await readBytes(request, bounds));
}

/** The three types of contract 1.2, in UTF-8 only: RFC 8259 §8.1 knows no other encoding. */
export function assertJsonType(contentType: string | undefined, contentEncoding: string | undefined): void {
	const wanted = "send the body as application/json in UTF-8";
	if (contentType === undefined) throw new HttpError(415, `the Content-Type header is missing; ${wanted}.`);
	const [type = "", ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
	if (!/^(application\/json|text\/json|application\/[a-z0-9!#$&^_.+-]+\+json)$/.test(type)) {
		throw new HttpError(
			415,
			`this Content-Type is not taken; ${wanted} (text/json and application/*+json are the same).`,
		);
	}
	const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
	if (charset !== undefined && !/^"?(utf-?8|us-ascii)"?$/.test(charset)) {
		throw new HttpError(415, `this charset is not taken; ${wanted}.`);
	}
	if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== "identity") {
		throw new HttpError(415, `compressed bodies are not taken; ${wanted} without Content-Encoding.`);
	}
}

/** Whole texts only: between two of them it holds nothing. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws HttpError 400 on anything but one JSON text in UTF-8, with or without a byte order mark. */
export function parseJson(bytes: Uint8Array): unknown {
	let text: string;
	try {
		text = utf8.decode(bytes);
	} catch {
		throw new HttpError(400, "the body is not UTF-8. Send JSON in UTF-8.");
	}
	if (text.trim() === "") return undefined;
	assertHarmlessJson(text);
	try {
		return JSON.parse(text);
	} catch {
		throw new HttpError(400, "the body is not valid JSON. Check quotes, commas and brackets.");
	}
}

function readBytes(request: IncomingMessage, { bytesMax, timeoutMs }: BodyBounds): Promise<Uint8Array> {
	const tooLarge = () =>
		new HttpError(413, `the body exceeds ${bytesMax} bytes. Send less in one request.`, { connection: "close" });
	if (Number(request.headers["content-length"] ?? 0) > bytesMax) return Promise.reject(tooLarge());

	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let length = 0;
		const timer = setTimeout(
			() => finish(() => reject(new HttpError(408, undefined, { connection: "close" }))),
			timeoutMs,
		);
		const onData = (chunk: Buffer) => {
			length += chunk.length;
			if (length > bytesMax) finish(() => reject(tooLarge()));
			else chunks.push(chunk);
		};
		const onEnd = () => finish(() => resolve(Buffer.concat(chunks, length)));
		// Cut off by the client: nobody is left to read the answer, but the log line says 408 (contract 1.4).
		const onCut = () => finish(() => reject(new HttpError(408)));
		function finish(settle: () => void): void {
			clearTimeout(timer);
			request.off("data", onData).off("end", onEnd).off("error", onCut).off("close", onCut);
			// A request stream without an error listener would throw when its socket breaks later.
			request.on("error", () => {});
			settle();
		}
		request.on("data", onData).on("end", onEnd).on("error", onCut).on("close", onCut);
	});
}
