import { describe, expect, test } from "vitest";
import {
  checkForm,
  emptyForm,
  entryProblem,
  nameFromImage,
  nameFromUpload,
  nameFromUrl,
  nameProblem,
  stepErrors,
  stepsOf,
  suggestName,
  toNewCapsule,
  toWantedPlan,
  urlProblem,
  withType,
} from "./wizard-form.ts";

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

test("images and uploads give a name too", () => {
  expect(nameFromImage("caddy:2")).toBe("caddy");
  expect(nameFromImage("registry.example:5000/team/Shop@sha256:00")).toBe("shop");
  expect(nameFromUpload("My Shop.tar.gz · 3 KiB")).toBe("my-shop");
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

describe("steps", () => {
  test("what is wrong is told at the step where it is asked", () => {
    const errors = checkForm({ ...emptyForm("backend"), name: "A" });
    expect(Object.keys(stepErrors(errors, "source"))).toEqual(["url"]);
    expect(Object.keys(stepErrors(errors, "settings"))).toEqual(["name"]);
    expect(stepsOf("storage")).toEqual(["type", "settings"]);
  });

  test("another type keeps the answers, and takes another source only when it must", () => {
    const image = { ...emptyForm("docker"), from: "image" as const, image: "caddy:2", branch: "dev" };
    expect(withType(image, "backend")).toMatchObject({ type: "backend", from: "git", image: "caddy:2", branch: "dev" });
    expect(withType({ ...image, from: "upload" }, "app").from).toBe("upload");
  });
});

describe("toWantedPlan", () => {
  test("asks with the settings that decide the plan", () => {
    const form = { ...emptyForm("backend"), url: "/r", path: "api", runCommand: "python a.py", cpu: "2" };
    expect(toWantedPlan(form, "spc_1")).toEqual({
      space_id: "spc_1",
      type: "backend",
      source: { kind: "git", url: "/r", path: "api" },
      config: { run_command: "python a.py" },
    });
  });

  test("asks nothing while the source or the entry is unclear, and nothing about images", () => {
    expect(toWantedPlan(emptyForm("backend"), "spc_1")).toBeNull();
    expect(toWantedPlan({ ...emptyForm("app"), url: "/r" }, "spc_1")).toBeNull();
    expect(toWantedPlan({ ...emptyForm("docker"), from: "image", image: "caddy:2" }, "spc_1")).toBeNull();
    expect(toWantedPlan({ ...emptyForm("backend"), url: "/r", name: "Not yet!" }, "spc_1")).not.toBeNull();
  });
});

test("an image needs no repository", () => {
  const form = { ...emptyForm("docker"), from: "image" as const, name: "web", image: "caddy:2", port: "80" };
  expect(checkForm(form)).toEqual({});
  expect(toNewCapsule(form, "spc_1")).toEqual({
    space_id: "spc_1",
    name: "web",
    type: "docker",
    source: { kind: "image", image: "caddy:2" },
    config: { port: 80 },
  });
  expect(checkForm({ ...form, image: "Caddy 2" })).toHaveProperty("image");
});

describe("private repositories", () => {
  const form = { ...emptyForm("backend"), name: "shop", url: "https://a.example/b.git" };

  test("the plan is made with the token or the key that the build will use", () => {
    expect(checkForm({ ...form, access: "token" })).toEqual({ token: "Give the token." });
    expect(checkForm({ ...form, access: "key" })).toHaveProperty("keyId");
    const withToken = { ...form, access: "token" as const, token: "t0ken", keyId: "dky_1" };
    const withKey = { ...withToken, access: "key" as const };
    for (const request of [toWantedPlan(withToken, "spc_1"), toNewCapsule(withToken, "spc_1")]) {
      expect(request).toMatchObject({ access_token: "t0ken" });
      expect(request).not.toHaveProperty("deploy_key_id");
    }
    for (const request of [toWantedPlan(withKey, "spc_1"), toNewCapsule(withKey, "spc_1")]) {
      expect(request).toMatchObject({ deploy_key_id: "dky_1" });
      expect(request).not.toHaveProperty("access_token");
    }
    expect(toWantedPlan({ ...withKey, keyId: "" }, "spc_1")).toBeNull();
  });

  test("through a connection it is planned and built like a public one", () => {
    const connected = { ...form, access: "gcn_1" as const };
    expect(toWantedPlan(connected, "spc_1")?.connection_id).toBe("gcn_1");
    expect(toNewCapsule(connected, "spc_1")).toMatchObject({ connection_id: "gcn_1" });
    expect(toNewCapsule(connected, "spc_1").deploy).toBeUndefined();
    expect(toNewCapsule({ ...connected, from: "push" }, "spc_1")).not.toHaveProperty("connection_id");
  });
});

test("what is pushed has a branch and no address", () => {
  const form = { ...emptyForm("frontend"), from: "push" as const, name: "site", branch: "live", url: "ignored" };
  expect(checkForm(form)).toEqual({});
  expect(toNewCapsule(form, "spc_1").source).toEqual({ kind: "push", branch: "live" });
  expect(toWantedPlan(form, "spc_1")).toBeNull();
});
