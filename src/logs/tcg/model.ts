/** The firmware event log as its bytes state it: framing only, nothing of it is believed yet. */

import type { HashName } from '../../bytes/hash.ts';

/**
 * The two layouts of the PC Client log: `tcg-1.2` is a list of TCG_PCClientPCREvent (one SHA-1 digest each), `tcg-2.0` is the
 * crypto-agile list of TCG_PCR_EVENT2 after a Spec ID event (PC Client Platform Firmware Profile, PFP 1.06, 10.2).
 */
export type TcgLogFormat = 'tcg-1.2' | 'tcg-2.0';

/**
 * What the index of an event names. `pcr`: a PCR. `ccel-mr`: a measurement register of a confidential guest (a CC event
 * log: 0 = MRTD, 1–4 = RTMR 0–3), which shares the framing of `tcg-2.0` and nothing else.
 */
export type TcgRegisters = 'pcr' | 'ccel-mr';

/** One digest per bank that this verifier computes; a bank the event does not carry is `undefined`. Views of the log. */
export interface TcgDigests {
  readonly sha1: Uint8Array | undefined;
  readonly sha256: Uint8Array | undefined;
  readonly sha384: Uint8Array | undefined;
  readonly sha512: Uint8Array | undefined;
}

/** A digest of an algorithm that this verifier does not compute (SM3 …): framed by the Spec ID's size, never replayed. */
export interface ForeignDigest {
  readonly algorithmId: number;
  readonly digest: Uint8Array;
}

/** One event. Only `digests` reach a PCR: index, type and data are covered by no digest unless the data hashes to one. */
export interface TcgEvent {
  /** position in the log, 0 for the first; the Spec ID event counts */
  readonly index: number;
  /** byte offset of the event in the log */
  readonly offset: number;
  /** bytes of the whole event */
  readonly length: number;
  /** pcrIndex (or the register's index, see `TcgRegisters`) as stated; not yet known to be a PCR that exists */
  readonly pcr: number;
  /** eventType; not hashed, so it has meaning only together with the PCR */
  readonly type: number;
  readonly digests: TcgDigests;
  readonly foreignDigests: readonly ForeignDigest[];
  /** event data, a view of the log */
  readonly data: Uint8Array;
  readonly dataOffset: number;
}

/** An algorithm and its digest size as the Spec ID event states them. */
export interface SpecIdAlgorithm {
  readonly algorithmId: number;
  readonly digestSize: number;
}

/** TCG_EfiSpecIDEvent (PFP 1.06, 10.4.5.1), or TCG_PCClientSpecIDEvent of a `tcg-1.2` log (no algorithms there). */
export interface SpecId {
  /** `Spec ID Event00`, `Spec ID Event02` or `Spec ID Event03` */
  readonly signature: string;
  readonly platformClass: number;
  readonly specVersionMinor: number;
  readonly specVersionMajor: number;
  readonly specErrata: number;
  /** size of UINTN in units of 4 bytes; 0 where the structure lacks the field */
  readonly uintnSize: number;
  readonly algorithms: readonly SpecIdAlgorithm[];
  readonly vendorInfo: Uint8Array;
}

/** How a log departs from its format while it can still be read to the end. */
export type TcgAnomalyKind =
  | 'truncated'
  | 'padding'
  | 'spec-id-missing'
  | 'spec-id-repeated'
  | 'spec-id-pcr'
  | 'spec-id-digest'
  | 'spec-id-vendor-info'
  | 'algorithm-unknown'
  | 'digest-missing'
  | 'digest-order'
  | 'pcr-out-of-range'
  | 'type-unknown'
  | 'no-action-digest'
  | 'no-action-pcr'
  | 'startup-locality-malformed'
  | 'startup-locality-value'
  | 'startup-locality-repeated'
  | 'startup-locality-late'
  | 'h-crtm-misplaced';

/** One departure from the format, and where it stands. */
export interface TcgAnomaly {
  readonly kind: TcgAnomalyKind;
  /** byte offset in the log */
  readonly offset: number;
  /** index of the event concerned, where there is one */
  readonly index?: number;
  readonly detail: string;
}

/**
 * What PCR 0 held before the first event: as the TPM was started (PFP 1.06, 10.4.5.3). The events that say so are not
 * hashed; that PCR 0 replays from this value proves them.
 */
export interface StartupState {
  /** 0 without an event, 3, or 4 after an H-CRTM sequence: the last byte of the initial PCR 0 */
  readonly locality: 0 | 3 | 4;
  /** the StartupLocality event that counts, if one is there */
  readonly localityIndex: number | undefined;
  /** the first EV_EFI_HCRTM_EVENT, if one is there */
  readonly hCrtmIndex: number | undefined;
}

/** A whole firmware log. */
export interface TcgLog {
  /** the bytes it was parsed from; every view in the events is of these */
  readonly bytes: Uint8Array;
  readonly format: TcgLogFormat;
  readonly registers: TcgRegisters;
  /** banks that this verifier computes, in the order of the Spec ID event; `['sha1']` for `tcg-1.2` */
  readonly banks: readonly HashName[];
  readonly specId: SpecId | undefined;
  readonly startup: StartupState;
  readonly events: readonly TcgEvent[];
  readonly anomalies: readonly TcgAnomaly[];
}

/**
 * Anomalies with which a log cannot be believed whole, whatever it replays to: what it says contradicts its own format in a
 * way that no firmware has a reason for. The others are notes.
 */
const REFUSING: ReadonlySet<TcgAnomalyKind> = new Set<TcgAnomalyKind>([
  'truncated',
  'spec-id-repeated',
  'pcr-out-of-range',
  'startup-locality-malformed',
  'startup-locality-value',
  'startup-locality-repeated',
  'startup-locality-late',
  'h-crtm-misplaced',
]);

/** Whether a log with this anomaly must not hold. */
export function refusesLog(kind: TcgAnomalyKind): boolean {
  return REFUSING.has(kind);
}
