/**
 * SDP (RFC 8866) as far as telephone audio needs it: what each m-line offers, checked and bounded. Tolerant of what
 * PBXs get wrong and we do not need; never throws.
 */
import { isIP } from "node:net";
import sdpTransform, { type ParsedMedia, type ParsedSession } from "sdp-transform";
import { MEDIA_LIMITS } from "../limits.ts";
import type { TelephoneEncoding } from "../types.ts";

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

export interface AudioFormat {
	readonly payloadType: number;
	readonly encoding: TelephoneEncoding;
}

/** An audio line that we could use. */
export interface AudioLine {
	/** In the peer's order of preference, at least one. */
	readonly formats: readonly AudioFormat[];
	/** Payload type of telephone-event at 8,000 Hz, undefined where there is none. */
	readonly dtmfPayloadType: number | undefined;
	readonly profile: string;
	readonly address: string;
	readonly port: number;
	readonly rtcpPort: number;
	readonly ptimeMs: number;
	/** As the peer sees it. */
	readonly direction: Direction;
	/** `c=IN IP4 0.0.0.0`, the hold of RFC 2543: send nothing. */
	readonly blackHole: boolean;
}

export interface MediaLine {
	/** `m=` as it stood, for the refusal that must echo it (RFC 3264 §6). */
	readonly raw: string;
	/** Undefined where we cannot take the line; `why` says why. */
	readonly audio: AudioLine | undefined;
	readonly why: string;
}

export type ParsedSdp =
	| { readonly ok: true; readonly lines: readonly MediaLine[] }
	| { readonly ok: false; readonly why: string };

/** Profiles without encryption; feedback (RFC 4585) may be offered and left unused. */
const PROFILES = new Set(["RTP/AVP", "RTP/AVPF"]);
const STATIC_FORMATS: ReadonlyMap<number, TelephoneEncoding> = new Map([
	[0, "PCMU"],
	[8, "PCMA"],
]);

/** Reads an offer or answer. */
export function parseSdp(text: string): ParsedSdp {
	if (text.length > MEDIA_LIMITS.sdpBytesMax)
		return { ok: false, why: `SDP has more than ${MEDIA_LIMITS.sdpBytesMax} octets` };
	const rows = text.split(/\r\n|\r|\n/);
	if (rows.length > MEDIA_LIMITS.sdpLinesMax)
		return { ok: false, why: `SDP has more than ${MEDIA_LIMITS.sdpLinesMax} lines` };
	if (rows[0]?.trim() !== "v=0") return { ok: false, why: "SDP does not begin with v=0" };
	const rawLines = rows.filter((row) => row.startsWith("m=")).map((row) => row.slice(2).trim());
	if (rawLines.length === 0) return { ok: false, why: "SDP has no m-line" };
	if (rawLines.length > MEDIA_LIMITS.sdpMediaLinesMax) {
		return { ok: false, why: `SDP has more than ${MEDIA_LIMITS.sdpMediaLinesMax} m-lines` };
	}
	let session: ParsedSession;
	try {
		session = sdpTransform.parse(rows.join("\r\n"));
	} catch {
		return { ok: false, why: "SDP cannot be read" };
	}
	if (session.media.length !== rawLines.length) return { ok: false, why: "SDP has an m-line that cannot be read" };
	const lines = rawLines.map((raw, index): MediaLine => {
		const read = readAudio(session, session.media[index]!);
		return typeof read === "string" ? { raw, audio: undefined, why: read } : { raw, audio: read, why: "" };
	});
	return { ok: true, lines };
}

/** @returns the line, or why it cannot be taken. */
function readAudio(session: ParsedSession, media: ParsedMedia): AudioLine | string {
	if (media.type !== "audio") return `${media.type ?? "unreadable"} is not audio`;
	const port = Number(media.port);
	if (!Number.isInteger(port) || port < 0 || port > 65_535) return "its port is not a port";
	if (port === 0) return "its port is 0";
	const profile = String(media.protocol);
	if (!PROFILES.has(profile)) return `profile ${profile} is not RTP/AVP`;
	const connection = media.connection ?? session.connection;
	// A multicast address may carry /ttl; for unicast some peers write a prefix length.
	const address = String(connection?.ip ?? "").split("/")[0]!;
	if (isIP(address) === 0) return "its c= line has no IP address";
	const payloadTypes = String(media.payloads ?? "")
		.split(/\s+/)
		.filter(Boolean)
		.map(Number);
	const formats = payloadTypes.flatMap((payloadType): AudioFormat[] => {
		const encoding = encodingOf(media, payloadType);
		return encoding === undefined ? [] : [{ payloadType, encoding }];
	});
	if (formats.length === 0) return "it has neither PCMU nor PCMA";
	const blackHole = address === "0.0.0.0" || address === "::";
	return {
		formats,
		dtmfPayloadType: payloadTypes.find((type) => rtpmapOf(media, type) === "telephone-event/8000"),
		profile,
		address,
		port,
		rtcpPort: rtcpPortOf(media, address, port),
		ptimeMs: ptimeOf(media),
		direction: directionOf(media.direction ?? session.direction),
		blackHole,
	};
}

/** `name/rate` in the case of the registry, channels left out where they are 1; undefined without rtpmap. */
function rtpmapOf(media: ParsedMedia, payloadType: number): string | undefined {
	const map = media.rtp.find((entry) => entry.payload === payloadType);
	if (map === undefined) return undefined;
	const channels = map.encoding === undefined || Number(map.encoding) === 1 ? "" : `/${map.encoding}`;
	return `${String(map.codec).toLowerCase()}/${map.rate}${channels}`;
}

function encodingOf(media: ParsedMedia, payloadType: number): TelephoneEncoding | undefined {
	if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) return undefined;
	const map = rtpmapOf(media, payloadType);
	if (map === undefined) return STATIC_FORMATS.get(payloadType);
	return map === "pcmu/8000" ? "PCMU" : map === "pcma/8000" ? "PCMA" : undefined;
}

/** RFC 3605; an RTCP address of its own is not followed, since reports go only to the peer's media address. */
function rtcpPortOf(media: ParsedMedia, address: string, port: number): number {
	const rtcpPort = Number(media.rtcp?.port);
	const sameHost = media.rtcp?.address === undefined || media.rtcp.address === address;
	if (sameHost && Number.isInteger(rtcpPort) && rtcpPort > 0 && rtcpPort <= 65_535) return rtcpPort;
	return Math.min(port + 1, 65_535);
}

function ptimeOf(media: ParsedMedia): number {
	const { ptimeMsMin, ptimeMsMax, ptimeMsDefault } = MEDIA_LIMITS;
	const longest = Number(media.maxptime) >= ptimeMsMin ? Math.min(Number(media.maxptime), ptimeMsMax) : ptimeMsMax;
	const wished = Number(media.ptime);
	const ptimeMs = Math.min(wished > 0 ? wished : ptimeMsDefault, longest);
	// Whole tens of milliseconds: what every phone can play.
	return Math.max(ptimeMsMin, Math.floor(ptimeMs / 10) * 10);
}

function directionOf(direction: string | undefined): Direction {
	return direction === "sendonly" || direction === "recvonly" || direction === "inactive" ? direction : "sendrecv";
}
