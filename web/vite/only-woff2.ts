import type { Plugin } from "vite";

/** Every browser that runs the page reads woff2; the other formats would only fill the installation. */
export const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  transform: (code, id) =>
    id.includes("katex") && id.endsWith(".css") ? code.replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)/g, "") : null,
};
