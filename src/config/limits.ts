/** Bounds of the settings. Units stand at the end of the names. */
export const CONFIG_LIMITS = {
	/** Of one value as text; the longest is a list of peers. */
	valueCharsMax: 8192,
	/** Of `afterbeep.toml`. */
	fileBytesMax: 256 * 1024,
	listItemsMax: 500,
	/** A greeting longer than a minute is a mistake: the caller pays for it. */
	greetingSecondsMin: 1,
	greetingSecondsMax: 60,
	silenceSecondsMax: 300,
	rtpTimeoutSecondsMin: 5,
	rtpTimeoutSecondsMax: 3600,
	drainSecondsMax: 3600,
	/** Shorter than a phone takes to be lifted, longer than networks let a call ring. */
	ringSecondsMin: 3,
	ringSecondsMax: 120,
	/** Contract 2.1. */
	tokenMinutesMin: 1,
	tokenMinutesMax: 60,
	ratePerMinuteMax: 1_000_000,
	mediaWorkersMax: 64,
	callsMax: 100_000,
	callsPerSecondMax: 100_000,
	usernameCharsMax: 100,
	/** A call takes two ports: fewer than this is no range. */
	rtpPortsMin: 4,
	/** Below are the ports that need privileges. */
	rtpPortFloor: 1024,
	secretCharsMin: 8,
	secretCharsMax: 200,
} as const;
