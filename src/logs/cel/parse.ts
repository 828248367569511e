/** Reads `/run/log/systemd/tpm2-measure.log`: JSON text sequences (RFC 7464) of records of the canonical event log. */

import { EvidenceError } from '../../bytes/errors.ts';
import { HASHES } from '../../bytes/hash.ts';
import { untrusted, type Untrusted } from '../../bytes/trust.ts';
import { readPlacedJson } from './json.ts';
import type { CelAnomaly, CelAnomalyKind, CelLog, CelRecord } from './model.ts';
import { readRecord } from './record.ts';

const RECORD_SEPARATOR = 0x1e;
const LINE_FEED = 0x0a;

/** A host extends a dozen times while it starts, and once for each user that logs in. */
const MAX_RECORDS = 1 << 14;
/** systemd cuts what it says of a measurement after 1,024 bytes, each of which is four when escaped. */
const MAX_RECORD_BYTES = 1 << 16;
const MAX_LOG_BYTES = 1 << 24;

/** Whether the bytes start as a JSON text sequence does; no other log starts so. */
export function isCelLog(bytes: Uint8Array): boolean {
  return bytes[0] === RECORD_SEPARATOR;
}

/**
 * Parses a log. An empty one has no records. A record that does not end with a line feed was not written to its end: it is the
 * anomaly `truncated`, and the others are read.
 * @throws EvidenceError `cel.size`, `cel.framing`, `cel.records`, `cel.json`, `cel.field`, `cel.register`, `cel.digest`
 */
export function parseCelLog(bytes: Uint8Array, part = 'log.systemd'): Untrusted<CelLog> {
  const refuse = (code: string, message: string, offset: number) =>
    new EvidenceError(code, `${message} (${part}, offset ${offset})`, { part, offset });
  if (bytes.length > MAX_LOG_BYTES) throw refuse('cel.size', `the log has more than ${MAX_LOG_BYTES} bytes`, 0);
  if (bytes.length > 0 && !isCelLog(bytes)) throw refuse('cel.framing', 'a record starts with 1E', 0);

  const records: CelRecord[] = [];
  const anomalies: CelAnomaly[] = [];
  let index = 0;
  for (let offset = 0; offset < bytes.length; index++) {
    if (index === MAX_RECORDS) throw refuse('cel.records', `more than ${MAX_RECORDS} records`, offset);
    const next = bytes.indexOf(RECORD_SEPARATOR, offset + 1);
    const end = next === -1 ? bytes.length : next;
    const length = end - offset;
    if (length > MAX_RECORD_BYTES) throw refuse('cel.size', `a record has more than ${MAX_RECORD_BYTES} bytes`, offset);
    const place = { index, offset, length };
    const note = (kind: CelAnomalyKind, detail: string): void => {
      if (!anomalies.some((anomaly) => anomaly.kind === kind))
        anomalies.push({ kind, offset, index: place.index, detail });
    };
    if (length === 1 || bytes[end - 1] !== LINE_FEED) note('truncated', `record ${index} has no end`);
    else records.push(readRecord(readPlacedJson(bytes, offset + 1, end - 1, part), place, { part, note }));
    offset = end;
  }
  const banks = HASHES.map(({ name }) => name).filter((name) =>
    records.some(({ pcr, digests }) => pcr !== null && digests.has(name)),
  );
  return untrusted<CelLog>({ format: 'systemd-cel', bytes, records, banks, anomalies });
}
