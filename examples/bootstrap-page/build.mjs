// Puts the two files of Bootstrap that the page uses beside it.
import { cp, mkdir } from "node:fs/promises";

await mkdir("vendor", { recursive: true });
for (const file of ["css/bootstrap.min.css", "js/bootstrap.bundle.min.js"]) {
  await cp(`node_modules/bootstrap/dist/${file}`, `vendor/${file.split("/").pop()}`);
}
