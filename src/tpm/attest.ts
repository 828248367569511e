/** TPMS_ATTEST: what the TPM signs (TPM 2.0 Part 2, 10.12.12). */

import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { TPM_GENERATED_VALUE, TPM_ST_ATTEST } from './algorithms.ts';
import { readAttested, readSized, writeAttested, type AttestedAs, type AttestKind, type Attested } from './attested.ts';
import { readClockInfo, writeClockInfo, type TpmsClockInfo } from './clock-info.ts';

interface AttestHeader {
  /** TPM2B_NAME: the qualified name of the signing key */
  readonly qualifiedSigner: Uint8Array;
  /** TPM2B_DATA: what the caller asked to have signed along */
  readonly extraData: Uint8Array;
  readonly clockInfo: TpmsClockInfo;
  readonly firmwareVersion: bigint;
}

/** A TPMS_ATTEST of one kind: `AttestOf<'QUOTE'>` is one of TPM2_Quote. */
export type AttestOf<K extends AttestKind> = Extract<TpmsAttest, AttestedAs<K>>;

/** A TPMS_ATTEST whose `attested` was left as bytes. */
interface UnreadAttest extends AttestHeader {
  /** TPM_ST */
  readonly type: number;
  readonly attested: Uint8Array;
}

/** TPMS_ATTEST, by the command that made it; {@link isAttestOf} tells which. */
export type TpmsAttest = (AttestHeader & Attested) | UnreadAttest;

/** Whether the structure is one of that kind, and was read as one. */
export function isAttestOf<K extends AttestKind>(attest: TpmsAttest, kind: K): attest is AttestOf<K> {
  return attest.type === TPM_ST_ATTEST[kind] && !isUnread(attest);
}

function isUnread(attest: TpmsAttest): attest is UnreadAttest {
  return attest.attested instanceof Uint8Array;
}

const PART = 'tpms-attest';

/** Whether the structure says that the TPM made it. Nothing after a wrong magic means anything. */
export function hasAttestMagic(bytes: Uint8Array): boolean {
  return new ByteReader(bytes, PART).u32be() === TPM_GENERATED_VALUE;
}

/**
 * Reads a TPMS_ATTEST that fills `bytes` to the end.
 * @param only the one kind that is read; every other is left as bytes, so that a check for this kind answers "another
 *   type" whatever follows the type
 * @throws EvidenceError `tpm.attest-magic`, `tpm.attest-size`, `tpm.attest-safe`, those of `readSelection`,
 *   `bytes.truncated`, `bytes.trailing`
 */
export function readAttest(bytes: Uint8Array, only?: AttestKind): TpmsAttest {
  const reader = new ByteReader(bytes, PART);
  const magic = reader.u32be();
  if (magic !== TPM_GENERATED_VALUE) throw reader.error('tpm.attest-magic', `magic is 0x${magic.toString(16)}`);
  const type = reader.u16be();
  const qualifiedSigner = readSized(reader);
  const extraData = readSized(reader);
  const clockInfo = readClockInfo(reader);
  const firmwareVersion = reader.u64be();
  const wanted = only === undefined || type === TPM_ST_ATTEST[only];
  const attested = (wanted ? readAttested(type, reader) : undefined) ?? reader.rest();
  reader.end();
  // `readAttested` reads what the type says, which the compiler cannot see in two fields apart.
  return { type, qualifiedSigner, extraData, clockInfo, firmwareVersion, attested } as TpmsAttest;
}

/** The bytes of a TPMS_ATTEST. */
export function writeAttest(attest: TpmsAttest): Uint8Array {
  const out = new ByteWriter()
    .u32be(TPM_GENERATED_VALUE)
    .u16be(attest.type)
    .sized16be(attest.qualifiedSigner)
    .sized16be(attest.extraData);
  writeClockInfo(out, attest.clockInfo);
  out.u64be(attest.firmwareVersion);
  if (isUnread(attest)) out.raw(attest.attested);
  else writeAttested(out, attest);
  return out.bytes();
}
