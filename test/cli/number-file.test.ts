import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCsv } from "../../src/cli/csv.ts";
import { readNumberFile } from "../../src/cli/number-file.ts";

describe("The file of numbers to import", () => {
	test("header names are taken in any order and case, with quotes, a byte order mark and either line end", () => {
		const file = readNumberFile(
			'\ufefficcid;"AREACODE";number\r\n8901240397190195850;"201";"+1 (201) 555-0001"\r\n;;+12015550002\n',
		);
		expect(file.problems).toEqual([]);
		expect(file.numbers).toEqual([
			{ number: "+12015550001", areaCode: "201", zipCode: undefined, iccid: "8901240397190195850" },
			{ number: "+12015550002", areaCode: undefined, zipCode: undefined, iccid: undefined },
		]);
	});

	test("every bad line is named with its number and the reason, and the good ones are read", () => {
		const lines = [
			"Number,AreaCode,ZipCode,ICCID",
			"+12015550001,201,84043,",
			"2015550002,,,",
			"+12015550001,,,",
			"",
			"+12015550003,abc,,",
			"+12015550004,,,12",
			"+12015550005,,,,more",
			"+12015550006,,!,",
			'"+12015550007,,',
			"+12015550008,,,",
		];
		const { numbers, problems } = readNumberFile(lines.join("\n"));
		expect(numbers.map((entry) => entry.number)).toEqual(["+12015550001", "+12015550008"]);
		expect(problems.map((problem) => problem.line)).toEqual([3, 4, 6, 7, 8, 9, 10]);
		expect(problems.map((problem) => problem.reason).join("\n")).toMatchInlineSnapshot(`
			""2015550002" is not a number in E.164 form, such as +11234567890
			+12015550001 stands in line 2 already
			AreaCode is not 3 digits
			ICCID is not 18 to 20 digits
			has 5 fields
			ZipCode is not 2 to 10 letters and digits
			has a quote that is never closed"
		`);
	});

	test.each([
		["", "the file is empty"],
		["Phone\n+12015550001\n", "no column Number"],
		["Number,Colour\n+12015550001,red\n", 'unknown column "Colour"'],
		["Number,number\n+12015550001,\n", "names a column twice"],
	])("a header like %j is refused", (text, reason) => {
		const { numbers, problems } = readNumberFile(text);
		expect(numbers).toEqual([]);
		expect(problems[0]?.reason).toContain(reason);
	});
});

describe("Comma-separated values", () => {
	test("what is written with quotes is read back", () => {
		const field = fc.string().map((text) => text.trim().replaceAll("\0", ""));
		fc.assert(
			fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
				const text = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join("\r\n");
				expect(parseCsv(text).rows.map((row) => row.fields)).toEqual(rows);
			}),
		);
	});

	test("no text makes it throw or run on for ever", () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", " ", "a", ";") }), (text) => {
				const { rows, problems } = parseCsv(text);
				expect(rows.length + problems.length).toBeLessThanOrEqual(text.length + 1);
			}),
		);
	});
});
