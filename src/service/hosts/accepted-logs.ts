/** Which logs of an answer need not be sent again. */

import { cached } from '../../chain/cache.ts';
import type { Appraisal, AppraisalInput } from '../../chain/model.ts';
import { isFact } from '../../facts/facts.ts';
import { parseImaList } from '../../logs/ima/parse.ts';
import { packBlob, type PackedBlob } from '../../store/blobs.ts';
import type { Boot } from '../../store/boots.ts';
import type { HostService } from './host-service.ts';

/** What of the logs is acknowledged, and the blob of it where it is not a part of the evidence itself. */
export interface AcceptedLogs extends Pick<
  Boot,
  'firmwareLogId' | 'systemdLogId' | 'imaLogId' | 'imaEntries' | 'imaBytes' | 'pcr10'
> {
  readonly prefix: PackedBlob | null;
}

/** What of the runtime list the quote proved, and the logs it came with. */
export async function acceptedLogs(
  { cache }: HostService,
  { evidence }: AppraisalInput,
  { facts }: Appraisal,
): Promise<AcceptedLogs> {
  const nothing = { imaLogId: null, imaEntries: 0, imaBytes: 0, prefix: null };
  const values = facts.flatMap((fact) => {
    if (!isFact(fact, 'pcr') || !/^(\w+:)?10$/.test(fact.subject)) return [];
    return [[fact.source.bank ?? fact.subject.replace(/:?10$/, ''), fact.value.quoted] as const];
  });
  const common = {
    firmwareLogId: evidence.firmwareLog?.id ?? null,
    systemdLogId: evidence.systemdLog?.id ?? null,
    pcr10: Object.fromEntries(values),
  };
  const list = evidence.imaLog;
  const proved = facts.find((fact) => isFact(fact, 'ima'));
  if (list?.bytes === undefined || proved === undefined || !isFact(proved, 'ima')) return { ...common, ...nothing };
  const { bytes, id } = list;
  const { untrusted: parsed } = cached(cache, `ima/${id}`, () => parseImaList(bytes));
  const { entries } = proved.value;
  // Where the list ends in a cut entry, what is acknowledged has no end to go on from.
  if (parsed.truncated) return { ...common, ...nothing };
  const end = entries < parsed.count ? parsed.columns.sourceOffset[entries]! : bytes.length;
  if (end === bytes.length) return { ...common, imaLogId: id, imaEntries: entries, imaBytes: end, prefix: null };
  const prefix = await packBlob(bytes.subarray(0, end));
  return { ...common, imaLogId: prefix.id, imaEntries: entries, imaBytes: end, prefix };
}
