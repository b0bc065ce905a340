/**
 * SDP (RFC 8866) as far as telephone audio needs it: what each m-line offers, checked and bounded. Tolerant of what
 * PBXs get wrong and we do not need; never throws.
 */
import { isIP } from "node:net";
import sdpTransform, { type ParsedMedia, type ParsedSession } from "sdp-transform";
import { type OpusWishes, parseOpusFmtp, WIRE_CODECS, WIRE_FORMS, type WireCodec } from "../codec/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import { type CryptoLine, cryptoLines } from "./crypto.ts";

export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

export interface AudioFormat {
	readonly payloadType: number;
	readonly codec: WireCodec;
	readonly opus?: OpusWishes;
}

/** telephone-event (RFC 4733) at one clock. */
export interface EventFormat {
	readonly payloadType: number;
	readonly clockHz: number;
}

/** An audio line that we could use. */
export interface AudioLine {
	/** In the peer's order of preference; those that we know. */
	readonly formats: readonly AudioFormat[];
	/** All formats as they are named, for whoever must be told that none of them will do. */
	readonly names: readonly string[];
	readonly events: readonly EventFormat[];
	readonly profile: string;
	/** RTP/SAVP and RTP/SAVPF: nothing but SRTP (RFC 3711 §12, RFC 5124). */
	readonly secure: boolean;
	/** SDES keys that we could use, in the peer's order; with RTP/AVP they are an offer (RFC 8643). */
	readonly crypto: readonly CryptoLine[];
	readonly address: string;
	readonly port: number;
	readonly rtcpPort: number;
	/** The packet time that the peer asks for, within our bounds and its `maxptime`. */
	readonly ptimeMs: number;
	/** Longer packets it does not take. */
	readonly ptimeMsMax: number;
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

/** Feedback (RFC 4585) may be offered and left unused. */
const PROFILES = new Set(["RTP/AVP", "RTP/AVPF"]);
const SECURE_PROFILES = new Set(["RTP/SAVP", "RTP/SAVPF"]);
const EVENT_CLOCKS_HZ = [8000, 16_000, 48_000];

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
	const secure = SECURE_PROFILES.has(profile);
	if (!secure && !PROFILES.has(profile)) return `profile ${profile} is neither RTP/AVP nor RTP/SAVP`;
	const connection = media.connection ?? session.connection;
	// A multicast address may carry /ttl; for unicast some peers write a prefix length.
	const address = String(connection?.ip ?? "").split("/")[0]!;
	if (isIP(address) === 0) return "its c= line has no IP address";
	const payloadTypes = String(media.payloads ?? "")
		.split(/\s+/)
		.filter(Boolean)
		.map(Number);
	const formats = payloadTypes.flatMap((payloadType): AudioFormat[] => {
		const codec = codecOf(media, payloadType);
		if (codec === undefined) return [];
		return [{ payloadType, codec, ...(codec === "opus" && { opus: parseOpusFmtp(fmtpOf(media, payloadType)) }) }];
	});
	const blackHole = address === "0.0.0.0" || address === "::";
	return {
		formats,
		names: payloadTypes.map((payloadType) => nameOf(media, payloadType)),
		events: payloadTypes.flatMap((payloadType) => eventOf(media, payloadType) ?? []),
		profile,
		secure,
		crypto: cryptoLines(media.crypto ?? []),
		address,
		port,
		rtcpPort: rtcpPortOf(media, address, port),
		...ptimesOf(media),
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

function codecOf(media: ParsedMedia, payloadType: number): WireCodec | undefined {
	if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) return undefined;
	const map = rtpmapOf(media, payloadType);
	return WIRE_CODECS.find((codec) => {
		const { rtpmap, staticPayloadType } = WIRE_FORMS[codec];
		return map === undefined ? staticPayloadType === payloadType : map === rtpmap.toLowerCase();
	});
}

/** What a person would call the format. */
function nameOf(media: ParsedMedia, payloadType: number): string {
	const map = media.rtp.find((entry) => entry.payload === payloadType);
	return map === undefined ? (codecOf(media, payloadType) ?? `payload type ${payloadType}`) : String(map.codec);
}

function eventOf(media: ParsedMedia, payloadType: number): EventFormat | undefined {
	const map = rtpmapOf(media, payloadType);
	const clockHz = EVENT_CLOCKS_HZ.find((hz) => map === `telephone-event/${hz}`);
	return clockHz === undefined ? undefined : { payloadType, clockHz };
}

const fmtpOf = (media: ParsedMedia, payloadType: number): string =>
	String(media.fmtp.find((entry) => entry.payload === payloadType)?.config ?? "");

/** RFC 3605; an RTCP address of its own is not followed, since reports go only to the peer's media address. */
function rtcpPortOf(media: ParsedMedia, address: string, port: number): number {
	const rtcpPort = Number(media.rtcp?.port);
	const sameHost = media.rtcp?.address === undefined || media.rtcp.address === address;
	if (sameHost && Number.isInteger(rtcpPort) && rtcpPort > 0 && rtcpPort <= 65_535) return rtcpPort;
	return Math.min(port + 1, 65_535);
}

function ptimesOf(media: ParsedMedia): { readonly ptimeMs: number; readonly ptimeMsMax: number } {
	const { ptimeMsMin, ptimeMsMax, ptimeMsDefault } = MEDIA_LIMITS;
	const longest = Number(media.maxptime) >= ptimeMsMin ? Math.min(Number(media.maxptime), ptimeMsMax) : ptimeMsMax;
	const wished = Number(media.ptime);
	const ptimeMs = Math.min(wished > 0 ? wished : ptimeMsDefault, longest);
	// Whole tens of milliseconds: what every phone can play.
	return { ptimeMs: Math.max(ptimeMsMin, Math.floor(ptimeMs / 10) * 10), ptimeMsMax: longest };
}

function directionOf(direction: string | undefined): Direction {
	return direction === "sendonly" || direction === "recvonly" || direction === "inactive" ? direction : "sendrecv";
}
