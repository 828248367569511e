/** Opens the TPM a TCTI names, asks it for its clock, and prints one line of JSON: the clock, or the error. */

import { readClock } from '../../src/agent/tss2/attest.ts';
import { Tpm } from '../../src/agent/tss2/context.ts';
import { TpmError } from '../../src/agent/tss2/errors.ts';

try {
  const tpm = await Tpm.open({ tcti: process.argv[2] });
  const { clockInfo } = await readClock(tpm);
  await tpm.close();
  process.stdout.write(`${JSON.stringify({ clock: String(clockInfo.clock) })}\n`);
} catch (error) {
  if (!(error instanceof TpmError)) throw error;
  process.stdout.write(`${JSON.stringify({ code: error.code, advice: error.advice })}\n`);
  process.exit(1);
}
