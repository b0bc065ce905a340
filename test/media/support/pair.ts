/** Sessions of the real thing, over loopback. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll } from "vitest";
import { type TelephoneAudio, toLinear } from "../../../src/audio/index.ts";
import {
	answerOffer,
	type Media,
	type MediaEvent,
	type MediaSession,
	type SdpAnswer,
	startMedia,
} from "../../../src/media/index.ts";
import { writeRtpHeader } from "../../../src/media/rtp/packet.ts";

export interface LoggedLine {
	readonly level: string;
	readonly message: string;
}
export const logged: LoggedLine[] = [];
const take = (level: string) => (_fields: object, message: string) => logged.push({ level, message });
export const log = { debug: take("debug"), info: take("info"), warn: take("warn"), error: take("error") };

const folders: string[] = [];
afterAll(() => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
export function newFolder(): string {
	folders.push(mkdtempSync(join(tmpdir(), "media-")));
	return folders.at(-1)!;
}

/** Start of a range below the ports that systems give out by themselves; ports that others hold are passed over. */
export const randomPort = (): number => 10_000 + 2 * Math.floor(Math.random() * 3500);

export function begin(options: { folder?: string; pairs?: number; workers?: number } = {}): Promise<Media> {
	const from = randomPort();
	return startMedia({
		recordingLogFolder: options.folder ?? newFolder(),
		rtpPorts: { from, to: from + 2 * (options.pairs ?? 1000) - 1 },
		workers: options.workers ?? 2,
		log,
	});
}

/** A session with all that happened in it, and a way to wait for what comes. */
export class Party {
	readonly events: MediaEvent[] = [];
	#wake = Promise.withResolvers<void>();
	session!: MediaSession;

	static async open(media: Media, rtpLostMs = 0, inbandDtmf = false): Promise<Party> {
		const party = new Party();
		const onEvent = (event: MediaEvent): void => {
			party.events.push(event);
			party.#wake.resolve();
			party.#wake = Promise.withResolvers<void>();
		};
		party.session = await media.open({ bind: "127.0.0.1", rtpLostMs, inbandDtmf, onEvent });
		return party;
	}

	async until(type: MediaEvent["type"], count = 1): Promise<void> {
		while (this.events.filter((event) => event.type === type).length < count) await this.#wake.promise;
	}

	get digits(): string {
		return this.events.map((event) => (event.type === "digit" ? event.digit : "")).join("");
	}

	/** Settles with a peer that is at `port`; further lines go into its offer. */
	connect(port: number, formats = "0 101", ...lines: string[]): void {
		const dtmf = "a=rtpmap:101 telephone-event/8000";
		const offer = ["v=0", "c=IN IP4 127.0.0.1", `m=audio ${port} RTP/AVP ${formats}`, dtmf, ...lines].join("\r\n");
		const local = { address: "127.0.0.1", port: this.session.port, sessionId: 1, sessionVersion: 1 };
		const answer: SdpAnswer = answerOffer(offer, local, "127.0.0.1");
		if (!answer.ok) throw new Error(answer.why);
		this.session.connect(answer.negotiated);
	}
}

/** Two sessions that talk to each other. */
export async function pair(
	media: Media,
	formats?: string,
	...lines: string[]
): Promise<{ caller: Party; callee: Party }> {
	const caller = await Party.open(media);
	const callee = await Party.open(media);
	callee.connect(caller.session.port, formats, ...lines);
	await callee.session.stats();
	caller.connect(callee.session.port, formats, ...lines);
	// The caller's first packet, which opens the way, must not be taken for what is said.
	while ((await callee.session.stats()).packetsReceived === 0) await pause(5);
	return { caller, callee };
}

/** Something like speech: a buzz with moving formants and pauses, the same at each call. */
export function speech(durationMs: number): TelephoneAudio {
	const samples = new Uint8Array(durationMs * 8);
	let state = 12_345;
	for (let i = 0; i < samples.length; i++) {
		state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
		const syllable = Math.max(0, Math.sin((2 * Math.PI * 3 * i) / 8000));
		const voice = Math.sin((2 * Math.PI * (140 + 30 * Math.sin(i / 9000)) * i) / 8000) + (state / 0x7fff_ffff - 0.5);
		const magnitude = Math.round(Math.abs(voice) * syllable * 60);
		samples[i] = (voice < 0 ? 0x7f : 0xff) - Math.min(magnitude, 100);
	}
	return { encoding: "PCMU", samples };
}

/** Pearson correlation of two pieces of audio over the shorter one. */
export function correlation(one: TelephoneAudio, other: TelephoneAudio): number {
	const a = toLinear(one).pcm;
	const b = toLinear(other).pcm;
	const length = Math.min(a.length, b.length);
	let [ab, aa, bb] = [0, 0, 0];
	for (let i = 0; i < length; i++) {
		ab += a[i]! * b[i]!;
		aa += a[i]! * a[i]!;
		bb += b[i]! * b[i]!;
	}
	return ab / Math.sqrt(aa * bb);
}

/** A plain socket that sends RTP as it likes. */
export class RawPeer {
	readonly socket: Socket;
	readonly heard: { readonly datagram: Buffer; readonly atMs: number }[] = [];
	sequence = 0;
	timestamp = 0;

	private constructor(socket: Socket) {
		this.socket = socket;
		socket.on("message", (datagram) => this.heard.push({ datagram, atMs: performance.now() }));
	}

	static async open(address = "127.0.0.1"): Promise<RawPeer> {
		const socket = createSocket("udp4");
		socket.bind(0, address);
		await once(socket, "listening");
		return new RawPeer(socket);
	}

	get port(): number {
		return this.socket.address().port;
	}

	/** One packet of 20 ms, all of `octet`. */
	speak(port: number, octet: number): Promise<void> {
		const datagram = Buffer.alloc(172, octet);
		writeRtpHeader(datagram, 0, false, this.sequence, this.timestamp, 4711);
		this.sequence = (this.sequence + 1) & 0xffff;
		this.timestamp += 160;
		return new Promise((resolve) => this.socket.send(datagram, port, "127.0.0.1", () => resolve()));
	}

	/** One packet as it is told. */
	send(port: number, packet: { payloadType: number; sequence: number; timestamp: number; payload: Uint8Array }): void {
		const datagram = Buffer.alloc(12 + packet.payload.length);
		datagram.set(packet.payload, 12);
		writeRtpHeader(datagram, packet.payloadType, false, packet.sequence, packet.timestamp, 4711);
		this.socket.send(datagram, port, "127.0.0.1");
	}

	close(): void {
		this.socket.close();
	}
}
