import { defineConfig } from "vitest/config";

/** Tests in a real browser: they need the console as it is built. */
const BROWSER = "test/console/browser/**/*.test.ts";
/** Tests that leave no processor to others: they come last, one by one. */
const SIEGES = ["test/attack.test.ts", "test/frame-attacks.test.ts"];

// biome-ignore lint/style/noDefaultExport: Vitest reads the default export.
export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "node", include: ["test/**/*.test.ts"], exclude: [BROWSER, ...SIEGES] } },
      { extends: true, test: { name: "browser", include: [BROWSER], globalSetup: "test/console/browser/build.ts", testTimeout: 60_000 } },
      { extends: true, test: { name: "siege", include: SIEGES, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
