/** Changes of systemd's log in evidence that is already quoted: its records as JSON, out and in again, or moved to another log. */
import { contentId } from '../../src/bytes/hash.ts';
import { toHex } from '../../src/bytes/text.ts';
import type { EvidenceBundle } from '../../src/evidence/bundle.ts';
import { parseTcgLog } from '../../src/logs/tcg/parse.ts';
import { jsonSequence } from './cel-builder.ts';
import { agileEvent } from './tcg-log-builder.ts';

export interface JsonRecord {
  pcr?: number;
  nv_index?: number;
  digests: { hashAlg: 'sha1' | 'sha256' | 'sha384'; digest: string }[];
  content_type: string;
  content: { string?: string; eventType?: string; [field: string]: unknown };
}

const BANKS = ['sha1', 'sha256', 'sha384'] as const;
const EV_IPL = 0x0d;

export function recordsOf({ systemdLog }: EvidenceBundle): JsonRecord[] {
  const texts = Buffer.from(systemdLog?.bytes ?? [])
    .toString()
    .split('\u001e')
    .slice(1);
  return texts.map((text) => JSON.parse(text) as JsonRecord);
}

const part = (bytes: Uint8Array) => ({ id: contentId(bytes), bytes });

/** The evidence with other records; without any there is still a log. */
export function withRecords(evidence: EvidenceBundle, records: readonly JsonRecord[]): EvidenceBundle {
  return { ...evidence, systemdLog: part(jsonSequence(records)) };
}

/** The first `count` records put behind the firmware log, where they replay just as well. */
export function toFirmwareLog(evidence: EvidenceBundle, count: number): EvidenceBundle {
  const records = recordsOf(evidence);
  const events = records.slice(0, count).map(({ pcr = 0, digests, content }) =>
    agileEvent(
      {
        pcr,
        type: EV_IPL,
        data: Buffer.from(content.string ?? ''),
        digests: Object.fromEntries(digests.map(({ hashAlg, digest }) => [hashAlg, Buffer.from(digest, 'hex')])),
      },
      BANKS,
    ),
  );
  const bytes = new Uint8Array(Buffer.concat([evidence.firmwareLog!.bytes!, ...events]));
  return { ...withRecords(evidence, records.slice(count)), firmwareLog: part(bytes) };
}

/** The last `count` events of the firmware log put before systemd's records. */
export function fromFirmwareLog(evidence: EvidenceBundle, count: number, eventType: string): EvidenceBundle {
  const log = evidence.firmwareLog!.bytes!;
  const moved = parseTcgLog(log).untrusted.events.slice(-count);
  const records = moved.map(({ pcr, digests, data }): JsonRecord => ({
    pcr,
    digests: BANKS.map((hashAlg) => ({ hashAlg, digest: toHex(digests[hashAlg]!) })),
    content_type: 'systemd',
    content: { string: Buffer.from(data).toString('latin1'), eventType },
  }));
  const rest = log.slice(0, moved[0]!.offset);
  return { ...withRecords(evidence, [...records, ...recordsOf(evidence)]), firmwareLog: part(rest) };
}
