import { defineConfig } from "vitest/config";

/** Tests in a real browser: they need the console as it is built. */
const BROWSER = "test/console/browser/**/*.test.ts";

// biome-ignore lint/style/noDefaultExport: Vitest reads the default export.
export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "node", include: ["test/**/*.test.ts"], exclude: [BROWSER] } },
      { extends: true, test: { name: "browser", include: [BROWSER], globalSetup: "test/console/browser/build.ts", testTimeout: 60_000 } },
    ],
  },
});
