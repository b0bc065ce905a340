/** RTCP: sender and receiver reports, SDES with CNAME, BYE (RFC 3550 §6). Pure. */
import { MEDIA_LIMITS } from "../limits.ts";

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;
/** Seconds from 1900 (NTP) to 1970. */
const NTP_OFFSET_SECONDS = 2_208_988_800;

export interface ReceptionReport {
	readonly ssrc: number;
	/** Part lost since the previous report, 0-255 for 0-1. */
	readonly fractionLost: number;
	/** Packets lost in all, -2^23 to 2^23-1. */
	readonly cumulativeLost: number;
	readonly extendedHighest: number;
	/** In samples. */
	readonly jitter: number;
	/** Middle 32 bits of the NTP time of the last sender report, 0 where there was none. */
	readonly lastSenderReport: number;
	/** Since that report, in 1/65536 s. */
	readonly delaySinceLastSenderReport: number;
}

export interface SenderInfo {
	/** Wall clock, milliseconds since 1970. */
	readonly wallMs: number;
	readonly timestamp: number;
	readonly packets: number;
	readonly octets: number;
}

export type RtcpItem =
	| {
			readonly type: "senderReport";
			readonly ssrc: number;
			/** Middle 32 bits of the NTP time. */
			readonly ntpMiddle: number;
			readonly reports: readonly ReceptionReport[];
	  }
	| { readonly type: "receiverReport"; readonly ssrc: number; readonly reports: readonly ReceptionReport[] }
	| { readonly type: "bye"; readonly ssrcs: readonly number[] };

/** Middle 32 bits of an NTP time stamp: 16 bits of seconds, 16 of fraction. */
export const ntpMiddle = (wallMs: number): number =>
	Math.floor(((wallMs / 1000 + NTP_OFFSET_SECONDS) % 65_536) * 65_536) >>> 0;

/**
 * Reads a compound packet. What is not understood is skipped.
 * @returns undefined where it is no RTCP: RFC 3550 A.2 (version, first type, lengths that add up).
 */
export function parseRtcp(datagram: Uint8Array): readonly RtcpItem[] | undefined {
	if (datagram.length < 8 || datagram.length > MEDIA_LIMITS.rtcpBytesMax) return undefined;
	const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
	const items: RtcpItem[] = [];
	let at = 0;
	while (at < datagram.length) {
		if (at + 4 > datagram.length || view.getUint8(at) >> 6 !== 2) return undefined;
		const type = view.getUint8(at + 1);
		const end = at + 4 + 4 * view.getUint16(at + 2);
		if (end > datagram.length) return undefined;
		if (at === 0 && type !== SENDER_REPORT && type !== RECEIVER_REPORT && type !== BYE) return undefined;
		const item = parseItem(view, type, view.getUint8(at) & 0x1f, at + 4, end);
		if (item !== undefined) items.push(item);
		at = end;
	}
	return items;
}

function parseItem(view: DataView, type: number, count: number, start: number, end: number): RtcpItem | undefined {
	if (type === BYE) {
		const ssrcs: number[] = [];
		for (let i = 0; i < count && start + 4 * i + 4 <= end; i++) ssrcs.push(view.getUint32(start + 4 * i));
		return { type: "bye", ssrcs };
	}
	if (type === SENDER_REPORT && start + 24 <= end) {
		const reports = parseReports(view, count, start + 24, end);
		return { type: "senderReport", ssrc: view.getUint32(start), ntpMiddle: view.getUint32(start + 6), reports };
	}
	if (type === RECEIVER_REPORT && start + 4 <= end) {
		return { type: "receiverReport", ssrc: view.getUint32(start), reports: parseReports(view, count, start + 4, end) };
	}
	return undefined;
}

function parseReports(view: DataView, count: number, start: number, end: number): ReceptionReport[] {
	const reports: ReceptionReport[] = [];
	for (let i = 0, at = start; i < count && at + 24 <= end; i++, at += 24) {
		reports.push({
			ssrc: view.getUint32(at),
			fractionLost: view.getUint8(at + 4),
			cumulativeLost: (view.getInt32(at + 4) << 8) >> 8,
			extendedHighest: view.getUint32(at + 8),
			jitter: view.getUint32(at + 12),
			lastSenderReport: view.getUint32(at + 16),
			delaySinceLastSenderReport: view.getUint32(at + 20),
		});
	}
	return reports;
}

export interface RtcpContent {
	readonly ssrc: number;
	/** RFC 7022: random per session, says nothing of host or user. ASCII, at most 64 characters. */
	readonly cname: string;
	/** Given where we sent since the last report: makes it a sender report. */
	readonly sender: SenderInfo | undefined;
	readonly report: ReceptionReport | undefined;
	readonly bye: boolean;
}

/** Writes a compound packet: SR or RR, SDES, and BYE at the end (RFC 3550 §6.1). */
export function writeRtcp(content: RtcpContent): Uint8Array {
	const { ssrc, cname, sender, report, bye } = content;
	const reportBytes = (sender === undefined ? 8 : 28) + (report === undefined ? 0 : 24);
	// One chunk: SSRC, CNAME item, at least one zero octet to the next multiple of four (§6.5).
	const chunkBytes = Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
	const packet = new Uint8Array(reportBytes + 4 + chunkBytes + (bye ? 8 : 0));
	const view = new DataView(packet.buffer);
	const header = (at: number, type: number, count: number, bytes: number): void => {
		view.setUint8(at, 0x80 | count);
		view.setUint8(at + 1, type);
		view.setUint16(at + 2, bytes / 4 - 1);
		view.setUint32(at + 4, ssrc);
	};
	header(0, sender === undefined ? RECEIVER_REPORT : SENDER_REPORT, report === undefined ? 0 : 1, reportBytes);
	if (sender !== undefined) writeSender(view, sender);
	if (report !== undefined) writeReport(view, reportBytes - 24, report);
	header(reportBytes, SOURCE_DESCRIPTION, 1, 4 + chunkBytes);
	view.setUint8(reportBytes + 8, 1);
	view.setUint8(reportBytes + 9, cname.length);
	for (let i = 0; i < cname.length; i++) view.setUint8(reportBytes + 10 + i, cname.charCodeAt(i));
	if (bye) header(packet.length - 8, BYE, 1, 8);
	return packet;
}

function writeSender(view: DataView, sender: SenderInfo): void {
	const seconds = sender.wallMs / 1000 + NTP_OFFSET_SECONDS;
	view.setUint32(8, Math.floor(seconds) >>> 0);
	view.setUint32(12, Math.floor((seconds % 1) * 0x1_0000_0000) >>> 0);
	view.setUint32(16, sender.timestamp);
	view.setUint32(20, sender.packets);
	view.setUint32(24, sender.octets);
}

function writeReport(view: DataView, at: number, report: ReceptionReport): void {
	view.setUint32(at, report.ssrc);
	const lost = Math.max(-0x80_0000, Math.min(0x7f_ffff, report.cumulativeLost));
	view.setUint32(at + 4, ((report.fractionLost << 24) | (lost & 0xff_ffff)) >>> 0);
	view.setUint32(at + 8, report.extendedHighest);
	view.setUint32(at + 12, report.jitter);
	view.setUint32(at + 16, report.lastSenderReport);
	view.setUint32(at + 20, report.delaySinceLastSenderReport);
}

/** RFC 3550 A.3: part lost between two reports, in 1/256. */
export function fractionLost(expectedSince: number, receivedSince: number): number {
	const lost = expectedSince - receivedSince;
	return expectedSince <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expectedSince));
}
