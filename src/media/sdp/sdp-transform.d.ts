/** The part of sdp-transform that this room uses. Its grammar is loose: every field may be missing or a bare string. */
declare module "sdp-transform" {
	export interface ParsedConnection {
		readonly version?: number | string;
		readonly ip?: string | number;
	}
	export interface ParsedMedia {
		readonly type?: string;
		readonly port?: number | string;
		readonly protocol?: string;
		readonly payloads?: string | number;
		readonly rtp: readonly {
			readonly payload?: number | string;
			readonly codec?: string | number;
			readonly rate?: number | string;
			readonly encoding?: number | string;
		}[];
		readonly fmtp: readonly { readonly payload?: number | string; readonly config?: string | number }[];
		readonly ptime?: number | string;
		readonly maxptime?: number | string;
		readonly direction?: string;
		readonly connection?: ParsedConnection;
		readonly crypto?: readonly {
			readonly id?: number | string;
			readonly suite?: string | number;
			readonly config?: string | number;
			readonly sessionConfig?: string | number;
		}[];
		readonly rtcp?: { readonly port?: number | string; readonly address?: string | number };
	}
	export interface ParsedSession {
		readonly version?: number | string;
		readonly origin?: object;
		readonly connection?: ParsedConnection;
		readonly direction?: string;
		readonly media: readonly ParsedMedia[];
	}
	const sdpTransform: { parse(sdp: string): ParsedSession };
	export default sdpTransform;
}
