import { describe, expect, test } from "vitest";
import { checkForm, emptyForm, entryProblem, nameFromUrl, nameProblem, suggestName, toNewCapsule, urlProblem } from "./wizard-form.ts";

describe("nameProblem", () => {
  test.each(["a", "shop", "shop-2", "a".repeat(40)])("%s is fine", (name) => expect(nameProblem(name)).toBeNull());
  test.each(["", "Shop", "a/b", "-a", "a-", "a--b", "a".repeat(41), "ä", "a b"])("%j is refused", (name) =>
    expect(nameProblem(name)).not.toBeNull(),
  );
});

test("a suggestion is always an allowed name", () => {
  for (const text of ["My Shop!", "a".repeat(200), "Größe", "--x--", "a/b/c"]) {
    expect(nameProblem(suggestName(text))).toBeNull();
  }
  expect(suggestName("My Shop!")).toBe("my-shop");
});

test("the name of a repository is guessed from its address", () => {
  expect(nameFromUrl("https://git.example.com/team/Shop.git")).toBe("shop");
  expect(nameFromUrl("git@git.example.com:team/web_site")).toBe("web-site");
});

test("addresses git can clone are accepted, others are not", () => {
  for (const url of ["https://a.example/b.git", "ssh://git@a/b", "git@a.example:b/c.git", "/srv/repo"]) {
    expect(urlProblem(url)).toBeNull();
  }
  for (const url of ["", "shop", "ext::sh -c x", "https://a b"]) expect(urlProblem(url)).not.toBeNull();
});

test("an entry names a file and an object", () => {
  expect(entryProblem("app.py:app")).toBeNull();
  expect(entryProblem("pkg/main.py:my_app")).toBeNull();
  for (const entry of ["", "app.py", "app:app", "app.py:"]) expect(entryProblem(entry)).not.toBeNull();
});

describe("toNewCapsule", () => {
  test("empty fields are left out", () => {
    const form = { ...emptyForm("backend"), name: "shop", url: " https://a.example/b.git " };
    expect(checkForm(form)).toEqual({});
    expect(toNewCapsule(form, "spc_1")).toEqual({
      space_id: "spc_1",
      name: "shop",
      type: "backend",
      source: { kind: "git", url: "https://a.example/b.git" },
    });
  });

  test("settings of another type do not travel along", () => {
    const form = { ...emptyForm("frontend"), name: "site", url: "/r", runCommand: "x", buildCommand: "npm run b", memory: "256" };
    expect(toNewCapsule(form, "spc_1").config).toEqual({ build_command: "npm run b", memory: 256 });
  });

  test("from a machine there is no source, and no repository is asked for", () => {
    const form = { ...emptyForm("app"), from: "machine" as const, name: "bot" };
    expect(checkForm(form)).toEqual({});
    expect(toNewCapsule(form, "spc_1").source).toBeUndefined();
  });

  test("a storage capsule is only a name", () => {
    const form = { ...emptyForm("storage"), name: "files", url: "x", cpu: "nonsense" };
    expect(checkForm(form)).toEqual({});
    expect(toNewCapsule(form, "spc_1")).toEqual({ space_id: "spc_1", name: "files", type: "storage" });
  });
});

test("numbers are checked", () => {
  const form = { ...emptyForm("backend"), name: "a", url: "/r", cpu: "lots", memory: "1.5" };
  expect(Object.keys(checkForm(form))).toEqual(["cpu", "memory"]);
});
