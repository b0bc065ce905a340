/** From the settings in force to what each room wants of them. Pure. */
import path from "node:path";
import { type CallSettings, DEFAULT_SOURCE_ORDER } from "../calls/index.ts";
import type { Config } from "../config/index.ts";
import type { TargetPolicy } from "../directory/index.ts";
import { LIMITS, type Log, type PeerPolicy } from "../domain/index.ts";
import type { HttpSettings } from "../http/index.ts";
import type { MediaOptions } from "../media/index.ts";
import type { StoreOptions } from "../store/index.ts";

export function storeOptions(config: Config, log: Log): StoreOptions {
	const { databaseUrl, databaseDirectUrl, dataFolder, blobs } = config;
	return { databaseUrl, databaseDirectUrl, dataFolder, blobs, worker: config.roles.has("worker"), log };
}

export function httpSettings(config: Config): HttpSettings {
	const { publicUrl, rateLimitPerMinute, trustedProxies } = config;
	return { publicUrl, rateLimitPerMinute, trustedProxies, requireApiEndpoint: false };
}

export function webhookPolicy({ webhookPrivate, webhookHttp }: Config): TargetPolicy {
	return { privateTargets: webhookPrivate, plainHttp: webhookHttp };
}

export function mediaOptions(config: Config, log: Log): MediaOptions {
	return {
		recordingLogFolder: path.join(config.dataFolder, "recordings"),
		rtpPorts: config.rtpPorts,
		...(config.mediaWorkers === undefined ? {} : { workers: config.mediaWorkers }),
		log,
	};
}

/** Of peers that are told by nothing but `AFTERBEEP_SIP_PEERS`. */
export function defaultPolicy(config: Config): PeerPolicy {
	return {
		plan: { country: config.country, extensions: config.extensions },
		order: DEFAULT_SOURCE_ORDER,
		diverter: config.diverter,
		assertsIdentity: config.assertedIdentity,
		starLogin: false,
		codecs: undefined,
		mediaAddresses: [],
		srtp: "off",
		earlyMedia: false,
		inbandDtmf: false,
	};
}

export function callSettings(config: Config): CallSettings {
	return {
		accessNumbers: config.accessNumbers,
		greeting: { mode: config.greeting, maxMs: config.greetingSecondsMax * 1000 },
		silenceMs: config.silenceSeconds * 1000,
		rtpLostMs: config.rtpTimeoutSeconds * 1000,
		rtpAdvertise: config.rtpAdvertise,
		greetingMaxMs: LIMITS.greetingSecondsMax * 1000,
		nameMaxMs: LIMITS.recordedNameSecondsMax * 1000,
	};
}
