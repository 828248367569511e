/**
 * The canonical event log as systemd writes it: records of extends that programs of the running system made. Framing only;
 * nothing of it is believed yet.
 */

import type { HashName } from '../../bytes/hash.ts';

/**
 * What a parser noticed without refusing the log. `truncated`: a record has no end, since its writer was killed; no verdict may
 * rest on the log. The others are notes, each made for the first record that gives cause for it: `key-unknown`, a field of a
 * record that this verifier does not know; `content-unknown`, content of another kind than systemd's; `algorithm-unknown`, a
 * digest it does not compute.
 */
export type CelAnomalyKind = 'truncated' | 'key-unknown' | 'content-unknown' | 'algorithm-unknown';

export interface CelAnomaly {
  readonly kind: CelAnomalyKind;
  /** byte offset in the log */
  readonly offset: number;
  /** index of the record concerned */
  readonly index: number;
  readonly detail: string;
}

/** Whether a log with this anomaly must not hold. */
export function refusesCelLog(kind: CelAnomalyKind): boolean {
  return kind === 'truncated';
}

/** Where a string stands in the log, its quotes not included. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** A digest, and where its hexadecimal form stands. */
export interface CelDigest extends Place {
  readonly value: Uint8Array;
}

/** Content of type `systemd`. All of it is the writer's word, but for a `text` that the digest is of. */
export interface SystemdContent {
  /** `phase`, `machine-id` … (systemd, measurement-log.c); no digest covers it */
  readonly eventType: string | null;
  /** `string`: what was measured, escaped and cut after 1,024 bytes; of a keyed measurement only what it is about */
  readonly text: (Place & { readonly value: string }) | null;
  /** as in /proc/sys/kernel/random/boot_id, without hyphens */
  readonly bootId: string | null;
  /** CLOCK_BOOTTIME, microseconds */
  readonly timestamp: number | null;
  readonly nvIndexName: string | null;
}

/** One record. Only `digests` reach a register. */
export interface CelRecord {
  /** position in the log, 0 for the first */
  readonly index: number;
  /** byte offset of its record separator */
  readonly offset: number;
  /** bytes of the whole record, both of its separators included */
  readonly length: number;
  /** the PCR extended; null for a record of an NvPCR */
  readonly pcr: number | null;
  /** handle of the NV index extended in place of a PCR (an *NvPCR*); null for a PCR */
  readonly nvIndex: number | null;
  readonly digests: ReadonlyMap<HashName, CelDigest>;
  /** digests of algorithms that this verifier does not compute, by their name in the log; never replayed */
  readonly foreignDigests: ReadonlyMap<string, string>;
  readonly contentType: string;
  /** null for content of another type */
  readonly content: SystemdContent | null;
}

/** A whole log (`/run/log/systemd/tpm2-measure.log`). */
export interface CelLog {
  readonly format: 'systemd-cel';
  readonly bytes: Uint8Array;
  readonly records: readonly CelRecord[];
  /** banks that some record of a PCR has a digest of, weakest first */
  readonly banks: readonly HashName[];
  readonly anomalies: readonly CelAnomaly[];
}
