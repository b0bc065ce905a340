/** Offer and answer (RFC 3264) for one line of telephone audio. Pure. */
import { isIP, isIPv4 } from "node:net";
import { OPUS_FMTP, WIRE_CODECS, WIRE_FORMS, type WireCodec } from "../codec/index.ts";
import { MEDIA_LIMITS } from "../limits.ts";
import type { LocalMedia, Negotiated, SdpAnswer } from "../types.ts";
import type { CryptoLine } from "./crypto.ts";
import {
	type AudioFormat,
	type AudioLine,
	type Direction,
	type EventFormat,
	type MediaLine,
	parseSdp,
} from "./parse.ts";
import { answerCrypto, offerCrypto, securityOf, settledCrypto } from "./security.ts";

/** Payload type of telephone-event in our own offers by its clock; 101 is what nearly everybody uses. */
const EVENT_PAYLOAD_TYPES: ReadonlyMap<number, number> = new Map([
	[8000, 101],
	[48_000, 110],
]);

/**
 * Answers an offer, first or later (hold, resume, a moved phone): raise `local.sessionVersion` for each.
 * The first usable audio line is taken with the first of its formats that we know and may use; every other line is
 * refused with port 0 (RFC 3264 §6); where SRTP is allowed, a line that comes with keys goes before one without. `sendonly`, `inactive` and the old `c=0.0.0.0` are answered `recvonly` and
 * `inactive` (§8.4).
 *
 * @param remoteSignallingAddress where the offer came from, for peers behind a NAT.
 * @returns never throws; 400 for what is not SDP, 488 for SDP without audio that we know.
 */
export function answerOffer(offer: string, local: LocalMedia, remoteSignallingAddress?: string): SdpAnswer {
	const parsed = parseSdp(offer);
	if (!parsed.ok) return { ok: false, status: 400, why: parsed.why };
	const chosen = choose(parsed.lines, local);
	if (typeof chosen === "string") return { ok: false, status: 488, why: chosen };
	const { line, audio, format } = chosen;
	const { lines: crypto, srtp } = answerCrypto(chosen.crypto, local.srtp);
	const event = eventFor(audio.events, format.codec);
	const ptimeMs = ptimeFor(audio, format.codec);
	const direction = answerDirection(audio);
	const events = event === undefined ? [] : [event];
	const described = { profile: audio.profile, crypto, ptimeMs, formats: [format], events };
	const sdp = [
		...sessionLines(local),
		...parsed.lines.flatMap((other) => (other === line ? audioLines(local, described, direction) : refusal(other.raw))),
	];
	const negotiated = {
		...remoteOf(audio, remoteSignallingAddress),
		...flowOf(direction),
		codec: format.codec,
		payloadType: format.payloadType,
		// An answer keeps the offer's numbers (RFC 3264 §6.1), so both ways are the same.
		receivePayloadType: format.payloadType,
		telephoneEvent: event && { ...event, receivePayloadType: event.payloadType },
		...(format.opus && { opus: format.opus }),
		ptimeMs,
		...(srtp && { srtp }),
	};
	return { ok: true, sdp: `${sdp.join("\r\n")}\r\n`, negotiated };
}

/** An offer of our own: to place a call, and in the 200 to an INVITE that came without one (late offer). */
export function makeOffer(local: LocalMedia): string {
	const formats = codecsOf(local).map((codec) => ({ codec, payloadType: WIRE_FORMS[codec].offeredPayloadType }));
	const clocks = new Set(formats.map(({ codec }) => WIRE_FORMS[codec].clockHz));
	const events = [...EVENT_PAYLOAD_TYPES]
		.filter(([clockHz]) => clocks.has(clockHz))
		.map(([clockHz, payloadType]) => ({ clockHz, payloadType }));
	const { profile, lines: crypto } = offerCrypto(local.srtp);
	const described = { profile, crypto, ptimeMs: MEDIA_LIMITS.ptimeMsDefault, formats, events };
	return `${[...sessionLines(local), ...audioLines(local, described, "sendrecv")].join("\r\n")}\r\n`;
}

