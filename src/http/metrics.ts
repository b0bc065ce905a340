import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface GaugeValue {
	readonly value: number;
	readonly labels?: Readonly<Record<string, string>>;
}

export interface CounterHandle {
	add(labels?: Readonly<Record<string, string>>, by?: number): void;
}

/** The figures of one process. Each room gets the means to register its own, and none needs to know the library. */
export interface Metrics {
	/** @param route pattern of the route, never the raw path: its number of values must stay small. */
	observeRequest(method: string, route: string, status: number, seconds: number): void;
	/** What was no HTTP, or never became a whole request. */
	countBrokenRequest(status: number): void;
	/** A figure read at scrape time. A `read` that fails leaves its gauge out of that scrape, not the others. */
	gauge(
		name: string,
		help: string,
		labelNames: readonly string[],
		read: () => readonly GaugeValue[] | Promise<readonly GaugeValue[]>,
	): void;
	counter(name: string, help: string, labelNames: readonly string[]): CounterHandle;
	/** Prometheus text exposition format 0.0.4. */
	text(): Promise<string>;
}

/** @param ofProcess also CPU, memory, event loop lag of this process; off in tests that make many apps. */
export function createMetrics(options: { readonly ofProcess: boolean } = { ofProcess: true }): Metrics {
	const registry = new Registry();
	if (options.ofProcess) collectDefaultMetrics({ register: registry });
	const requests = new Histogram({
		name: "afterbeep_http_request_duration_seconds",
		help: "Time from the first octet of a request to the last of its answer.",
		labelNames: ["method", "route", "status"],
		buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
		registers: [registry],
	});
	const broken = new Counter({
		name: "afterbeep_http_broken_requests_total",
		help: "Requests that were no HTTP, or never whole.",
		labelNames: ["status"],
		registers: [registry],
	});
	return {
		countBrokenRequest: (status) => broken.inc({ status: String(status) }),
		observeRequest: (method, route, status, seconds) =>
			requests.observe({ method, route, status: String(status) }, seconds),
		gauge(name, help, labelNames, read) {
			new Gauge({
				name,
				help,
				labelNames: [...labelNames],
				registers: [registry],
				async collect() {
					this.reset();
					const values = await Promise.resolve()
						.then(read)
						.catch(() => []);
					for (const { labels, value } of values) this.set({ ...labels }, value);
				},
			});
		},
		counter(name, help, labelNames) {
			const counter = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
			return { add: (labels = {}, by = 1) => counter.inc({ ...labels }, by) };
		},
		text: () => registry.metrics(),
	};
}
