import { aCapsule } from "@capsule/testing";
import { expect, test } from "vitest";
import { changedOnly } from "./changes.ts";

test("what is the same, or was never said, is not sent", () => {
  const config = { ...aCapsule().config, canary: { percent: 10, seconds: 60 } };
  const wanted = { run_command: "", cpu: 1, memory: 256, canary: { percent: 10, seconds: 60 }, watch_seconds: null };
  expect(changedOnly(wanted, config)).toEqual({ memory: 256 });
  expect(changedOnly({ canary: null }, config)).toEqual({ canary: null });
});
