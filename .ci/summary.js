// Prints "N passed, N failed" from Vitest's JSON report; fails unless tests ran and all of them passed.
//   node .ci/summary.js REPORT
import { readFileSync } from "node:fs";

const { passed, failed, skipped } = count(process.argv[2]);
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(passed > 0 && failed === 0 ? 0 : 1);

function count(path) {
  try {
    const report = JSON.parse(readFileSync(path, "utf8"));
    // A file that could not even be loaded has no tests of its own to fail.
    const unloaded = report.testResults.filter(
      (file) => file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed"),
    );
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded.length,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch (error) {
    console.log(`No report of the tests: ${error.message}`);
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
