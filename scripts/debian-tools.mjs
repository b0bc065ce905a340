/** The Debian packages that tests need and the platform does not, with the command each brings. One list for all. */
export const DEBIAN_TOOLS = [
	// SIPp, the peer of the wire tests and benches.
	{ package: "sip-tester", command: "sipp" },
	// The proxy that rings first (deploy/kamailio), with the modules that Debian packs apart.
	{ package: "kamailio", command: "kamailio", with: ["kamailio-extra-modules", "kamailio-utils-modules"] },
	// A real phone.
	{ package: "baresip-core", command: "baresip" },
	// Another one, with another SIP and RTP stack.
	{ package: "linphone-cli", command: "linphonec" },
	// A browser that calls, and what lies between its media and plain RTP (docs/recipes/webrtc.md).
	{ package: "chromium", command: "chromium" },
	{ package: "rtpengine-daemon", command: "rtpengine", with: ["kamailio-websocket-modules"] },
];
