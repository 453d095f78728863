import { describe, expect, test } from "vitest";
import { splitBlocks } from "./split-blocks.ts";

describe("cutting Markdown", () => {
  test("paragraphs, tables and headings are pieces of their own", () => {
    expect(splitBlocks("# A\n\nText\nmore\n\n| a |\n|---|\n| 1 |")).toHaveLength(3);
  });

  test("fences, lists, indented text and maths stay whole", () => {
    expect(splitBlocks("```\na\n\nb\n```")).toHaveLength(1);
    expect(splitBlocks("1. a\n\n2. b\n\n   still b")).toHaveLength(1);
    expect(splitBlocks("$$\na\n\nb\n$$")).toHaveLength(1);
    expect(splitBlocks("- a\n\nText")).toHaveLength(2);
  });

  test("a fence inside of a longer fence does not end it", () => {
    expect(splitBlocks("````md\n```\n\nx\n```\n\n````")).toHaveLength(1);
  });

  test("text with definitions is not cut, as they may be used anywhere", () => {
    expect(splitBlocks("See [a].\n\n[a]: https://example.com")).toHaveLength(1);
  });

  test("what was cut before stays the same while text is put at the end", () => {
    const text = "One\n\n- a\n- b\n\n```js\nlet x;\n\nlet y;\n```\n\nTwo\n\nThree";
    const whole = splitBlocks(text);
    for (let length = 1; length < text.length; length += 1) {
      const part = splitBlocks(text.slice(0, length));
      expect(whole.slice(0, part.length - 1).map((block) => block.trim())).toEqual(part.slice(0, -1).map((block) => block.trim()));
    }
  });
});
