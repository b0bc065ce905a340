import type { SipRequest } from "../../../src/sip/index.ts";
import { HeaderBlock } from "../../../src/sip/message/header-block.ts";
import { canonicalName } from "../../../src/sip/message/header-names.ts";

/** An INVITE with these header lines, read by the real header code. */
export function invite(uri: string, lines: readonly string[] = []): SipRequest {
	const fields = lines.map((line) => {
		const colon = line.indexOf(":");
		// header values are octets until they are asked for
		const octets = Buffer.from(line.slice(colon + 1).trim(), "utf8").toString("latin1");
		return [canonicalName(line.slice(0, colon).trim()), octets] as const;
	});
	const headers = new HeaderBlock(
		fields.map(([name]) => name),
		fields.map(([, value]) => value),
	);
	return { method: "INVITE", uri, headers, body: new Uint8Array() };
}
