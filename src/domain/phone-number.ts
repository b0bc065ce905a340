/** Contract 1.8: E.164 with `+`, no separators, no numbering-plan check (its own examples fail one). */
export function isE164(text: string): boolean {
	return /^\+[1-9][0-9]{1,14}$/.test(text);
}
