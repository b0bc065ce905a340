import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../../src/domain/index.ts";
import { openBlobs } from "../../src/store/blobs.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "afterbeep-blobs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (value: string) => new TextEncoder().encode(value);

describe("blobs in a folder", () => {
	test("what was put is got, also under a key with folders, and put again it is the newer", async () => {
		const blobs = await openBlobs(`file:${folder}/deep`, true);
		await blobs.put("messages/2026/VMID-1.ulaw", text("first"));
		await blobs.put("messages/2026/VMID-1.ulaw", text("second"));
		expect(await blobs.get("messages/2026/VMID-1.ulaw")).toEqual(Buffer.from("second"));
		expect(readdirSync(join(folder, "deep", "messages", "2026"))).toEqual(["VMID-1.ulaw"]);
	});

	test("no draft is left behind, and nobody but the owner may read", async () => {
		const blobs = await openBlobs(`file:${folder}/blobs`, true);
		await Promise.all(Array.from({ length: 20 }, (_, i) => blobs.put(`same/${i % 3}`, text(`value ${i}`))));
		expect(readdirSync(join(folder, "blobs"))).toEqual(["same"]);
		expect(readdirSync(join(folder, "blobs", "same")).sort()).toEqual(["0", "1", "2"]);
		expect(statSync(join(folder, "blobs")).mode & 0o777).toBe(0o700);
		expect(statSync(join(folder, "blobs", "same", "0")).mode & 0o777).toBe(0o600);
	});

	test("pieces become one blob, in their order", async () => {
		const blobs = await openBlobs(`file:${folder}`, true);
		await blobs.put("a", [text("head"), text(""), text("tail")]);
		expect(await blobs.get("a")).toEqual(Buffer.from("headtail"));
		await blobs.put("none", []);
		expect(await blobs.get("none")).toEqual(Buffer.alloc(0));
	});

	test("a folder that is new, or was removed, is made for whoever needs it first", async () => {
		const blobs = await openBlobs(`file:${folder}`, true);
		const keys = Array.from({ length: 20 }, (_, i) => `month/${i % 5}/deep/${i}`);
		await Promise.all(keys.map((key) => blobs.put(key, text(key))));
		rmSync(join(folder, "month"), { recursive: true });
		await Promise.all(keys.map((key) => blobs.put(key, text(key))));
		for (const key of keys) expect(await blobs.get(key)).toEqual(Buffer.from(key));
	});

	test("where no folder can be made nothing is put, and the next time it can", async () => {
		const blobs = await openBlobs(`file:${folder}`, true);
		writeFileSync(join(folder, "month"), "a file");
		const one = Array.from({ length: 5 }, (_, i) => blobs.put(`month/deep/${i}`, text("x")));
		for (const { status } of await Promise.allSettled(one)) expect(status).toBe("rejected");
		rmSync(join(folder, "month"));
		await blobs.put("other/deep/a", text("x"));
		await blobs.put("month/deep/a", text("x"));
		expect(readdirSync(folder).sort()).toEqual(["month", "other"]);
	});

	test("a missing blob is undefined, and deleting it twice is harmless", async () => {
		const blobs = await openBlobs(`file:${folder}`, true);
		await blobs.put("a", text("x"));
		await blobs.delete("a");
		await blobs.delete("a");
		expect(await blobs.get("a")).toBeUndefined();
		expect(await blobs.get("never/there")).toBeUndefined();
	});

	test.each([
		"",
		"/a",
		"a/",
		"a//b",
		"../a",
		"a/../../b",
		".hidden",
		"a/.b",
		"a\0b",
		"ä",
		"a b",
		"a\\b",
		"x".repeat(201),
	])("key %j is refused", async (key) => {
		const blobs = await openBlobs(`file:${folder}`, true);
		expect(() => blobs.put(key, text("x"))).toThrow(Failure);
		expect(() => blobs.get(key)).toThrow(Failure);
	});

	test("a folder that has gone away is an outage, not a missing blob", async () => {
		const blobs = await openBlobs(`file:${folder}/blobs`, true);
		await blobs.put("a", text("x"));
		renameSync(join(folder, "blobs"), join(folder, "elsewhere"));
		await expect(blobs.get("a")).rejects.toMatchObject({ code: "storeUnavailable" });
		await expect(blobs.put("b", text("x"))).rejects.toMatchObject({ code: "storeUnavailable" });
		await expect(blobs.check()).rejects.toMatchObject({ code: "storeUnavailable" });
		renameSync(join(folder, "elsewhere"), join(folder, "blobs"));
		await blobs.check();
		expect(await blobs.get("a")).toEqual(Buffer.from("x"));
	});

	test("what is no folder at all fails the check", async () => {
		const blobs = await openBlobs(`file:${folder}/blobs`, true);
		rmSync(join(folder, "blobs"), { recursive: true });
		writeFileSync(join(folder, "blobs"), "a file");
		await expect(blobs.check()).rejects.toMatchObject({ code: "storeUnavailable" });
	});

	test("a reading command makes no folder", async () => {
		const blobs = await openBlobs(`file:${folder}/not-there`, false);
		expect(readdirSync(folder)).toEqual([]);
		await expect(blobs.get("a")).rejects.toMatchObject({ code: "storeUnavailable" });
	});
});

describe("places for blobs", () => {
	test("s3 is refused as not part of this version", async () => {
		await expect(openBlobs("s3://bucket/prefix", true)).rejects.toMatchObject({ code: "configInvalid" });
	});

	test.each(["", "folder", "/folder", "file:relative", "http://host/x"])("%j is refused", async (location) => {
		await expect(openBlobs(location, true)).rejects.toMatchObject({ code: "configInvalid" });
	});

	test("a file URL is understood, with its escapes", async () => {
		const blobs = await openBlobs(`file://${folder}/with%20space`, true);
		await blobs.put("a", text("x"));
		expect(readdirSync(folder)).toEqual(["with space"]);
	});
});
