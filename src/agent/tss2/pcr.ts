/** TPM2_PCR_Read: the values of PCRs, all as they were at one moment (TPM 2.0 Part 3, 22.4). */

import { hashById, type HashName } from '../../bytes/hash.ts';
import { ByteReader } from '../../bytes/reader.ts';
import type { PcrValues } from '../../tpm/pcr-values.ts';
import {
  equalSelections,
  readSelection,
  selectionText,
  toTpml,
  writeSelection,
  type PcrSelection,
} from '../../tpm/selection.ts';
import { activePcrs } from './capability.ts';
import { agentError, type TpmError } from './errors.ts';
import type { Runner } from './scope.ts';

/** How often a set is read anew when a PCR was extended in between. */
const TRIES = 5;

/**
 * Reads PCRs. The TPM gives eight values at most in one answer; a set is only given here if its counter of changes stood still
 * from the first answer to the last.
 * @throws TpmError `tss2.pcrs-changing`, `tss2.pcr-not-there`
 */
export async function readPcrs(tpm: Runner, selection: PcrSelection): Promise<PcrValues> {
  for (let tries = 0; tries < TRIES; tries++) {
    const values = await readOnce(tpm, selection);
    if (values !== null) return values;
  }
  throw pcrsChanging(TRIES);
}

/** The error of a set that never stood still. */
export function pcrsChanging(tries: number): TpmError {
  return agentError(
    'tss2.pcrs-changing',
    `PCRs were extended during each of ${tries} readings`,
    'Something extends PCRs without pause, for example a burst of measured files: try again when the machine is quiet.',
  );
}

/** One reading; null when a PCR was extended between two of its answers. */
async function readOnce(tpm: Runner, selection: PcrSelection): Promise<PcrValues | null> {
  const values = new Map<HashName, Map<number, Uint8Array>>();
  let missing = selection;
  let updateCounter: number | undefined;
  while (missing.size > 0) {
    const [counter, list, digests] = await tpm.run('PCR_Read', { inputs: [writeSelection(toTpml(missing))] });
    if (updateCounter !== undefined && counter !== updateCounter) return null;
    updateCounter = counter;
    addAnswer(values, list, digests);
    const left = without(missing, values);
    if (equalSelections(left, missing)) throw await pcrNotThere(tpm, missing);
    missing = left;
  }
  return values;
}

/** Adds the values of one answer. */
function addAnswer(values: Map<HashName, Map<number, Uint8Array>>, list: Uint8Array, digests: Uint8Array): void {
  const reader = new ByteReader(digests, 'pcr-digests');
  reader.u32be();
  for (const { hash, pcrSelect } of readSelection(new ByteReader(list, 'pcr-selection'))) {
    const bank = hashById(hash)?.name;
    if (bank === undefined) throw reader.error('tpm.hash', 'values of a bank nobody asked for');
    const known = values.get(bank) ?? new Map<number, Uint8Array>();
    values.set(bank, known);
    for (const pcr of pcrSelect) known.set(pcr, reader.take(reader.u16be()));
  }
  reader.end();
}

function without(selection: PcrSelection, values: PcrValues): PcrSelection {
  const left = [...selection].map(([bank, pcrs]) => {
    const got = values.get(bank);
    return [bank, pcrs.filter((pcr) => got?.has(pcr) !== true)] as const;
  });
  return new Map(left.filter(([, pcrs]) => pcrs.length > 0));
}

/** A TPM answers for a bank that is not active with no value and no error. */
export async function pcrNotThere(tpm: Runner, missing: PcrSelection): Promise<TpmError> {
  const active = await activePcrs(tpm);
  return agentError(
    'tss2.pcr-not-there',
    `the TPM has no value of ${selectionText(missing)}; it has ${selectionText(active)}`,
    'Activate the bank in the set-up of the firmware, or with tpm2_pcrallocate and a restart.',
  );
}
