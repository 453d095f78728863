import { expect, test } from "vitest";
import { mediaUrl, safeLink, safeMedia } from "./safe-url.ts";

test.each(["https://a.example", "http://a.example/x?y#z", "mailto:a@b.example", "tel:123", "/path", "#/page", "x.html"])(
  "%s is a link",
  (address) => expect(safeLink(address)).toBe(address),
);

test.each(["javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc", "", null, 3])(
  "%j is none",
  (address) => expect(safeLink(address)).toBeNull(),
);

test("media are web addresses and data of their own kind", () => {
  expect(safeMedia("data:image/png;base64,AA")).toBe("data:image/png;base64,AA");
  expect(safeMedia("data:text/html,x")).toBeNull();
  expect(safeMedia("data:video/mp4;base64,AA", "video")).not.toBeNull();
  expect(safeMedia("javascript:alert(1)")).toBeNull();
});

test("a path of the app’s files goes through the host, its API’s do not", () => {
  const fileUrl = (path: string) => `/api/mounts${path}`;
  expect(mediaUrl("/data/a.png", fileUrl)).toBe("/api/mounts/data/a.png");
  expect(mediaUrl("/api/files/f/a.png", fileUrl)).toBe("/api/files/f/a.png");
  expect(mediaUrl("//evil.example/a.png", fileUrl)).toBe("//evil.example/a.png");
  expect(mediaUrl("/data/a.png", undefined)).toBe("/data/a.png");
});
