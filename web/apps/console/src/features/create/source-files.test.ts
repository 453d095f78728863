import { expect, test } from "vitest";
import { archiveOf, isSent, pickedFiles } from "./source-files.ts";

const file = (name: string, path = ""): File => {
  const made = new File(["x"], name);
  Object.defineProperty(made, "webkitRelativePath", { value: path });
  return made;
};

test("what tools keep for themselves is not sent, at any depth", () => {
  for (const path of [".git/config", "web/node_modules/a/index.js", "a/b.pyc", ".venv/bin/python"]) expect(isSent(path)).toBe(false);
  for (const path of ["app.py", ".gitignore", "web/modules/a.js"]) expect(isSent(path)).toBe(true);
});

test("an archive goes as it is; a folder is packed under its own name", async () => {
  const archive = file("shop.tar.gz");
  expect(await archiveOf(pickedFiles([archive]))).toEqual({ name: "shop.tar.gz", archive });
  const packed = await archiveOf(pickedFiles([file("app.py", "shop/app.py"), file("x", "shop/.git/x")]));
  expect(packed.name).toBe("shop");
  const text = await packed.archive.text();
  expect(text).toContain("app.py");
  expect(text).not.toContain("shop/");
  expect(text).not.toContain(".git");
});

test("an empty folder is refused with a way out", async () => {
  await expect(archiveOf(pickedFiles([file("config", "shop/.git/config")]))).rejects.toThrow("nothing to send");
});
