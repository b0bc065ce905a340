import type { Headers } from "../types.ts";
import { canonicalName, isListField } from "./header-names.ts";
import { splitList } from "./lists.ts";
import { octetsToText } from "./text.ts";

/**
 * Header fields as octet strings, unfolded and trimmed but otherwise untouched; lists are split only when asked for.
 * `get` and `all` give text (the room's contract); `raw` and `rawAll` give octets for echoing.
 */
export class HeaderBlock implements Headers {
	/** Canonical names and whole values, index by index. */
	readonly names: readonly string[];
	readonly values: readonly string[];

	constructor(names: readonly string[], values: readonly string[]) {
		this.names = names;
		this.values = values;
	}

	/** First value as octets; of a list its first element. */
	raw(name: string): string | undefined {
		const wanted = canonicalName(name);
		const list = isListField(wanted);
		for (let i = 0; i < this.names.length; i++) {
			if (this.names[i] !== wanted) continue;
			const value = this.values[i] as string;
			if (!list) return value;
			const first = splitList(value)[0];
			if (first !== undefined) return first;
		}
		return undefined;
	}

	/** All values as octets, lists split. */
	rawAll(name: string): string[] {
		const wanted = canonicalName(name);
		const list = isListField(wanted);
		const out: string[] = [];
		for (let i = 0; i < this.names.length; i++) {
			if (this.names[i] !== wanted) continue;
			if (list) out.push(...splitList(this.values[i] as string));
			else out.push(this.values[i] as string);
		}
		return out;
	}

	/** Field values as they stood, lists not split. */
	rawFields(name: string): string[] {
		const wanted = canonicalName(name);
		return this.values.filter((_, i) => this.names[i] === wanted);
	}

	has(name: string): boolean {
		return this.names.includes(canonicalName(name));
	}

	get(name: string): string | undefined {
		const value = this.raw(name);
		return value === undefined ? undefined : octetsToText(value);
	}

	all(name: string): readonly string[] {
		return this.rawAll(name).map(octetsToText);
	}
}

export type HeaderScan =
	| { readonly ok: true; readonly headers: HeaderBlock }
	| { readonly ok: false; readonly why: string; readonly headers: HeaderBlock };
