import { describe, expect, test } from "vitest";
import { keyProblem, parseText, rowProblems, toText } from "./env-text.ts";

describe("parseText", () => {
  test("blank lines and comments are skipped, export is dropped", () => {
    const { variables, problems } = parseText("# a comment\n\nexport A=1\nB = two words \n");
    expect(variables).toEqual([
      { key: "A", value: "1" },
      { key: "B", value: "two words" },
    ]);
    expect(problems).toEqual([]);
  });

  test("a value keeps its equals signs and hashes", () => {
    expect(parseText("URL=postgres://a:b@c/d?x=1#y").variables[0]?.value).toBe("postgres://a:b@c/d?x=1#y");
  });

  test("quotes are taken off, escapes only in double ones", () => {
    expect(parseText('A="x\\ny"').variables[0]?.value).toBe("x\ny");
    expect(parseText("A='x\\ny'").variables[0]?.value).toBe("x\\ny");
  });

  test("a line without an equals sign, a bad name and a name given twice are problems with their line", () => {
    const { problems } = parseText("A=1\nnonsense\n2B=x\nA=2");
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4]);
    expect(problems[2]?.message).toContain("line 1");
  });
});

describe("toText", () => {
  test.each(["plain", "", " edges ", "two\nlines", 'with "quotes"', "'single'", "back\\slash", '"', "a=b#c"])(
    "the value %j comes back as it was",
    (value) => {
      expect(parseText(toText([{ key: "K", value }])).variables).toEqual([{ key: "K", value }]);
    },
  );
});

test("names follow the rule of environment variables", () => {
  expect(keyProblem("API_KEY")).toBeNull();
  expect(keyProblem("")).not.toBeNull();
  expect(keyProblem("API-KEY")).not.toBeNull();
  expect(keyProblem("1A")).not.toBeNull();
});

test("of two equal names the second is the problem", () => {
  expect(rowProblems([{ key: "A", value: "1" }, { key: "A", value: "2" }]).map(Boolean)).toEqual([false, true]);
});
