/** The extends that systemd's log states. */

import type { Untrusted } from '../../bytes/trust.ts';
import { IMA_PCR } from '../ima/model.ts';
import type { RuntimeExtend, RuntimeLog } from '../runtime-log.ts';
import type { CelLog } from './model.ts';

/** Those of PCRs; IMA's own is left to the replay of its list, which has too many entries to look for others between them. */
export function celExtends({ untrusted: log }: Untrusted<CelLog>): RuntimeLog {
  const stated = log.records.flatMap(({ pcr, index, digests }): RuntimeExtend[] =>
    pcr === null || pcr === IMA_PCR ? [] : [{ pcr, index, digest: (bank) => digests.get(bank)?.value }],
  );
  return { part: 'log.systemd', log, stated };
}
