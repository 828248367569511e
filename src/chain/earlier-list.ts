/** A runtime list that goes on where one of an earlier boot ended: the machine was hibernated, or somebody kept its list. */

import { contentId } from '../bytes/hash.ts';
import type { AcceptedList } from '../checks/references.ts';
import type { LogEvidence } from '../evidence/bundle.ts';
import type { Fact } from '../facts/model.ts';
import type { TpmsClockInfo } from '../tpm/clock-info.ts';

/**
 * Whether a list begins with the one accepted last although a counter rose since: resetCount by a new boot, restartCount also by a
 * sleep. That alone is no fault, since machines of one image measure alike, and a sleep keeps the PCRs.
 */
export function earlierList(
  list: LogEvidence | undefined,
  { resetCount, restartCount }: Pick<TpmsClockInfo, 'resetCount' | 'restartCount'>,
  accepted: AcceptedList | undefined,
): Fact<'ima.earlier-list'> | null {
  if (list?.bytes === undefined || accepted === undefined) return null;
  if (resetCount === accepted.resetCount && restartCount === accepted.restartCount) return null;
  const { id, bytes } = accepted;
  if (bytes === 0 || list.bytes.length < bytes || contentId(list.bytes.subarray(0, bytes)) !== id) return null;
  return {
    name: 'ima.earlier-list',
    value: { bytes },
    provenance: { outside: 'enrolled' },
    subject: '',
    source: { part: 'log.ima' },
  };
}
