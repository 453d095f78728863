import { expect, test } from "vitest";
import type { BlockItem } from "../log/chat-items.ts";
import { openPreviews, shownPreview } from "./previews.ts";

const preview = (id: string, revision: number, payload: object, type = "ui_preview"): BlockItem => ({
  kind: "block",
  id,
  type,
  payload,
  at: "",
  turnId: null,
  isStub: false,
  revision,
});

test("the newest is shown, and hiding ends those of its kind and key", () => {
  const table = preview("t", 1, { title: "Table" }, "table_preview");
  const page = preview("p", 2, { title: "Page", key: "k" });
  expect(openPreviews([table, page]).map((item) => item.id)).toEqual(["p", "t"]);
  expect(openPreviews([table, page, preview("x", 3, { close: true })]).map((item) => item.id)).toEqual(["t"]);
  expect(openPreviews([page, preview("x", 3, { close: true, key: "other" })]).map((item) => item.id)).toEqual(["p"]);
});

test("tables in the conversation do not open beside it", () => {
  expect(openPreviews([preview("t", 1, { mode: "inline" }, "table_preview")])).toEqual([]);
});

test("closing holds until the app shows something newer", () => {
  const first = preview("a", 1, {});
  expect(shownPreview([first], { id: null, at: 0 })?.id).toBe("a");
  expect(shownPreview([first], { id: null, at: 1 })).toBeNull();
  expect(shownPreview([preview("a", 2, {})], { id: null, at: 1 })?.id).toBe("a");
});
