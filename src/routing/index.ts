export { createRouting } from "./create.ts";
export { ROUTING_LIMITS } from "./limits.ts";
export { type NamedRoutes, namedRoutes } from "./routes.ts";
export type * from "./types.ts";
