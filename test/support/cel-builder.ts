/**
 * Makes systemd's log as systemd would, with nothing from `src`: what it builds and what it says such a log leads to are an
 * independent account of the format (systemd, measurement-log.c and docs/TPM2_PCR_MEASUREMENTS.md).
 */
import { createHash } from 'node:crypto';

type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface RecordSpec {
  /** 11 unless it is of an NvPCR */
  readonly pcr?: number;
  readonly nvIndex?: number;
  /** `phase` unless said otherwise; null leaves it out */
  readonly eventType?: string | null;
  /** what the record says */
  readonly text: string;
  /** what its digests are of, where that is not the text */
  readonly measured?: Uint8Array;
}

export const SYSTEMD_BANKS = ['sha1', 'sha256', 'sha384'] as const;
const BOOT_ID = '0f1e2d3c4b5a49788796a5b4c3d2e1f0';

const hashed = (hash: Hash, ...data: Uint8Array[]): Buffer => {
  const h = createHash(hash);
  for (const part of data) h.update(part);
  return h.digest();
};

const measured = (spec: RecordSpec): Uint8Array => spec.measured ?? Buffer.from(spec.text);

/** The fields of one record, in systemd's order. */
export function celRecord(spec: RecordSpec, banks: readonly Hash[] = SYSTEMD_BANKS, timestamp = 1) {
  const { nvIndex, pcr = 11, eventType = 'phase', text } = spec;
  return {
    ...(nvIndex === undefined ? { pcr } : { nv_index: nvIndex }),
    digests: banks.map((bank) => ({ hashAlg: bank, digest: hashed(bank, measured(spec)).toString('hex') })),
    content_type: 'systemd',
    content: {
      ...(nvIndex !== undefined && { nvIndexName: 'hardware' }),
      string: text,
      bootId: BOOT_ID,
      timestamp,
      ...(eventType !== null && { eventType }),
    },
  };
}

/** A JSON text sequence of anything. */
export function jsonSequence(values: readonly unknown[]): Uint8Array {
  return new Uint8Array(Buffer.from(values.map((value) => `\u001e${JSON.stringify(value)}\n`).join('')));
}

/** `tpm2-measure.log`. */
export function celLog(specs: readonly RecordSpec[], banks: readonly Hash[] = SYSTEMD_BANKS): Uint8Array {
  return jsonSequence(specs.map((spec, i) => celRecord(spec, banks, 1_000_000 + i)));
}

/** The value of a PCR after the records that name it. */
export function pcrAfterRecords(
  hash: Hash,
  specs: readonly RecordSpec[],
  pcr: number,
  initial: Uint8Array = Buffer.alloc(hashed(hash).length),
): Uint8Array {
  return specs
    .filter((spec) => spec.nvIndex === undefined && (spec.pcr ?? 11) === pcr)
    .reduce<Uint8Array>((value, spec) => hashed(hash, value, hashed(hash, measured(spec))), initial);
}
