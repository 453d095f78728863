import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** `CAPSULE_TARGET` names the running platform that `npm run dev` sends its API calls to. */
const target = process.env["CAPSULE_TARGET"] ?? "http://localhost:8080";

/** Every browser that runs the page reads woff2; the other formats would only fill the installation. */
const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  transform: (code, id) =>
    id.includes("katex") && id.endsWith(".css") ? code.replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)/g, "") : null,
};

export default defineConfig({
  base: "/_shell/",
  plugins: [onlyWoff2, react(), tailwindcss()],
  server: { port: 5174, proxy: { "/api": { target } } },
  build: {
    outDir: "../../dist/shell",
    emptyOutDir: true,
    assetsDir: "assets",
    target: "es2022",
    modulePreload: { polyfill: false },
  },
});
