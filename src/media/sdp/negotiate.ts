/** Offer and answer (RFC 3264) for one line of telephone audio. Pure. */
import { isIP, isIPv4 } from "node:net";
import { MEDIA_LIMITS } from "../limits.ts";
import type { LocalMedia, Negotiated, SdpAnswer } from "../types.ts";
import { type AudioFormat, type AudioLine, type Direction, type MediaLine, parseSdp } from "./parse.ts";

/** Payload type of telephone-event in our own offers; 101 is what nearly everybody uses. */
const DTMF_PAYLOAD_TYPE = 101;

/**
 * Answers an offer, first or later (hold, resume, a moved phone): raise `local.sessionVersion` for each.
 * The first usable audio line is taken with the first of its formats that we know; every other line is refused with
 * port 0 (RFC 3264 §6). `sendonly`, `inactive` and the old `c=0.0.0.0` are answered `recvonly` and `inactive` (§8.4).
 *
 * @param remoteSignallingAddress where the offer came from, for peers behind a NAT.
 * @returns never throws; 400 for what is not SDP, 488 for SDP without audio that we know.
 */
export function answerOffer(offer: string, local: LocalMedia, remoteSignallingAddress?: string): SdpAnswer {
	const parsed = parseSdp(offer);
	if (!parsed.ok) return { ok: false, status: 400, why: parsed.why };
	const chosen = choose(parsed.lines, local);
	if (typeof chosen === "string") return { ok: false, status: 488, why: chosen };
	const audio = chosen.audio!;
	const format = audio.formats[0]!;
	const direction = answerDirection(audio);
	const sdp = [
		...sessionLines(local),
		...parsed.lines.flatMap((line) =>
			line === chosen ? audioLines(local, audio, [format], direction) : refusal(line.raw),
		),
	];
	const negotiated = negotiatedOf(audio, format, direction, remoteSignallingAddress);
	return { ok: true, sdp: `${sdp.join("\r\n")}\r\n`, negotiated };
}

/** An offer of our own: to place a call, and in the 200 to an INVITE that came without one (late offer). */
export function makeOffer(local: LocalMedia): string {
	const audio = { profile: "RTP/AVP", dtmfPayloadType: DTMF_PAYLOAD_TYPE, ptimeMs: MEDIA_LIMITS.ptimeMsDefault };
	const formats: AudioFormat[] = [
		{ payloadType: 0, encoding: "PCMU" },
		{ payloadType: 8, encoding: "PCMA" },
	];
	return `${[...sessionLines(local), ...audioLines(local, audio, formats, "sendrecv")].join("\r\n")}\r\n`;
}

/**
 * Reads the answer to an offer of ours.
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
	const format = audio.formats.find((one) => offered.formats.some((other) => other.encoding === one.encoding));
	if (format === undefined) return { ok: false, status: 488, why: "the answer takes no format that was offered" };
	const direction = answerDirection(audio);
	return { ok: true, sdp: answer, negotiated: negotiatedOf(audio, format, direction, remoteSignallingAddress) };
}

/** @returns the line to take, or why there is none. */
function choose(lines: readonly MediaLine[], local: LocalMedia): MediaLine | string {
	const reasons: string[] = [];
	for (const [index, line] of lines.entries()) {
		if (line.audio === undefined) reasons.push(`m-line ${index + 1}: ${line.why}`);
		else if (isIPv4(line.audio.address) !== isIPv4(local.address) && !line.audio.blackHole) {
			reasons.push(`m-line ${index + 1}: ${line.audio.address} and ${local.address} are of different IP versions`);
		} else return line;
	}
	return reasons.join("; ");
}

/** What we answer to what the peer says of itself. */
function answerDirection({ direction, blackHole }: AudioLine): Direction {
	const peerSends = direction === "sendrecv" || direction === "sendonly";
	const peerHears = !blackHole && (direction === "sendrecv" || direction === "recvonly");
	if (peerSends) return peerHears ? "sendrecv" : "recvonly";
	return peerHears ? "sendonly" : "inactive";
}

function negotiatedOf(
	audio: AudioLine,
	format: AudioFormat,
	direction: Direction,
	signallingAddress: string | undefined,
): Negotiated {
	return {
		encoding: format.encoding,
		payloadType: format.payloadType,
		dtmfPayloadType: audio.dtmfPayloadType,
		remoteAddress: audio.address,
		remotePort: audio.port,
		remoteRtcpPort: audio.rtcpPort,
		...(signallingAddress !== undefined && isIP(signallingAddress) !== 0 ? { signallingAddress } : {}),
		ptimeMs: audio.ptimeMs,
		sending: direction === "sendrecv" || direction === "sendonly",
		receiving: direction === "sendrecv" || direction === "recvonly",
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

function audioLines(
	local: LocalMedia,
	audio: Pick<AudioLine, "profile" | "dtmfPayloadType" | "ptimeMs">,
	formats: readonly AudioFormat[],
	direction: Direction,
): string[] {
	const dtmf = audio.dtmfPayloadType;
	const types = [...formats.map((format) => format.payloadType), ...(dtmf === undefined ? [] : [dtmf])];
	return [
		`m=audio ${local.port} ${audio.profile} ${types.join(" ")}`,
		...formats.map((format) => `a=rtpmap:${format.payloadType} ${format.encoding}/8000`),
		...(dtmf === undefined ? [] : [`a=rtpmap:${dtmf} telephone-event/8000`, `a=fmtp:${dtmf} 0-15`]),
		`a=ptime:${audio.ptimeMs}`,
		`a=${direction}`,
	];
}

/** Same line with port 0; its formats mean nothing but must be there (RFC 3264 §6). */
function refusal(raw: string): string {
	const [type = "audio", , profile = "RTP/AVP", ...formats] = raw.split(/\s+/);
	return `m=${type} 0 ${profile} ${formats.length === 0 ? "0" : formats.join(" ")}`;
}
