/** Which ciphers SRTP is spoken with here, and what each needs: RFC 3711 §8.2, RFC 4568 §6.2, RFC 7714 §12. */

interface SuiteForm {
	/** OpenSSL's name. */
	readonly cipher: "aes-128-ctr" | "aes-128-gcm" | "aes-256-gcm";
	readonly keyBytes: number;
	readonly saltBytes: number;
	readonly rtpTagBytes: number;
	/** Of SRTCP the tag is never the short one (RFC 4568 §6.2.2). */
	readonly rtcpTagBytes: number;
}

const COUNTER = { cipher: "aes-128-ctr", keyBytes: 16, saltBytes: 14, rtcpTagBytes: 10 } as const;
const GALOIS = { saltBytes: 12, rtpTagBytes: 16, rtcpTagBytes: 16 } as const;

export const SRTP_SUITES = {
	AES_CM_128_HMAC_SHA1_80: { ...COUNTER, rtpTagBytes: 10 },
	AES_CM_128_HMAC_SHA1_32: { ...COUNTER, rtpTagBytes: 4 },
	AEAD_AES_128_GCM: { ...GALOIS, cipher: "aes-128-gcm", keyBytes: 16 },
	AEAD_AES_256_GCM: { ...GALOIS, cipher: "aes-256-gcm", keyBytes: 32 },
} as const satisfies Readonly<Record<string, SuiteForm>>;

export type SrtpSuite = keyof typeof SRTP_SUITES;

export const SRTP_SUITE_NAMES = Object.keys(SRTP_SUITES) as readonly SrtpSuite[];

/** What everybody speaks; GCM is for peers that offer it. */
export const OFFERED_SUITES: readonly SrtpSuite[] = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"];

/** Length of a master key with its master salt, as they stand together in `inline:`. */
export const masterBytes = (suite: SrtpSuite): number => SRTP_SUITES[suite].keyBytes + SRTP_SUITES[suite].saltBytes;
