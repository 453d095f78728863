import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crc32, zip } from "./zip.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zip"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the checksum is the one that zip archives have", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("another program unpacks the archive: names, contents, and what may be executed", async () => {
  const archive = await zip([
    { path: "app.py", file: new Blob(["print('hello')\n"]) },
    { path: "static/größe.css", file: new Blob([""]) },
    { path: "bin/start", file: new Blob(["#!/bin/sh\nexec true\n"]) },
  ]);
  const file = join(folder, "a.zip");
  writeFileSync(file, new Uint8Array(await archive.arrayBuffer()));
  const unpack = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2]); print([(i.filename, oct(i.external_attr >> 16)) for i in z.infolist()])";
  const listed = execFileSync("python3", ["-c", unpack, file, folder], { encoding: "utf8", env: { ...process.env, PYTHONIOENCODING: "utf8" } });
  expect(listed).toContain("('static/größe.css', '0o100644')");
  expect(listed).toContain("('bin/start', '0o100755')");
  expect(readFileSync(join(folder, "app.py"), "utf8")).toBe("print('hello')\n");
  expect(statSync(join(folder, "static/größe.css")).size).toBe(0);
});
