/** A lock between processes: a file that names its holder, so that the lock of a dead holder is recognised and taken. */
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { processIdentity } from "./process-identity.ts";

export interface LockHolder {
	readonly pid: number;
	/** `processIdentity` of the holder. */
	readonly identity: string;
	/** ISO 8601. */
	readonly since: string;
}

/** Longer than anything done while it is held: a breaker that died within these few system calls left it behind. */
const BREAKER_STALE_MS = 5_000;

let serial = 0;

/** @returns how to release it, or the live process that holds it. */
export function tryLock(path: string): (() => void) | LockHolder {
	const me: LockHolder = {
		pid: process.pid,
		identity: processIdentity(process.pid) ?? "",
		since: new Date().toISOString(),
	};
	const content = JSON.stringify(me);
	for (let attempt = 0; attempt < 20; attempt++) {
		if (createWhole(path, content)) return () => releaseOwn(path, content);
		const held = readHolder(path);
		if (held === "gone") continue;
		if (held !== "unreadable" && processIdentity(held.pid) === held.identity) return held;
		breakStale(path);
	}
	return { pid: 0, identity: "", since: me.since };
}

/** Waits for the lock. @returns how to release it, or the holder where `waitMs` were not enough. */
export async function lockWithin(path: string, waitMs: number): Promise<(() => void) | LockHolder> {
	const deadline = performance.now() + waitMs;
	for (;;) {
		const lock = tryLock(path);
		if (typeof lock === "function" || performance.now() > deadline) return lock;
		await delay(10 + Math.random() * 20);
	}
}

/** The file appears with its content in one step: link(2) fails where the name exists, and nobody reads half of it. */
function createWhole(path: string, content: string): boolean {
	const draft = `${path}.${process.pid}.${serial++}`;
	writeFileSync(draft, content, { mode: 0o644 });
	try {
		linkSync(draft, path);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	} finally {
		rmSync(draft, { force: true });
	}
}

function readHolder(path: string): LockHolder | "gone" | "unreadable" {
	try {
		return JSON.parse(readFileSync(path, "utf8")) as LockHolder;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : "unreadable";
	}
}

/** Only one process at a time may remove a stale lock, or the second would remove the fresh lock of the first. */
function breakStale(path: string): void {
	const breaker = `${path}.break`;
	if (!createWhole(breaker, "")) {
		const age = Date.now() - (statSync(breaker, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
		if (age > BREAKER_STALE_MS) rmSync(breaker, { force: true });
		return;
	}
	try {
		const held = readHolder(path);
		if (held === "gone") return;
		if (held === "unreadable" || processIdentity(held.pid) !== held.identity) rmSync(path, { force: true });
	} finally {
		rmSync(breaker, { force: true });
	}
}

function releaseOwn(path: string, content: string): void {
	try {
		if (readFileSync(path, "utf8") === content) rmSync(path, { force: true });
	} catch {
		// Gone already, with its folder.
	}
}
