import { aCapsule } from "@capsule/testing";
import { expect, test } from "vitest";
import { changeOf, factsOf, formOf } from "./rollout.ts";

const config = aCapsule().config;
const rules = {
  ...config,
  strategy: "recreate" as const,
  release_command: "migrate",
  health: { path: "/health", timeout_seconds: 30, grace_seconds: 5 },
  canary: { percent: 25, seconds: 90 },
  watch_seconds: 0,
};

test("what is shown and saved unchanged changes nothing", () => {
  expect(changeOf(formOf(rules), rules)).toEqual({});
  expect(changeOf(formOf(config), config)).toEqual({});
});

test("emptied fields take their defaults again", () => {
  const emptied = { ...formOf(rules), healthPath: "", healthTimeout: "", grace: "", canaryPercent: "", watchSeconds: "" };
  expect(changeOf(emptied, rules)).toEqual({ health: null, canary: { percent: 10, seconds: 90 }, watch_seconds: null });
  expect(changeOf({ ...emptied, hasCanary: false, strategy: "rolling" }, rules)).toMatchObject({ strategy: "rolling", canary: null });
});

test("the rules are told in words; apps have no traffic of their own", () => {
  const words = (capsule = aCapsule()): string => factsOf(capsule).map(({ name, value }) => `${name}: ${value}`).join("; ");
  expect(words(aCapsule({ config: rules }))).toBe(
    "Strategy: Recreate; Release command: migrate; Health: answers /health below 400; " +
      "Canary: 25 % of the requests for 90 s; Watch: off: nothing comes back by itself",
  );
  expect(words()).toContain("Watch: 120 s after it went live");
  expect(words(aCapsule({ type: "app" }))).not.toContain("Canary");
});
