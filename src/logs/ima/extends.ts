/** The extends of an IMA list in PCRs other than IMA's own: a rule may name one (`pcr=`). */

import { digest, hashSize, type HashName } from '../../bytes/hash.ts';
import type { Untrusted } from '../../bytes/trust.ts';
import type { RuntimeExtend, RuntimeLog } from '../runtime-log.ts';
import { hashInput } from './hash-input.ts';
import { entryPcr, IMA_PCR, isViolation, type ImaExtendMode, type ImaList } from './model.ts';

/** Later ones are not looked at: a PCR that holds them does not replay. */
const MAX_ENTRIES = 1024;

/** @param modeOf how the kernel extends a bank, as the replay of IMA's own PCR found it; asked for only where there is such an entry */
export function otherExtends(
  { untrusted: list }: Untrusted<ImaList>,
  modeOf: (bank: HashName) => ImaExtendMode,
): RuntimeLog {
  const stated: RuntimeExtend[] = [];
  const named = list.columns.pcr;
  for (let index = 0; index < list.count && stated.length < MAX_ENTRIES; index++) {
    if (named[index] === IMA_PCR) continue;
    stated.push({ pcr: entryPcr(list, index), index, digest: (bank) => extended(list, index, bank, modeOf(bank)) });
  }
  return { part: 'log.ima', log: list, stated };
}

/** What the kernel extends for one entry (ima_pcr_extend). Violations of a padded bank are taken to be padded as well. */
function extended(list: ImaList, index: number, bank: HashName, mode: ImaExtendMode): Uint8Array {
  const violation = isViolation(list, index);
  if (mode === 'native') {
    return violation ? new Uint8Array(hashSize(bank)).fill(0xff) : digest(bank, hashInput(list, index));
  }
  const padded = new Uint8Array(hashSize(bank));
  padded.set(violation ? new Uint8Array(hashSize('sha1')).fill(0xff) : digest('sha1', hashInput(list, index)));
  return padded;
}
