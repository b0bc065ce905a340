import { createActivities } from "./activities.ts";
import { createCallFilters } from "./call-filters.ts";
import { createGuardians } from "./guardians.ts";
import { createMessageRoutes, createVoiceRoutes } from "./routes.ts";
import type { Routing, RoutingNeeds } from "./types.ts";
import { createSchedules, createWorkgroups } from "./workgroups.ts";

export function createRouting(needs: RoutingNeeds): Routing {
	return {
		voiceRoutes: createVoiceRoutes(needs),
		messageRoutes: createMessageRoutes(needs),
		callFilters: createCallFilters(needs),
		guardians: createGuardians(needs),
		workgroups: createWorkgroups(needs),
		activities: createActivities(needs),
		schedules: createSchedules(needs),
	};
}
