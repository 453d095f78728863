import type { Receipt } from "@capsule/api";
import { aCapsule, aDeployment, aReceipt } from "@capsule/testing";
import { describe, expect, test } from "vitest";
import { countdown, isUnderWay, phaseTimes, returnOf, stepsOf, wouldReturnTo } from "./progress.ts";

const config = aCapsule().config;
type Phase = Receipt["phases"][number];
const phases = (...times: [Phase["name"], number][]): Receipt =>
  aReceipt({ phases: times.map(([name, seconds]) => ({ name, seconds })) });
const states = (...args: Parameters<typeof stepsOf>): string => stepsOf(...args).map(({ name, state }) => `${name} ${state}`).join(", ");

test("a phase that came twice counts once", () => {
  const deployment = aDeployment({ receipt: phases(["start", 1], ["switch", 0.1], ["canary", 60], ["switch", 0.2]) });
  expect(phaseTimes(deployment).map(({ name, seconds }) => [name, Number(seconds.toFixed(3))])).toEqual([
    ["start", 1],
    ["switch", 0.3],
    ["canary", 60],
  ]);
});

describe("stepsOf", () => {
  test("what is done, what goes on, and what comes", () => {
    const running = aDeployment({ status: "running", phase: "switch", receipt: phases(["start", 1]) });
    expect(states(running, config)).toBe("start done, switch current, drain next, watch next");
  });

  test("rules of the capsule decide what comes", () => {
    const running = aDeployment({ status: "running", phase: "start", receipt: phases(["release", 2]) });
    const rules = { ...config, canary: { percent: 10, seconds: 60 }, watch_seconds: 0 };
    expect(states(running, rules)).toBe("release done, start current, canary next, switch next, drain next");
    expect(states(aDeployment({ status: "queued" }), { ...config, strategy: "recreate" })).toBe(
      "drain next, start next, switch next, watch next",
    );
  });

  test("the switch goes on after a canary", () => {
    const running = aDeployment({ status: "running", phase: "canary", receipt: phases(["start", 1], ["switch", 0.1]) });
    expect(states(running, config)).toBe("start done, canary current, switch next, drain next, watch next");
  });

  test("a failed one shows where", () => {
    const failed = aDeployment({ status: "failed", phase: "start", receipt: phases(["start", 4]) });
    expect(states(failed, config)).toBe("start failed, switch next, drain next, watch next");
  });
});

test("a deployment is under way until its watch is over", () => {
  expect(isUnderWay(null)).toBe(false);
  expect(isUnderWay(aDeployment())).toBe(false);
  expect(isUnderWay(aDeployment({ watch_until: "2026-01-01T10:02:00Z" }))).toBe(true);
});

test("what was brought back, or holds the same release, is not taken back", () => {
  const deployment = aDeployment({ release_number: 7, previous_release_number: 6 });
  expect(wouldReturnTo(deployment, config)).toBe(6);
  expect(wouldReturnTo({ ...deployment, trigger: "return" }, config)).toBeNull();
  expect(wouldReturnTo({ ...deployment, previous_release_number: 7 }, config)).toBeNull();
  expect(wouldReturnTo(deployment, { ...config, watch_seconds: 0 })).toBeNull();
});

test("a return tells from where, to where and why", () => {
  const bad = aDeployment({ release_number: 7, receipt: aReceipt({ verdict: "returned", reason: "exited with code 3" }) });
  const back = aDeployment({ release_number: 6, trigger: "return" });
  expect(returnOf([back, bad])).toEqual({ from: 7, to: 6, reason: "Exited with code 3." });
  expect(returnOf([aDeployment(), back, bad])).toBeNull();
});

test("the countdown ends at nought", () => {
  const until = "2026-01-01T10:02:05Z";
  expect(countdown(until, new Date("2026-01-01T10:00:00Z").getTime())).toBe("2:05");
  expect(countdown(until, new Date("2026-01-01T11:00:00Z").getTime())).toBe("0:00");
});
