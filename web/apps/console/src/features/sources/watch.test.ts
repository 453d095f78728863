import { expect, test } from "vitest";
import { patternsOf, textOf, untilText } from "./watch.ts";

test("patterns are typed one a line or with commas", () => {
  expect(patternsOf(" api/**\n\nshared/*, *.toml ")).toEqual(["api/**", "shared/*", "*.toml"]);
  expect(patternsOf(textOf(["a", "b"]))).toEqual(["a", "b"]);
  expect(textOf(null)).toBe("");
});

test("the end of a preview is told in hours, then in days", () => {
  const now = new Date("2026-01-01T00:00:00Z").getTime();
  expect(untilText("2026-01-01T00:20:00Z", now)).toBe("soon");
  expect(untilText("2026-01-01T05:00:00Z", now)).toBe("in 5 hours");
  expect(untilText("2026-01-04T01:00:00Z", now)).toBe("in 3 days");
});
