/** TPMS_CLOCK_INFO: the clock and the counters of a TPM (TPM 2.0 Part 2, 10.11.1). */

import type { ByteReader } from '../bytes/reader.ts';
import type { ByteWriter } from '../bytes/writer.ts';

export interface TpmsClockInfo {
  /** milliseconds the TPM was powered, since its owner last cleared it */
  readonly clock: bigint;
  /** TPM Resets since the last TPM2_Clear */
  readonly resetCount: number;
  /** TPM Restarts and Resumes since the last TPM Reset */
  readonly restartCount: number;
  /** false after an unorderly shutdown, until the clock is past every value reported before */
  readonly safe: boolean;
}

/** @throws EvidenceError `tpm.attest-safe`, `bytes.truncated` */
export function readClockInfo(reader: ByteReader): TpmsClockInfo {
  const clock = reader.u64be();
  const resetCount = reader.u32be();
  const restartCount = reader.u32be();
  const safe = reader.u8();
  if (safe > 1) throw reader.error('tpm.attest-safe', `safe is ${safe}, neither yes nor no`);
  return { clock, resetCount, restartCount, safe: safe === 1 };
}

export function writeClockInfo(out: ByteWriter, { clock, resetCount, restartCount, safe }: TpmsClockInfo): void {
  out
    .u64be(clock)
    .u32be(resetCount)
    .u32be(restartCount)
    .u8(safe ? 1 : 0);
}
