import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { onlyWoff2 } from "../../vite/only-woff2.ts";

/** `CAPSULE_TARGET` names the running platform that `npm run dev` sends its API calls to. */
const target = process.env["CAPSULE_TARGET"] ?? "http://localhost:8080";

export default defineConfig({
  base: "/",
  plugins: [onlyWoff2, react(), tailwindcss()],
  server: { port: 5173, proxy: { "/api": { target } } },
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    assetsDir: "assets",
    target: "es2022",
    modulePreload: { polyfill: false },
  },
});
