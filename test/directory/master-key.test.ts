import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deriveKey, loadMasterKey } from "../../src/directory/index.ts";
import { Failure } from "../../src/domain/index.ts";

describe("the master key", () => {
	let folder: string;
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), "afterbeep-key-"));
	});
	afterEach(() => rm(folder, { recursive: true, force: true }));

	const failure = async (work: Promise<unknown>) => {
		const error = await work.then(
			() => undefined,
			(thrown: unknown) => thrown,
		);
		expect(error).toBeInstanceOf(Failure);
		expect((error as Failure).code).toBe("configInvalid");
		return error as Failure;
	};

	test("is made at a first start, readable by its owner only, and is the same at the next", async () => {
		const dataFolder = join(folder, "data");
		const made = await loadMasterKey({ file: undefined, dataFolder, create: true });
		expect(made).toHaveLength(32);
		expect((await stat(join(dataFolder, "master.key"))).mode & 0o777).toBe(0o600);
		expect(await readdir(dataFolder)).toEqual(["master.key"]);
		expect(await loadMasterKey({ file: undefined, dataFolder, create: false })).toEqual(made);
	});

	test("two processes that start at once agree on one", async () => {
		const load = () => loadMasterKey({ file: undefined, dataFolder: folder, create: true });
		const [first, second] = await Promise.all([load(), load()]);
		expect(second).toEqual(first);
	});

	test("is asked for where the database is an outside one, or has been in use already", async () => {
		const error = await failure(loadMasterKey({ file: undefined, dataFolder: folder, create: false }));
		expect(error.message).toContain(join(folder, "master.key"));
		expect(error.mend).toContain("AFTERBEEP_MASTER_KEY");
		expect(await readdir(folder)).toEqual([]);
	});

	test("is never made at a path that the operator gave", async () => {
		const error = await failure(loadMasterKey({ file: join(folder, "no.key"), dataFolder: folder, create: true }));
		expect(error.message).toContain("no.key");
		expect(await readdir(folder)).toEqual([]);
	});

	test.each([0, 31, 33, 45])("of %i octets is refused", async (length) => {
		const file = join(folder, "some.key");
		await writeFile(file, Buffer.alloc(length, 7));
		const error = await failure(loadMasterKey({ file, dataFolder: folder, create: true }));
		expect(error.message).toContain(`${length} octets`);
	});

	test("in a file that can not be read is told apart from a missing one", async () => {
		const file = join(folder, "folder.key");
		await mkdtemp(file);
		await chmod(folder, 0o700);
		const made = (await readdir(folder))[0]!;
		const error = await failure(loadMasterKey({ file: join(folder, made), dataFolder: folder, create: true }));
		expect(error.message).toContain("can not be read");
	});

	test("gives another key to each purpose, and always the same one", () => {
		const master = new Uint8Array(32).fill(1);
		const pepper = deriveKey(master, "pin-pepper");
		expect(pepper).toHaveLength(32);
		expect(deriveKey(master, "pin-pepper")).toEqual(pepper);
		expect(deriveKey(master, "account-secret")).not.toEqual(pepper);
		expect(deriveKey(new Uint8Array(32).fill(2), "pin-pepper")).not.toEqual(pepper);
	});
});
