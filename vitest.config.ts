import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		pool: "forks",
		testTimeout: 20_000,
		hookTimeout: 60_000,
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
				// Whole platforms, real peers, real time: one after the other and after the rest, so that none of them
				// measures the load of its neighbour.
				extends: true,
				test: {
					name: "wire",
					include: ["test/wire/**/*.test.ts", "test/end-to-end/**/*.test.ts"],
					testTimeout: 120_000,
					fileParallelism: false,
					sequence: { groupOrder: 1 },
				},
			},
		],
	},
});
