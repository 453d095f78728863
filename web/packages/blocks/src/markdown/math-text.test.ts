import { expect, test } from "vitest";
import { mayHoldMath, normalizeMath } from "./math-text.ts";

test("maths of all notations is kept", () => {
  expect(normalizeMath("so $x^2$ and \\(y\\)")).toBe("so $x^2$ and $y$");
  expect(normalizeMath("\\[a+b\\]")).toContain("$$\na+b\n$$");
  expect(normalizeMath("$$\nx\n$$")).toBe("$$\nx\n$$");
});

test("money is text", () => {
  expect(normalizeMath("from $5 to $10")).toBe("from \\$5 to \\$10");
  expect(normalizeMath("it costs $ 3, or \\$4")).toBe("it costs \\$ 3, or \\$4");
});

test("code is left alone", () => {
  expect(normalizeMath("`echo $HOME` and ``a ` $b``")).toBe("`echo $HOME` and ``a ` $b``");
  expect(normalizeMath("```sh\necho $A $B\n```")).toBe("```sh\necho $A $B\n```");
});

test("plain text loads nothing", () => {
  expect(mayHoldMath("just text")).toBe(false);
  expect(mayHoldMath("\\(x\\)")).toBe(true);
});
