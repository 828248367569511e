/** Evidence with whole logs, from what this host itself sent before: in its last boot, or in parts for this challenge. */

import { contentId } from '../../bytes/hash.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { MAX_RUNTIME_LIST_BYTES, type EvidenceBundle } from '../../evidence/bundle.ts';
import { completeLogs } from '../../evidence/complete.ts';
import { readBlob } from '../../store/blobs.ts';
import type { Boot } from '../../store/boots.ts';
import { partsOf, type PartsOf } from '../../store/evidence-parts.ts';
import type { Reader } from '../../store/schema.ts';
import { HttpProblem } from '../problem-error.ts';

/**
 * Completes the logs that a bundle only names.
 * @returns with the ids of those that are not here; the bundle has them by name only
 * @throws HttpProblem `evidence.unreadable` for a runtime list that is too long
 */
export async function wholeEvidence(
  reader: Reader,
  boot: Boot | undefined,
  answered: PartsOf,
  bundle: EvidenceBundle,
): Promise<ReturnType<typeof completeLogs>> {
  const kept = new Map<string, Uint8Array>();
  const named = [bundle.firmwareLog, bundle.systemdLog, bundle.imaLog]
    .filter((log) => log?.bytes === undefined)
    .map((log) => log?.id);
  for (const id of [boot?.firmwareLogId, boot?.systemdLogId, boot?.imaLogId]) {
    if (typeof id !== 'string' || !named.includes(id)) continue;
    const bytes = await readBlob(reader, id);
    if (bytes !== undefined) kept.set(id, bytes);
  }
  const list = bundle.imaLog;
  if (list !== undefined && list.bytes === undefined && !kept.has(list.id)) {
    const bytes = await listInParts(reader, answered);
    if (contentId(bytes) === list.id) kept.set(list.id, bytes);
  }
  const completed = completeLogs(bundle, (id) => kept.get(id));
  const length = completed.bundle.imaLog?.bytes?.length ?? 0;
  if (length <= MAX_RUNTIME_LIST_BYTES) return completed;
  throw new HttpProblem(
    'evidence.unreadable',
    `a runtime list of ${length} bytes; ${MAX_RUNTIME_LIST_BYTES} are taken`,
  );
}

async function listInParts(reader: Reader, answered: PartsOf): Promise<Uint8Array> {
  const list = new ByteWriter();
  for (const bytes of await partsOf(reader, answered)) list.raw(bytes);
  return list.bytes();
}
