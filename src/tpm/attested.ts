/** TPMU_ATTEST: what each command that attests something says (TPM 2.0 Part 2, 10.12.11). */

import type { ByteReader } from '../bytes/reader.ts';
import type { ByteWriter } from '../bytes/writer.ts';
import { TPM_ST_ATTEST } from './algorithms.ts';
import { readClockInfo, writeClockInfo, type TpmsClockInfo } from './clock-info.ts';
import { readSelection, writeSelection, type TpmlPcrSelection } from './selection.ts';

/** TPMS_TIME_ATTEST_INFO of TPM2_GetTime (Part 2, 10.12.2). */
export interface TpmsTimeAttestInfo {
  /** TPMS_TIME_INFO (Part 2, 10.11.2) */
  readonly time: {
    /** milliseconds since the TPM was last powered on */
    readonly time: bigint;
    readonly clockInfo: TpmsClockInfo;
  };
  readonly firmwareVersion: bigint;
}

/** TPMS_CERTIFY_INFO of TPM2_Certify (Part 2, 10.12.3). */
export interface TpmsCertifyInfo {
  /** TPM2B_NAME of the certified object */
  readonly name: Uint8Array;
  /** TPM2B_NAME: its qualified name */
  readonly qualifiedName: Uint8Array;
}

/** TPMS_QUOTE_INFO of TPM2_Quote (Part 2, 10.12.4). */
export interface TpmsQuoteInfo {
  readonly pcrSelect: TpmlPcrSelection;
  readonly pcrDigest: Uint8Array;
}

/** TPMS_CREATION_INFO of TPM2_CertifyCreation (Part 2, 10.12.7). */
export interface TpmsCreationInfo {
  /** TPM2B_NAME of the created object */
  readonly objectName: Uint8Array;
  /** digest, by the object's nameAlg, of its TPMS_CREATION_DATA */
  readonly creationHash: Uint8Array;
}

/** TPMS_NV_CERTIFY_INFO of TPM2_NV_Certify (Part 2, 10.12.8). */
export interface TpmsNvCertifyInfo {
  /** TPM2B_NAME of the NV index */
  readonly indexName: Uint8Array;
  /** bytes of the index before `nvContents` */
  readonly offset: number;
  readonly nvContents: Uint8Array;
}

/** The structures that are read, by the name of their TPM_ST. */
interface ByKind {
  readonly TIME: TpmsTimeAttestInfo;
  readonly CERTIFY: TpmsCertifyInfo;
  readonly QUOTE: TpmsQuoteInfo;
  readonly CREATION: TpmsCreationInfo;
  readonly NV: TpmsNvCertifyInfo;
}

export type AttestKind = keyof ByKind;

/** A kind of attestation and what it says. */
export interface AttestedAs<K extends AttestKind> {
  readonly type: (typeof TPM_ST_ATTEST)[K];
  readonly attested: ByKind[K];
}

export type Attested = { readonly [K in AttestKind]: AttestedAs<K> }[AttestKind];

/** A TPMT_HA of SHA-512: the largest name, and the largest TPM2B_DATA. */
const MAX_NAME = 66;

/** Of the TSS; no TPM certifies more of an NV index at once. */
const MAX_NV_BUFFER = 2048;

/**
 * Reads a TPM2B, by default one that is no longer than a name.
 * @throws EvidenceError `tpm.attest-size`, `bytes.truncated`
 */
export function readSized(reader: ByteReader, limit = MAX_NAME): Uint8Array {
  const size = reader.u16be();
  if (size > limit) throw reader.error('tpm.attest-size', `${size} bytes where at most ${limit} are possible`);
  return reader.take(size);
}

/**
 * Reads the TPMU_ATTEST of a type; undefined for the types that are kept as bytes.
 * @throws EvidenceError `tpm.attest-size`, `tpm.attest-safe`, those of `readSelection`, `bytes.truncated`
 */
export function readAttested(type: number, reader: ByteReader): Attested['attested'] | undefined {
  switch (type) {
    case TPM_ST_ATTEST.TIME: {
      const time = { time: reader.u64be(), clockInfo: readClockInfo(reader) };
      return { time, firmwareVersion: reader.u64be() };
    }
    case TPM_ST_ATTEST.CERTIFY:
      return { name: readSized(reader), qualifiedName: readSized(reader) };
    case TPM_ST_ATTEST.QUOTE:
      return { pcrSelect: readSelection(reader), pcrDigest: readSized(reader) };
    case TPM_ST_ATTEST.CREATION:
      return { objectName: readSized(reader), creationHash: readSized(reader) };
    case TPM_ST_ATTEST.NV: {
      const [indexName, offset] = [readSized(reader), reader.u16be()];
      return { indexName, offset, nvContents: readSized(reader, MAX_NV_BUFFER) };
    }
    default:
      return undefined;
  }
}

export function writeAttested(out: ByteWriter, { type, attested }: Attested): void {
  switch (type) {
    case TPM_ST_ATTEST.TIME:
      out.u64be(attested.time.time);
      writeClockInfo(out, attested.time.clockInfo);
      out.u64be(attested.firmwareVersion);
      return;
    case TPM_ST_ATTEST.CERTIFY:
      out.sized16be(attested.name).sized16be(attested.qualifiedName);
      return;
    case TPM_ST_ATTEST.QUOTE:
      out.raw(writeSelection(attested.pcrSelect)).sized16be(attested.pcrDigest);
      return;
    case TPM_ST_ATTEST.CREATION:
      out.sized16be(attested.objectName).sized16be(attested.creationHash);
      return;
    case TPM_ST_ATTEST.NV:
      out.sized16be(attested.indexName).u16be(attested.offset).sized16be(attested.nvContents);
      return;
  }
}
