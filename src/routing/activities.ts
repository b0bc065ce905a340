/** Members of workgroups: which key or turn leads to whom. Kept; a workgroup takes its own along when it goes. */
import { sql } from "kysely";
import { newId, type Principal } from "../domain/index.ts";
import type { Tx } from "../store/index.ts";
import { accountsOf, notFound, withoutUndefined } from "./shelf.ts";
import type { Activities, Document, RoutingNeeds } from "./types.ts";

export function createActivities({ store, clock, directory }: RoutingNeeds): Activities {
	return {
		add: (who, workgroupId, sent) =>
			store.transaction(async (tx) => {
				const workgroup = await tx
					.selectFrom("workgroups")
					.select(["id", "accountId"])
					.where(sql<string>`lower(id)`, "=", workgroupId.toLowerCase())
					.where("accountId", "in", accountsOf(tx, who))
					.forShare()
					.executeTakeFirst();
				if (workgroup === undefined) throw notFound();
				const id = newId("workgroupActivity");
				const document = { ...withoutUndefined(sent), WorkgroupId: workgroup.id };
				const at = clock.now();
				await tx
					.insertInto("workgroupActivities")
					.values({ id, workgroupId: workgroup.id, document: JSON.stringify(document), createdOn: at, updatedOn: at })
					.execute();
				await directory.audit(tx, { who, at, accountId: workgroup.accountId, thing: id, after: document });
				return id;
			}),

		change: (who, id, sent) =>
			store.transaction(async (tx) => {
				const before = await hold(tx, who, id);
				const document = { ...before.document, ...withoutUndefined(sent) };
				const at = clock.now();
				await tx
					.updateTable("workgroupActivities")
					.set({ document: JSON.stringify(document), updatedOn: at })
					.where("id", "=", before.id)
					.execute();
				const { accountId } = before;
				await directory.audit(tx, { who, at, accountId, thing: before.id, before: before.document, after: document });
				return before.id;
			}),

		remove: (who, id) =>
			store.transaction(async (tx) => {
				const row = await hold(tx, who, id);
				await tx.deleteFrom("workgroupActivities").where("id", "=", row.id).execute();
				const { accountId, document } = row;
				await directory.audit(tx, { who, at: clock.now(), accountId, thing: row.id, before: document });
				return row.id;
			}),
	};
}

async function hold(tx: Tx, who: Principal, id: string) {
	const row = await tx
		.selectFrom("workgroupActivities")
		.innerJoin("workgroups", "workgroups.id", "workgroupActivities.workgroupId")
		.select(["workgroupActivities.id", "workgroupActivities.document", "workgroups.accountId"])
		.where(sql<string>`lower(workgroup_activities.id)`, "=", id.toLowerCase())
		.where("workgroups.accountId", "in", accountsOf(tx, who))
		.forUpdate("workgroupActivities")
		.executeTakeFirst();
	if (row === undefined) throw notFound();
	return { ...row, document: row.document as Document };
}
