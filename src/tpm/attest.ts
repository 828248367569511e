/** TPMS_ATTEST: what the TPM signs (TPM 2.0 Part 2, 10.12.12). */

import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { TPM_GENERATED_VALUE, TPM_ST_ATTEST } from './algorithms.ts';
import { readSelection, writeSelection, type TpmlPcrSelection } from './selection.ts';

/** TPMS_CLOCK_INFO (Part 2, 10.11.1). */
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

/** TPMS_QUOTE_INFO (Part 2, 10.12.1). */
export interface TpmsQuoteInfo {
  readonly pcrSelect: TpmlPcrSelection;
  readonly pcrDigest: Uint8Array;
}

interface AttestHeader {
  /** TPM2B_NAME: the qualified name of the signing key */
  readonly qualifiedSigner: Uint8Array;
  /** TPM2B_DATA: what the caller asked to have signed along */
  readonly extraData: Uint8Array;
  readonly clockInfo: TpmsClockInfo;
  readonly firmwareVersion: bigint;
}

/** A TPMS_ATTEST of TPM2_Quote. */
export interface QuoteAttest extends AttestHeader {
  /** TPM_ST_ATTEST_QUOTE */
  readonly type: typeof TPM_ST_ATTEST.QUOTE;
  readonly attested: TpmsQuoteInfo;
}

/** A TPMS_ATTEST of another command: `attested` is left as bytes. */
export interface OtherAttest extends AttestHeader {
  /** TPM_ST, never that of a quote */
  readonly type: number;
  readonly attested: Uint8Array;
}

/** TPMS_ATTEST, by the command that made it. */
export type TpmsAttest = QuoteAttest | OtherAttest;

/** Whether TPM2_Quote made the structure. */
export function isQuoteAttest(attest: TpmsAttest): attest is QuoteAttest {
  return attest.type === TPM_ST_ATTEST.QUOTE;
}

/** A TPMT_HA of SHA-512: the largest name, and the largest TPM2B_DATA. */
const MAX_NAME = 66;

/** Whether the structure says that the TPM made it. Nothing after a wrong magic means anything. */
export function hasAttestMagic(bytes: Uint8Array, part = 'tpms-attest'): boolean {
  return new ByteReader(bytes, part).u32be() === TPM_GENERATED_VALUE;
}

/**
 * Reads a TPMS_ATTEST that fills `bytes` to the end.
 * @throws EvidenceError `tpm.attest-magic`, `tpm.attest-size`, `tpm.attest-safe`, those of `readSelection`,
 *   `bytes.truncated`, `bytes.trailing`
 */
export function readAttest(bytes: Uint8Array, part = 'tpms-attest'): TpmsAttest {
  const reader = new ByteReader(bytes, part);
  const magic = reader.u32be();
  if (magic !== TPM_GENERATED_VALUE) throw reader.error('tpm.attest-magic', `magic is 0x${magic.toString(16)}`);
  const type = reader.u16be();
  const qualifiedSigner = readSized(reader);
  const extraData = readSized(reader);
  const clockInfo = readClockInfo(reader);
  const header = { qualifiedSigner, extraData, clockInfo, firmwareVersion: reader.u64be() };
  if (type === TPM_ST_ATTEST.QUOTE) {
    const pcrSelect = readSelection(reader);
    const pcrDigest = readSized(reader);
    reader.end();
    return { type, ...header, attested: { pcrSelect, pcrDigest } };
  }
  return { type, ...header, attested: reader.rest() };
}

function readSized(reader: ByteReader): Uint8Array {
  const size = reader.u16be();
  if (size > MAX_NAME) throw reader.error('tpm.attest-size', `${size} bytes where at most ${MAX_NAME} are possible`);
  return reader.take(size);
}

function readClockInfo(reader: ByteReader): TpmsClockInfo {
  const clock = reader.u64be();
  const resetCount = reader.u32be();
  const restartCount = reader.u32be();
  const safe = reader.u8();
  if (safe > 1) throw reader.error('tpm.attest-safe', `safe is ${safe}, neither yes nor no`);
  return { clock, resetCount, restartCount, safe: safe === 1 };
}

/** The bytes of a TPMS_ATTEST. */
export function writeAttest(attest: TpmsAttest): Uint8Array {
  const { clockInfo } = attest;
  const out = new ByteWriter()
    .u32be(TPM_GENERATED_VALUE)
    .u16be(attest.type)
    .sized16be(attest.qualifiedSigner)
    .sized16be(attest.extraData)
    .u64be(clockInfo.clock)
    .u32be(clockInfo.resetCount)
    .u32be(clockInfo.restartCount)
    .u8(clockInfo.safe ? 1 : 0)
    .u64be(attest.firmwareVersion);
  if (!isQuoteAttest(attest)) return out.raw(attest.attested).bytes();
  return out.raw(writeSelection(attest.attested.pcrSelect)).sized16be(attest.attested.pcrDigest).bytes();
}
