/** When and what one session reports by RTCP: RFC 3550 §6.2, §6.4. Pure: random comes in as a number. */
import { MEDIA_LIMITS } from "../limits.ts";
import type { RtpReceiver } from "../rtp/receiver.ts";
import { fractionLost, parseRtcp, type ReceptionReport, writeRtcp } from "../rtp/rtcp.ts";
import type { Sender } from "./sender.ts";

export class Reports {
	/** BYE of the peer's stream was seen. */
	byeSeen = false;

	readonly #cname: string;
	#dueMs = Number.POSITIVE_INFINITY;
	#sentBefore = 0;
	#expectedBefore = 0;
	#receivedBefore = 0;
	/** Of the peer's last sender report. */
	#lastReportNtp = 0;
	#lastReportMs = 0;

	/** @param cname random, for this session only (RFC 7022). */
	constructor(cname: string) {
		this.#cname = cname;
	}

	/** @param random 0 up to 1. The first report comes after half the interval (§6.2). */
	start(nowMs: number, random: number): void {
		if (this.#dueMs === Number.POSITIVE_INFINITY)
			this.#dueMs = nowMs + (MEDIA_LIMITS.rtcpIntervalMs * (0.5 + random)) / 2;
	}

	/** @returns false where it is no RTCP. */
	received(datagram: Uint8Array, nowMs: number): boolean {
		const items = parseRtcp(datagram);
		if (items === undefined) return false;
		for (const item of items) {
			if (item.type === "senderReport") {
				this.#lastReportNtp = item.ntpMiddle;
				this.#lastReportMs = nowMs;
			}
			if (item.type === "bye") this.byeSeen = true;
		}
		return true;
	}

	/** The report to be sent now, undefined where none is due. Intervals vary by half, so that many calls do not beat as one. */
	due(nowMs: number, wallMs: number, random: number, sender: Sender, receiver: RtpReceiver): Uint8Array | undefined {
		if (nowMs < this.#dueMs) return undefined;
		this.#dueMs = nowMs + MEDIA_LIMITS.rtcpIntervalMs * (0.5 + random);
		return this.write(nowMs, wallMs, sender, receiver, false);
	}

	write(nowMs: number, wallMs: number, sender: Sender, receiver: RtpReceiver, bye: boolean): Uint8Array {
		const sent = sender.packets !== this.#sentBefore;
		this.#sentBefore = sender.packets;
		const { timestamp, packets, octets } = sender;
		return writeRtcp({
			ssrc: sender.ssrc,
			cname: this.#cname,
			sender: sent ? { wallMs, timestamp, packets, octets } : undefined,
			report: receiver.started ? this.#reception(nowMs, receiver) : undefined,
			bye,
		});
	}

	#reception(nowMs: number, receiver: RtpReceiver): ReceptionReport {
		const { expected, received, ssrc, extendedHighest } = receiver;
		const fraction = fractionLost(expected - this.#expectedBefore, received - this.#receivedBefore);
		this.#expectedBefore = expected;
		this.#receivedBefore = received;
		const sinceReport = this.#lastReportNtp === 0 ? 0 : Math.round(((nowMs - this.#lastReportMs) * 65_536) / 1000);
		return {
			ssrc,
			fractionLost: fraction,
			cumulativeLost: expected - received,
			extendedHighest,
			jitter: Math.floor(receiver.jitter),
			lastSenderReport: this.#lastReportNtp,
			delaySinceLastSenderReport: sinceReport >>> 0,
		};
	}
}
