import { createCallFilters } from "./call-filters.ts";
import { createGuardians } from "./guardians.ts";
import { createMessageRoutes, createVoiceRoutes } from "./routes.ts";
import type { Routing, RoutingNeeds } from "./types.ts";

export function createRouting(needs: RoutingNeeds): Routing {
	return {
		voiceRoutes: createVoiceRoutes(needs),
		messageRoutes: createMessageRoutes(needs),
		callFilters: createCallFilters(needs),
		guardians: createGuardians(needs),
	};
}
