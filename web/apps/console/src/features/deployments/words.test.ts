import { aDeployment, aReceipt, aRelease } from "@capsule/testing";
import { expect, test } from "vitest";
import { configText, outcome, releaseTitle } from "./words.ts";

test("a release is called by its commit, or by what was done instead", () => {
  const built = aRelease({ id: "rel_3", number: 3, subject: "Fix the cart" });
  const changed = aRelease({ made_by: "config", based_on: "rel_3" });
  expect(releaseTitle(built, [built])).toBe("Fix the cart");
  expect(releaseTitle(changed, [changed, built])).toBe("Settings changed, code of release 3");
  expect(releaseTitle({ ...changed, made_by: "rollback" }, [built])).toBe("Code of release 3 with the present settings");
  expect(releaseTitle(changed, [])).toBe("Settings changed, code");
});

test("what happened after a release went live counts more than that it did", () => {
  const receipt = aReceipt({ verdict: "returned", reason: "x" });
  expect(outcome(aDeployment({ receipt }))).toEqual({ status: "failed", label: "Taken back" });
  expect(outcome(aDeployment({ watch_until: "2026-01-01T10:02:00Z" })).label).toBe("Watched");
  expect(outcome(aDeployment())).toEqual({ status: "succeeded" });
});

test("configuration is read as words", () => {
  expect(configText({ web: 2, worker: 1 })).toBe("web 2, worker 1");
  expect(configText({ path: "/health", timeout_seconds: null })).toBe("path /health, timeout seconds default");
  expect(configText(null)).toBe("default");
  expect(configText([])).toBe("none");
});
