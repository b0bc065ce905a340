/** Reads from the database what rings for a number that was dialled: one query for all readings of it. */
import { type NumberPlan, normalise } from "../domain/index.ts";
import type { Store } from "../store/index.ts";
import { type RingPlan, ringPlan } from "./ring-plan.ts";
import type { Document } from "./types.ts";

export interface RingingNeeds {
	readonly db: Store["db"];
}

export interface Ringing {
	/**
	 * @param dialled a SIP or tel URI, a user part or a number.
	 * @param plan by which it is read: that of whoever asks.
	 * @returns undefined where none of its readings is a live number of ours.
	 */
	planFor(dialled: string, plan: NumberPlan): Promise<RingPlan | undefined>;
}

export function createRinging({ db }: RingingNeeds): Ringing {
	return {
		planFor: async (dialled, plan) => {
			const readings = normalise(dialled, plan).flatMap((reading) => reading.phoneNumber ?? []);
			if (readings.length === 0) return undefined;
			const rows = await db
				.selectFrom("numbers")
				.leftJoin("mailboxes", "mailboxes.phoneNumber", "numbers.number")
				.leftJoin("voiceRoutes", "voiceRoutes.id", "numbers.voiceRouteId")
				.select(["numbers.number", "numbers.status", "numbers.voiceEnabled", "mailboxes.id as mailboxId"])
				.select((eb) => [
					eb.ref("voiceRoutes.document").as("route"),
					eb
						.selectFrom("phones")
						.whereRef("phones.phoneNumber", "=", "numbers.number")
						.select((of) => of.fn.countAll<string>().as("count"))
						.as("phones"),
				])
				.where("numbers.number", "in", readings)
				.where("numbers.status", "in", ["Active", "Parked"])
				.execute();
			// The most certain reading that is a number of ours.
			const row = readings.flatMap((number) => rows.find((one) => one.number === number) ?? [])[0];
			if (row === undefined) return undefined;
			return ringPlan({
				phoneNumber: row.number,
				active: row.status === "Active",
				voiceEnabled: row.voiceEnabled,
				phones: Number(row.phones ?? 0),
				route: (row.route as Document | null) ?? undefined,
				voicemail: row.mailboxId !== null,
			});
		},
	};
}
