import { expect, test } from "vitest";
import { plainText, terminalSpans } from "./ansi.ts";

test("colours and styles begin and end", () => {
  const spans = terminalSpans("\u001b[1;31mbad\u001b[0m fine \u001b[38;5;9mx\u001b[39m");
  expect(spans.map(({ text, isBold }) => [text, isBold])).toEqual([
    ["bad", true],
    [" fine ", false],
    ["x", false],
  ]);
  expect(spans[0]?.colour).not.toBeNull();
  expect(spans[1]?.colour).toBeNull();
});

test("other codes vanish and a carriage return writes over its line", () => {
  expect(plainText("\u001b]0;title\u0007\u001b[2Kdone\r\n10%\r50%\r100%\nend")).toBe("done\n100%\nend");
});
