import { expect, test } from "vitest";
import { usDate, usDateTime } from "../../../src/http/conventions/dates.ts";

test.each([
	["2025-05-02T18:36:13Z", "05/02/2025 06:36:13 PM"],
	["2025-05-02T12:00:00Z", "05/02/2025 12:00:00 PM"],
	["2025-05-02T00:00:00Z", "05/02/2025 12:00:00 AM"],
	["2025-12-31T23:59:59.999Z", "12/31/2025 11:59:59 PM"],
	["2026-01-01T00:59:00Z", "01/01/2026 12:59:00 AM"],
	["2026-01-01T12:01:00Z", "01/01/2026 12:01:00 PM"],
	["2026-01-01T01:02:03Z", "01/01/2026 01:02:03 AM"],
])("tokenExpiry of %s is %s, in UTC", (at, text) => {
	expect(usDateTime(new Date(at))).toBe(text);
});

test("OriginalDatePurchased is MM/dd/yyyy in UTC", () => {
	expect(usDate(new Date("2023-02-05T23:59:59Z"))).toBe("02/05/2023");
});
