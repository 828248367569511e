/** Commands with which a key says something about the TPM (TPM 2.0 Part 3, 18), and the TPM's clock. */

import { ByteReader } from '../../bytes/reader.ts';
import { ByteWriter } from '../../bytes/writer.ts';
import { TPM_ALG } from '../../tpm/algorithms.ts';
import { readClockInfo, type TpmsClockInfo } from '../../tpm/clock-info.ts';
import { toTpml, writeSelection, type PcrSelection } from '../../tpm/selection.ts';
import { ESYS_TR, type Handle } from './commands.ts';
import { content } from './key.ts';
import type { Runner } from './scope.ts';

/** What was signed, and the signature. */
export interface Attestation {
  /** TPMS_ATTEST */
  readonly attest: Uint8Array;
  /** TPMT_SIGNATURE */
  readonly signature: Uint8Array;
}

/** TPMT_SIG_SCHEME of TPM_ALG_NULL: the key's own scheme, which a restricted key always has. */
export const OWN_SCHEME = new ByteWriter().u16be(TPM_ALG.NULL).bytes();

/**
 * TPM2_Quote.
 * @param extraData up to 64 bytes
 */
export async function quote(
  tpm: Runner,
  ak: Handle,
  extraData: Uint8Array,
  selection: PcrSelection,
): Promise<Attestation> {
  const [attest, signature] = await tpm.run('Quote', {
    handles: [ak],
    sessions: [ESYS_TR.password],
    inputs: [sized(extraData), OWN_SCHEME, writeSelection(toTpml(selection))],
  });
  return { attest: content(attest), signature };
}

/** TPM2_Certify: the AK says that the other key is in the same TPM. */
export async function certify(tpm: Runner, ak: Handle, key: Handle, extraData: Uint8Array): Promise<Attestation> {
  const [attest, signature] = await tpm.run('Certify', {
    handles: [key, ak],
    sessions: [ESYS_TR.password, ESYS_TR.password],
    inputs: [sized(extraData), OWN_SCHEME],
  });
  return { attest: content(attest), signature };
}

/**
 * TPM2_NV_Certify: the AK says what an index holds.
 * @param authHandle the index itself, or a hierarchy that may read it, authorized by `authorization`
 */
export async function certifyNv(
  tpm: Runner,
  ak: Handle,
  index: Handle,
  { authHandle, authorization }: { readonly authHandle: Handle; readonly authorization: Handle },
  { size, offset }: { readonly size: number; readonly offset: number },
  extraData: Uint8Array,
): Promise<Attestation> {
  const [attest, signature] = await tpm.run('NV_Certify', {
    handles: [ak, authHandle, index],
    sessions: [ESYS_TR.password, authorization],
    inputs: [sized(extraData), OWN_SCHEME, size, offset],
  });
  return { attest: content(attest), signature };
}

/**
 * TPM2_ReadClock (Part 3, 29.1). Nobody signed it.
 * @returns `time`: milliseconds since the TPM was powered last
 */
export async function readClock(tpm: Runner): Promise<{ readonly time: bigint; readonly clockInfo: TpmsClockInfo }> {
  const [info] = await tpm.run('ReadClock', { inputs: [] });
  const reader = new ByteReader(info, 'time-info');
  const time = reader.u64be();
  const clockInfo = readClockInfo(reader);
  reader.end();
  return { time, clockInfo };
}

function sized(bytes: Uint8Array): Uint8Array {
  return new ByteWriter().sized16be(bytes).bytes();
}
