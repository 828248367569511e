/** Adds up vitest's JSON reports and prints one line: `N passed, N failed, N skipped`. Failed stages count as failures. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, failedStages, skippedStages] = process.argv.slice(2);
let passed = 0;
let failed = Number(failedStages);
let skipped = Number(skippedStages);
for (const name of readdirSync(folder)) {
  if (!name.endsWith('.json')) continue;
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
