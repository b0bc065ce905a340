export { forgetNumber, moveNumber } from "./call-filters.ts";
export {
	type CallRules,
	type CallRulesNeeds,
	createCallRules,
	type RulesInForce,
	type StandIn,
} from "./call-rules.ts";
export { createRouting } from "./create.ts";
export {
	type CallFilter,
	type CallingParty,
	FILTER_MODES,
	type FilterMode,
	type KeptOut,
	type Verdict,
} from "./decide.ts";
export { ROUTING_LIMITS } from "./limits.ts";
export type { RingPlan } from "./ring-plan.ts";
export { createRinging, type Ringing, type RingingNeeds } from "./ringing.ts";
export { type NamedRoutes, namedRoutes } from "./routes.ts";
export { isTimeZone, minutesOf, WEEKDAYS, type Weekday } from "./schedule-hours.ts";
export type * from "./types.ts";
