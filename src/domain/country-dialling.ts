/**
 * How numbers are dialled in each country: ITU-T E.164 country code, international prefixes and national (trunk) prefix
 * (ITU Operational Bulletin, "Dialling procedures"). Countries whose rules could not be stated with confidence are left
 * out: their bare numbers are then only taken where we hold them.
 */

export interface CountryDialling {
	/** Digits of the country code, without `+`. */
	readonly countryCode: string;
	/** Longest first. */
	readonly internationalPrefixes: readonly string[];
	/** Dialled before a national number and dropped after the country code; "" where there is none. */
	readonly nationalPrefix: string;
}

/** `ISO country-code international-prefix[,prefix] national-prefix`; `-` = none. */
const DIALLING_TABLE = `
AD 376 00 -|AE 971 00 0|AF 93 00 0|AL 355 00 0|AM 374 00 0|AO 244 00 -|AR 54 00 0|AT 43 00 0|AU 61 0011 0|AW 297 00 -
AX 358 00 0|AZ 994 00 0|BA 387 00 0|BD 880 00 0|BE 32 00 0|BF 226 00 -|BG 359 00 0|BH 973 00 -|BI 257 00 -|BJ 229 00 -
BL 590 00 0|BN 673 00 -|BO 591 00 0|BQ 599 00 -|BR 55 00 0|BT 975 00 -|BW 267 00 -|BY 375 810 8|BZ 501 00 -|CC 61 0011 0
CD 243 00 0|CF 236 00 -|CG 242 00 -|CH 41 00 0|CI 225 00 -|CK 682 00 -|CL 56 00 -|CM 237 00 -|CN 86 00 0|CO 57 00 -
CR 506 00 -|CU 53 119 0|CX 61 0011 0|CY 357 00 -|CZ 420 00 -|DE 49 00 0|DJ 253 00 -|DK 45 00 -|DZ 213 00 0|EC 593 00 0
EE 372 00 -|EG 20 00 0|EH 212 00 0|ER 291 00 0|ES 34 00 -|ET 251 00 0|FI 358 00,990,994,999 0|FJ 679 00 -|FK 500 00 -
FO 298 00 -|FR 33 00 0|GA 241 00 -|GB 44 00 0|GE 995 00 0|GF 594 00 0|GG 44 00 0|GH 233 00 0|GI 350 00 -|GL 299 00 -
GM 220 00 -|GN 224 00 -|GP 590 00 0|GQ 240 00 -|GR 30 00 -|GT 502 00 -|GW 245 00 -|GY 592 001 -|HK 852 001 -|HN 504 00 -
HR 385 00 0|HT 509 00 -|HU 36 00 06|ID 62 001,007,008 0|IE 353 00 0|IL 972 00,012,013,014 0|IM 44 00 0|IN 91 00 0
IO 246 00 -|IQ 964 00 0|IR 98 00 0|IS 354 00 -|IT 39 00 -|JE 44 00 0|JO 962 00 0|JP 81 010 0|KE 254 000 0|KG 996 00 0
KH 855 00,001 0|KM 269 00 -|KP 850 00 0|KR 82 001,002 0|KW 965 00 -|KZ 7 810 8|LA 856 00 0|LB 961 00 0|LI 423 00 -
LK 94 00 0|LR 231 00 0|LS 266 00 -|LT 370 00 0|LU 352 00 -|LV 371 00 -|LY 218 00 0|MA 212 00 0|MC 377 00 -|MD 373 00 0
ME 382 00 0|MF 590 00 0|MG 261 00 0|MK 389 00 0|ML 223 00 -|MM 95 00 0|MN 976 00,001 0|MO 853 00 -|MQ 596 00 0|MR 222 00 -
MT 356 00 -|MU 230 00,020 -|MV 960 00 -|MW 265 00 0|MX 52 00 -|MY 60 00 0|MZ 258 00 -|NA 264 00 0|NC 687 00 -|NE 227 00 -
NF 672 00 -|NG 234 009 0|NI 505 00 -|NL 31 00 0|NO 47 00 -|NP 977 00 0|NR 674 00 -|NU 683 00 -|NZ 64 00 0|OM 968 00 -
PA 507 00 -|PE 51 00 0|PF 689 00 -|PG 675 00 -|PH 63 00 0|PK 92 00 0|PL 48 00 -|PM 508 00 0|PS 970 00 0|PT 351 00 -
PW 680 011 -|PY 595 00 0|QA 974 00 -|RE 262 00 0|RO 40 00 0|RS 381 00 0|RU 7 810 8|RW 250 00 0|SA 966 00 0|SB 677 00 -
SC 248 00 -|SD 249 00 0|SE 46 00 0|SG 65 000,001,002,008,018,019 -|SH 290 00 -|SI 386 00 0|SJ 47 00 -|SK 421 00 0
SL 232 00 0|SM 378 00 -|SN 221 00 -|SO 252 00 0|SR 597 00 -|SS 211 00 0|ST 239 00 -|SV 503 00 -|SY 963 00 0|SZ 268 00 -
TD 235 00 -|TG 228 00 -|TH 66 001,004,005,006,007,008,009 0|TJ 992 00,810 -|TK 690 00 -|TL 670 00 -|TM 993 810 8
TN 216 00 -|TO 676 00 -|TR 90 00 0|TV 688 00 -|TW 886 002 0|TZ 255 000 0|UA 380 00 0|UG 256 000,005,007 0|UY 598 00 0
UZ 998 00,810 -|VA 39 00 -|VE 58 00 0|VN 84 00 0|VU 678 00 -|WF 681 00 -|XK 383 00 0|YE 967 00 0|YT 262 00 0|ZA 27 00 0
ZM 260 00 0|ZW 263 00 0
`;

