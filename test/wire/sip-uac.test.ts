/** Calls of ours to the real sipp. */
import { expect, test } from "vitest";
import { hasTool } from "../support/tools.ts";
import { ANSWER, startAnsweringAgent } from "./sip/answering-agent.ts";
import { startSippServer } from "./sip/sipp.ts";

test.skipIf(!hasTool("sipp")).concurrent.each([
	["udp", "u1", []],
	["tcp", "t1", []],
	["udp", "u1", ["-lost", "10"]],
] as const)(
	"10 calls placed over %s (%s %j) are answered and hung up by us",
	async (transport, t, more) => {
		await using ours = await startAnsweringAgent({ transport, t1Ms: 100 });
		const sipp = await startSippServer({ scenario: "uas", calls: 10, transport: t, more });
		const news: string[] = [];
		const placed = Array.from({ length: 10 }, () => {
			const over = Promise.withResolvers<void>();
			const call = ours.agent.placeCall({
				uri: `sip:service@127.0.0.1:${sipp.port}`,
				next: { transport, host: "127.0.0.1", port: sipp.port },
				from: "<sip:+15550001@127.0.0.1>",
				sdp: ANSWER,
				handlers: {
					onAnswered: (sdp) => {
						news.push(`answered ${sdp?.includes("m=audio")}`);
						setTimeout(() => call.hangUp(), 50);
					},
					onEnded: (why) => {
						news.push(`ended ${why}`);
						over.resolve();
					},
					onRejected: (status) => {
						news.push(`rejected ${status}`);
						over.resolve();
					},
				},
			});
			return over.promise;
		});
		await Promise.all(placed);
		expect(news.toSorted()).toEqual([...Array(10).fill("answered true"), ...Array(10).fill("ended hungUp")]);
		const result = await sipp.done;
		expect({ failed: result.failed, successful: result.successful }).toEqual({ failed: 0, successful: 10 });
	},
	40_000,
);
