/** What `assay collect` does. */

import { keyName } from '../../agent/attestation.ts';
import { answer, NOTHING_KEPT } from '../../agent/evidence.ts';
import { plainLine } from '../../agent/events.ts';
import { Installation } from '../../agent/installation.ts';
import { NONCE_BYTES } from '../../api/nonce.ts';
import { toHex } from '../../bytes/text.ts';
import { bundleToJson } from '../../evidence/bundle.ts';
import { agentValues, hostSettings } from '../agent-settings.ts';
import type { CollectOptions } from '../commands/collect.ts';
import { readNonce, readSelectionOption } from '../challenge-options.ts';
import { evidenceSources, installationParts, reportable } from '../host-agent.ts';
import { processEdge } from '../host-process.ts';
import type { Io } from '../io.ts';
import { writeOutput } from '../output.ts';

/** @throws UsageError, with the TPM's errors among them */
export async function collect(io: Io, options: CollectOptions): Promise<void> {
  const { nonce: given, selection: list, out, ...rest } = options;
  const settings = hostSettings(agentValues(rest, io.env));
  // A nonce of the host's own shows nothing but that nobody asked; it makes a bundle to look at.
  const nonce = given === undefined ? processEdge().randomBytes(NONCE_BYTES.max) : readNonce(given);
  const selection = readSelectionOption(list);
  const log = (...event: Parameters<typeof plainLine>): void => io.err(plainLine(...event));
  const installation = await Installation.look(installationParts(settings, log));
  try {
    const tpm = await installation.tpm();
    const question = { nonce, selection, kept: NOTHING_KEPT };
    const answered = await answer(tpm, evidenceSources(settings), question, processEdge());
    await answered.close();
    writeOutput(io, out, `${JSON.stringify(bundleToJson(answered.bundle))}\n`);
    const { dim } = io.errStyle;
    io.err(`${dim('nonce')}    ${toHex(nonce)}\n${dim('ak-name')}  ${keyName(tpm.ak.public)}\n`);
    for (const part of answered.missing) io.err(`${dim('missing')}  ${part}\n`);
  } catch (error) {
    throw reportable(error);
  } finally {
    await installation.close();
  }
}
