export { ABSENT_OPERATIONS, type AbsentOperation } from "./absent-operations.ts";
export { allOperations, createHttpApp } from "./app.ts";
export type { Operation } from "./conventions/operation.ts";
export type { HttpDeps, HttpSettings, Readiness } from "./deps.ts";
export { describedOperations } from "./described-operations.ts";
export { type CounterHandle, createMetrics, type GaugeValue, type Metrics } from "./metrics.ts";
export { openApiDocument } from "./openapi.ts";
export { type HttpServer, startHttp } from "./server.ts";
export { HTTP_STATUS } from "./statuses.ts";
