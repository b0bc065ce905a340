import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		pool: "forks",
		testTimeout: 20_000,
		hookTimeout: 60_000,
		// The default leaves one of two cores idle; most of our tests wait for sockets and databases anyway.
		maxWorkers: 2,
		projects: [
			{
				extends: true,
				test: {
					name: "rooms",
					include: ["test/**/*.test.ts"],
					exclude: ["test/wire/**", "test/end-to-end/**"],
					sequence: { groupOrder: 0 },
				},
			},
			{
				// Whole platforms, real peers, real time: after the rest, and no more than two at once.
				extends: true,
				test: {
					name: "wire",
					include: ["test/wire/**/*.test.ts", "test/end-to-end/**/*.test.ts"],
					testTimeout: 120_000,
					sequence: { groupOrder: 1 },
				},
			},
		],
	},
});
