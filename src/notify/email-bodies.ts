/** The two bodies of a message's e-mail. Pure: the same facts give the same octets. */

/** What a mail tells, each ready to be read; nothing is escaped yet. */
export interface EmailFacts {
	/** Empty where the mailbox has no name. */
	readonly firstName: string;
	readonly caller: string;
	readonly duration: string;
	readonly received: string;
	/** The mailbox's own number. */
	readonly mailbox: string;
	readonly newMessages: number;
	readonly attached: boolean;
	/** Undefined where no number reaches the mailbox by phone. */
	readonly accessNumber: string | undefined;
}

const greeting = ({ firstName }: EmailFacts): string => (firstName === "" ? "Hello," : `Hello ${firstName},`);

function listenLines({ attached, accessNumber }: EmailFacts): string[] {
	const lines = attached ? ["The recording is attached."] : [];
	if (accessNumber !== undefined) {
		lines.push(`To listen by phone, call ${accessNumber} and enter your PIN.`);
	}
	return lines;
}

/** Nothing to say where the message was heard before the mail went out. */
function countLine({ newMessages }: EmailFacts): string | undefined {
	if (newMessages < 1) return undefined;
	return newMessages === 1 ? "You have 1 new message." : `You have ${newMessages} new messages.`;
}

export function textBody(facts: EmailFacts): string {
	const count = countLine(facts);
	return [
		greeting(facts),
		"",
		`You have a voicemail for ${facts.mailbox}.`,
		"",
		`From:     ${facts.caller}`,
		`Received: ${facts.received}`,
		`Length:   ${facts.duration}`,
		"",
		...listenLines(facts),
		...(count === undefined ? [] : [count]),
		"",
	].join("\n");
}

export function escapeHtml(text: string): string {
	const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
	return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}

/**
 * Colours stand in the elements for mail programs that drop the style sheet, and again in it for dark mode. A table holds
 * the width, since the layout engine of Outlook for Windows knows no other way. Nothing is loaded from elsewhere.
 */
const STYLE = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
	.page { background-color: #14171c !important; }
	.card { background-color: #1f242c !important; border-color: #333b47 !important; }
	.strong { color: #f2f4f7 !important; }
	.soft { color: #a9b3c1 !important; }
	.line { border-color: #333b47 !important; }
}
@media (max-width: 480px) {
	td.page { padding: 12px !important; }
	.card { padding: 20px !important; }
	.caller { font-size: 20px !important; }
	.label, .value { display: block !important; width: auto !important; }
	.label { padding-bottom: 0 !important; border-bottom: 0 !important; }
	.value { padding-top: 2px !important; }
}`;

/** Escaped, and with telephone numbers that do not break at a line's end. */
const shown = (text: string): string => escapeHtml(text).replaceAll(/(?<=\d) (?=\d)/g, "&nbsp;");

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const INK = "#1b2430";
const SOFT = "#5a6675";
const LINE = "#e2e6ec";

function row(label: string, value: string): string {
	const cell = `padding:10px 0;border-bottom:1px solid ${LINE};font-size:15px;line-height:22px;vertical-align:top`;
	return `<tr>
<td class="label line soft" style="${cell};width:110px;color:${SOFT}">${label}</td>
<td class="value line strong" style="${cell};color:${INK}">${shown(value)}</td>
</tr>`;
}

function paragraph(text: string, kind: "strong" | "soft"): string {
	const color = kind === "strong" ? INK : SOFT;
	return `<p class="${kind}" style="margin:0 0 8px;font-size:15px;line-height:22px;color:${color}">${shown(text)}</p>`;
}

/** @param subject also the document's title. */
export function htmlBody(facts: EmailFacts, subject: string): string {
	const count = countLine(facts);
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>${STYLE}
</style>
</head>
<body class="page" style="margin:0;padding:0;background-color:#f3f5f8;${FONT}">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#f3f5f8">
<tr><td class="page" align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:520px;text-align:left">
<tr><td class="card" style="padding:28px 32px;background-color:#ffffff;border:1px solid ${LINE};border-radius:12px;${FONT}">
${paragraph(greeting(facts), "strong")}
${paragraph(`You have a voicemail for ${facts.mailbox} from`, "soft")}
<p class="caller strong" style="margin:0 0 16px;font-size:24px;line-height:30px;font-weight:600;color:${INK};word-break:break-word">${shown(facts.caller)}</p>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 20px;border-top:1px solid ${LINE}" class="line">
${row("Received", facts.received)}
${row("Length", facts.duration)}
</table>
${listenLines(facts)
	.map((line) => paragraph(line, "strong"))
	.join("\n")}
${count === undefined ? "" : paragraph(count, "soft")}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}
