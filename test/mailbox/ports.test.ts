import { describe, expectTypeOf, test } from "vitest";
import type * as calls from "../../src/calls/ports.ts";
import type * as mailbox from "../../src/mailbox/index.ts";
import type * as routing from "../../src/routing/index.ts";

/** `calls` and `mailbox` may not import each other; the compiler compares what each declares (`tsc --noEmit`). */
describe("what the room offers to calls", () => {
	test("is what calls ask for", () => {
		expectTypeOf<mailbox.CallMailboxes>().toExtend<calls.CallMailboxes>();
		expectTypeOf<ReturnType<typeof mailbox.createMailboxes>>().toExtend<calls.CallMailboxes>();
	});

	test("is asked for with what calls hand over", () => {
		expectTypeOf<calls.DepositedRecording>().toExtend<mailbox.DepositedRecording>();
		expectTypeOf<calls.PinChannel>().toExtend<mailbox.PinChannel>();
		expectTypeOf<mailbox.PinCheck>().toExtend<calls.PinCheck>();
		expectTypeOf<mailbox.PinChange>().toExtend<calls.PinChange>();
		expectTypeOf<mailbox.HeldNumber>().toExtend<calls.HeldNumber>();
	});
});

describe("what routing offers to calls", () => {
	test("is what calls ask for, and is asked for with what they hand over", () => {
		expectTypeOf<routing.CallRules>().toExtend<calls.CallRules>();
		expectTypeOf<calls.CallingParty>().toExtend<routing.CallingParty>();
	});
});
