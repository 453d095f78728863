import { expect, test } from "vitest";
import { parseRoute } from "./route.ts";

test("addresses name what is open", () => {
  expect(parseRoute("#/s/ses_1")).toEqual({ page: "chat", sessionId: "ses_1" });
  expect(parseRoute("#/connections")).toEqual({ page: "connections" });
  expect(parseRoute("#/sign-up")).toEqual({ page: "sign-up", from: "" });
  expect(parseRoute("#/sign-in?from=%23%2Fs%2Fses_1")).toEqual({ page: "sign-in", from: "/s/ses_1" });
});

test("everything else is a new chat", () => {
  for (const hash of ["", "#", "#/nowhere", "#/s/"]) expect(parseRoute(hash)).toEqual({ page: "chat", sessionId: null });
});
