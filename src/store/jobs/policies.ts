/** How often and for how long each kind of job is tried; the names are those of `JobData`. */
import type { JobName } from "../types.ts";

export interface JobPolicy {
	/** The first retry comes after this to twice this, each next after twice as long. Seconds. */
	readonly retryDelay: number;
	/** Longest wait between two tries, seconds. */
	readonly retryDelayMax: number;
	/** Tries after the first; then the job is dead and an operator must look. */
	readonly retryLimit: number;
	/** A handler that runs longer is taken for lost, and the job is tried again. Seconds. */
	readonly expireInSeconds: number;
	/** So many jobs of one group at once, over all processes: a slow group holds back no other. */
	readonly perGroup?: number;
}

const DAY = 86_400;

export const JOB_POLICIES: Record<JobName, JobPolicy> = {
	"message.stored": { ...patient({ firstSeconds: 1, maxSeconds: 300, forSeconds: 3 * DAY }), expireInSeconds: 60 },
	// RFC 5321 §4.5.4.1 asks a sender to keep trying for four to five days in general; a voicemail is stale after three.
	"email.message": { ...patient({ firstSeconds: 5, maxSeconds: 3_600, forSeconds: 3 * DAY }), expireInSeconds: 300 },
	// Who waits for it will ask again: after a day it is stale.
	"email.pin": { ...patient({ firstSeconds: 5, maxSeconds: 600, forSeconds: DAY }), expireInSeconds: 300 },
	"event.stored": { ...patient({ firstSeconds: 1, maxSeconds: 300, forSeconds: 3 * DAY }), expireInSeconds: 60 },
	// The handler names its own waits and its own end (contract 6.7); these are for what a crash cut off.
	"webhook.deliver": {
		...patient({ firstSeconds: 5, maxSeconds: 300, forSeconds: 3 * DAY }),
		expireInSeconds: 60,
		perGroup: 4,
	},
	"blobs.erase": { ...patient({ firstSeconds: 10, maxSeconds: 3_600, forSeconds: 30 * DAY }), expireInSeconds: 300 },
};

/** Exponential backoff as a number of tries: as many as it takes to fill the time when every wait is of full length. */
function patient(wish: {
	firstSeconds: number;
	maxSeconds: number;
	forSeconds: number;
}): Pick<JobPolicy, "retryDelay" | "retryDelayMax" | "retryLimit"> {
	let retryLimit = 0;
	for (let waited = 0; waited < wish.forSeconds; retryLimit++) {
		waited += Math.min(wish.maxSeconds, wish.firstSeconds * 2 ** Math.min(retryLimit + 1, 16));
	}
	return { retryDelay: wish.firstSeconds, retryDelayMax: wish.maxSeconds, retryLimit };
}