/**
 * Reads the answer to an offer of ours. The answer may give a format another number than our offer did: then we send
 * under its number and receive under ours (RFC 3264 §5.1).
 *
 * @returns `sdp` is the answer as it came; 488 where it takes nothing that we offered.
 */
export function acceptAnswer(offer: string, answer: string, remoteSignallingAddress?: string): SdpAnswer {
	const ours = parseSdp(offer);
	const theirs = parseSdp(answer);
	if (!ours.ok) return { ok: false, status: 400, why: `our offer: ${ours.why}` };
	if (!theirs.ok) return { ok: false, status: 400, why: theirs.why };
	const offered = ours.lines[0]?.audio;
	const line = theirs.lines[0]!;
	if (line.audio === undefined || offered === undefined) return { ok: false, status: 488, why: line.why };
	const audio = line.audio;
	const ofOurs = (codec: WireCodec) => offered.formats.find((one) => one.codec === codec);
	const format = audio.formats.find((one) => ofOurs(one.codec) !== undefined);
	if (format === undefined) return { ok: false, status: 488, why: "the answer takes no format that was offered" };
	const srtp = settledCrypto(offered, audio);
	if (typeof srtp === "string") return { ok: false, status: 488, why: srtp };
	const event = eventFor(audio.events, format.codec);
	const ourEvent = offered.events.find((one) => one.clockHz === event?.clockHz);
	const negotiated = {
		...remoteOf(audio, remoteSignallingAddress),
		...flowOf(answerDirection(audio)),
		codec: format.codec,
		payloadType: format.payloadType,
		receivePayloadType: ofOurs(format.codec)!.payloadType,
		telephoneEvent: event && { ...event, receivePayloadType: ourEvent?.payloadType ?? event.payloadType },
		...(format.opus && { opus: format.opus }),
		ptimeMs: ptimeFor(audio, format.codec),
		...(srtp && { srtp }),
	};
	return { ok: true, sdp: answer, negotiated };
}

const codecsOf = (local: LocalMedia): readonly WireCodec[] => local.codecs ?? WIRE_CODECS;

interface Chosen {
	readonly line: MediaLine;
	readonly audio: AudioLine;
	readonly format: AudioFormat;
	/** Undefined: plain RTP. */
	readonly crypto: CryptoLine | undefined;
}

/** @returns the line to take and its format, or why there is none. */
function choose(lines: readonly MediaLine[], local: LocalMedia): Chosen | string {
	const codecs = codecsOf(local);
	const reasons: string[] = [];
	let plain: Chosen | undefined;
	for (const [index, line] of lines.entries()) {
		const { audio } = line;
		const format = audio && preferred(audio.formats, local.codecs);
		if (audio === undefined) reasons.push(`m-line ${index + 1}: ${line.why}`);
		else if (format === undefined) {
			const offered = [...new Set(audio.names)].join(", ");
			reasons.push(`m-line ${index + 1}: of ${offered} none is spoken here; ${codecs.join(", ")} are`);
		} else if (isIPv4(audio.address) !== isIPv4(local.address) && !audio.blackHole) {
			reasons.push(`m-line ${index + 1}: ${audio.address} and ${local.address} are of different IP versions`);
		} else {
			const security = securityOf(audio, local.srtp);
			if ("why" in security) reasons.push(`m-line ${index + 1}: ${security.why}`);
			else if (security.crypto === undefined) plain ??= { line, audio, format, crypto: undefined };
			else return { line, audio, format, crypto: security.crypto };
		}
	}
	return plain ?? reasons.join("; ");
}