/** Members of the North American Numbering Plan: code 1, prefix 011, ten digits of which the area code is a part. */
const NANP_COUNTRIES = "AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MP MS PR SX TC TT US VC VG VI".split(" ");

function readTable(): ReadonlyMap<string, CountryDialling> {
	const table = new Map<string, CountryDialling>();
	for (const entry of DIALLING_TABLE.split(/[|\n]/)) {
		const [country, countryCode, international, national] = entry.split(" ");
		if (!country || !countryCode || !international || !national) continue;
		const internationalPrefixes = international.split(",").sort((a, b) => b.length - a.length);
		table.set(country, { countryCode, internationalPrefixes, nationalPrefix: national === "-" ? "" : national });
	}
	for (const country of NANP_COUNTRIES) {
		table.set(country, { countryCode: "1", internationalPrefixes: ["011"], nationalPrefix: "1" });
	}
	return table;
}

const DIALLING = readTable();
const COUNTRY_CODES = new Set([...DIALLING.values()].map((dialling) => dialling.countryCode));

/**
 * @param country ISO 3166 alpha-2, upper case.
 * @returns undefined for a country that the table does not have.
 */
export function countryDialling(country: string): CountryDialling | undefined {
	return DIALLING.get(country);
}

/** Countries of the table, sorted. */
export function knownCountries(): readonly string[] {
	return [...DIALLING.keys()].sort();
}

/**
 * The country code at the start of E.164 digits; no code is the beginning of another one, so there is at most one.
 *
 * @param digits without `+`.
 */
export function leadingCountryCode(digits: string): string | undefined {
	for (let length = 1; length <= 3; length++) {
		if (COUNTRY_CODES.has(digits.slice(0, length))) return digits.slice(0, length);
	}
	return undefined;
}

/** The national prefix that goes with a country code, "" where none or unknown. Countries that share a code share it. */
export function nationalPrefixOf(countryCode: string): string {
	for (const dialling of DIALLING.values()) {
		if (dialling.countryCode === countryCode) return dialling.nationalPrefix;
	}
	return "";
}
