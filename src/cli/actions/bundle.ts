/** What `assay bundle` does. */

import { bundleToJson } from '../../evidence/bundle.ts';
import type { BundleOptions } from '../commands/bundle.ts';
import { readPlainFiles } from '../evidence-input.ts';
import type { Io } from '../io.ts';
import { writeOutput } from '../output.ts';

/** @throws UsageError, EvidenceError (PCR values in no layout of tpm2-tools) */
export function makeBundle(io: Io, { out, ...files }: BundleOptions): void {
  writeOutput(io, out, `${JSON.stringify(bundleToJson(readPlainFiles(files)))}\n`);
}