/** The first of ours where there is an order of ours, else the peer's first. */
function preferred(formats: readonly AudioFormat[], codecs: readonly WireCodec[] | undefined): AudioFormat | undefined {
	if (codecs === undefined) return formats[0];
	for (const codec of codecs) {
		const format = formats.find((one) => one.codec === codec);
		if (format !== undefined) return format;
	}
	return undefined;
}

/** Events count by the clock of their audio (RFC 4733 §2.1); a peer that names another clock only is taken at its word. */
function eventFor(events: readonly EventFormat[], codec: WireCodec): EventFormat | undefined {
	return events.find((event) => event.clockHz === WIRE_FORMS[codec].clockHz) ?? events[0];
}

/** The longest packet that the codec has within what the peer asks for; its shortest where that is shorter still. */
function ptimeFor({ ptimeMs }: AudioLine, codec: WireCodec): number {
	const { ptimesMs } = WIRE_FORMS[codec];
	return ptimesMs.findLast((ms) => ms <= ptimeMs) ?? ptimesMs[0]!;
}

/** What we answer to what the peer says of itself. */
function answerDirection({ direction, blackHole }: AudioLine): Direction {
	const peerSends = direction === "sendrecv" || direction === "sendonly";
	const peerHears = !blackHole && (direction === "sendrecv" || direction === "recvonly");
	if (peerSends) return peerHears ? "sendrecv" : "recvonly";
	return peerHears ? "sendonly" : "inactive";
}

const flowOf = (direction: Direction) => ({
	sending: direction === "sendrecv" || direction === "sendonly",
	receiving: direction === "sendrecv" || direction === "recvonly",
});

function remoteOf(
	audio: AudioLine,
	signallingAddress: string | undefined,
): Pick<Negotiated, "remoteAddress" | "remotePort" | "remoteRtcpPort" | "signallingAddress"> {
	return {
		remoteAddress: audio.address,
		remotePort: audio.port,
		remoteRtcpPort: audio.rtcpPort,
		...(signallingAddress !== undefined && isIP(signallingAddress) !== 0 ? { signallingAddress } : {}),
	};
}

function sessionLines(local: LocalMedia): string[] {
	const family = isIPv4(local.address) ? "IP4" : "IP6";
	return [
		"v=0",
		`o=- ${local.sessionId} ${local.sessionVersion} IN ${family} ${local.address}`,
		"s=-",
		`c=IN ${family} ${local.address}`,
		"t=0 0",
	];
}

interface Described {
	readonly profile: string;
	readonly crypto: readonly string[];
	readonly ptimeMs: number;
	readonly formats: readonly AudioFormat[];
	readonly events: readonly EventFormat[];
}

function audioLines(
	local: LocalMedia,
	{ profile, crypto, ptimeMs, formats, events }: Described,
	direction: Direction,
): string[] {
	const types = [...formats, ...events].map(({ payloadType }) => payloadType);
	return [
		`m=audio ${local.port} ${profile} ${types.join(" ")}`,
		...crypto,
		...formats.map(({ payloadType, codec }) => `a=rtpmap:${payloadType} ${WIRE_FORMS[codec].rtpmap}`),
		...formats.flatMap(({ payloadType, codec }) => (codec === "opus" ? `a=fmtp:${payloadType} ${OPUS_FMTP}` : [])),
		...events.flatMap(({ payloadType, clockHz }) => [
			`a=rtpmap:${payloadType} telephone-event/${clockHz}`,
			`a=fmtp:${payloadType} 0-15`,
		]),
		`a=ptime:${ptimeMs}`,
		`a=maxptime:${MEDIA_LIMITS.ptimeMsMax}`,
		`a=${direction}`,
	];
}

/** Same line with port 0; its formats mean nothing but must be there (RFC 3264 §6). */
function refusal(raw: string): string {
	const [type = "audio", , profile = "RTP/AVP", ...formats] = raw.split(/\s+/);
	return `m=${type} 0 ${profile} ${formats.length === 0 ? "0" : formats.join(" ")}`;
}
