import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    environment: "happy-dom",
    include: ["{apps,packages}/*/src/**/*.test.{ts,tsx}"],
    setupFiles: ["packages/testing/src/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
