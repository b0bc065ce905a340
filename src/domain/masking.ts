/** Shows or hides phone numbers in log lines: `AFTERBEEP_LOG_NUMBERS=full` shows them. */
export type NumberMask = (number: string | null | undefined) => string;

/**
 * A mask for log fields: all but the last four digits are hidden.
 *
 * @param full show numbers whole.
 */
export function numberMask(full: boolean): NumberMask {
	return (number) => {
		if (number === null || number === undefined) return "withheld";
		return full ? number : `...${number.slice(-4)}`;
	};
}
