/** How the tour looks: numbered steps, the command that repeats each, what came of it, its time. */
import type { Terminal } from "../terminal.ts";

/** A step of the tour did not hold. */
export class StepFailed extends Error {
	override readonly name = "StepFailed";
	readonly step: string;
	constructor(step: string, cause: unknown) {
		super(cause instanceof Error ? cause.message : String(cause), { cause });
		this.step = step;
	}
}

export interface StepNotes {
	/** A line that can be pasted to repeat the step by hand. */
	command(text: string): void;
	detail(text: string): void;
}

export interface Screen {
	line(text?: string): void;
	/** @throws StepFailed where the work throws. */
	step<T>(title: string, work: (notes: StepNotes) => Promise<T>): Promise<T>;
	readonly count: number;
}

export function createScreen(terminal: Terminal): Screen {
	let count = 0;
	const indent = "    ";
	return {
		line: (text = "") => terminal.line(text),
		get count() {
			return count;
		},
		async step(title, work) {
			count++;
			const startedAt = performance.now();
			const time = (): string => terminal.style("dim", `${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
			terminal.line();
			terminal.line(`${terminal.style("bold", String(count).padStart(2))}  ${terminal.style("bold", title)}`);
			try {
				const result = await work({
					command: (text) => {
						for (const part of text.split("\n")) terminal.line(`${indent}${terminal.style("dim", part)}`);
					},
					detail: (text) => terminal.line(`${indent}${text}`),
				});
				terminal.line(`${indent}${terminal.style("green", "✓")} ${time()}`);
				return result;
			} catch (cause) {
				const failed = new StepFailed(title, cause);
				terminal.line(`${indent}${terminal.style("red", `✗ ${failed.message}`)} ${time()}`);
				throw failed;
			}
		},
	};
}
