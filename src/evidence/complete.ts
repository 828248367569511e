/** Logs of which a host sent only what is new, made whole again from what the verifier kept of that host. */

import { contentId } from '../bytes/hash.ts';
import { ByteWriter } from '../bytes/writer.ts';
import type { EvidenceBundle, LogEvidence } from './bundle.ts';

/** A bundle with whole logs where their earlier bytes were at hand, and the ids of those that were not. */
interface Completed {
  readonly bundle: EvidenceBundle;
  readonly missing: readonly string[];
}

/**
 * @param kept the bytes of a log this host sent before, by content id: never those of another host, whose logs this one may name
 */
export function completeLogs(bundle: EvidenceBundle, kept: (id: string) => Uint8Array | undefined): Completed {
  const missing: string[] = [];
  const complete = (log: LogEvidence): LogEvidence => {
    if (log.bytes !== undefined) return log;
    const before = kept(log.id);
    if (before === undefined) {
      missing.push(log.id);
      return log;
    }
    if (log.tail === undefined || log.tail.length === 0) return { id: log.id, bytes: before };
    const bytes = new ByteWriter().raw(before).raw(log.tail).bytes();
    return { id: contentId(bytes), bytes };
  };
  const { firmwareLog, imaLog, systemdLog } = bundle;
  return {
    bundle: {
      ...bundle,
      ...(firmwareLog !== undefined && { firmwareLog: complete(firmwareLog) }),
      ...(imaLog !== undefined && { imaLog: complete(imaLog) }),
      ...(systemdLog !== undefined && { systemdLog: complete(systemdLog) }),
    },
    missing,
  };
}
