/** The header of the signatures IMA records: `struct signature_v2_hdr` (security/integrity/integrity.h). */

import { toHex } from '../../bytes/text.ts';
import { kernelHashName } from './hash-algorithms.ts';

/** What was signed (`enum evm_ima_xattr_type`). */
export type ImaSignatureType = 'ima' | 'evm-portable' | 'verity';

const TYPES = new Map<number, ImaSignatureType>([
  [0x03, 'ima'],
  [0x05, 'evm-portable'],
  [0x06, 'verity'],
]);

const HEADER_SIZE = 9;

export interface ImaSignature {
  readonly type: ImaSignatureType;
  /** 2: over the digest; 3: over a structure that names its type (`ima_file_id`) */
  readonly version: 2 | 3;
  /** kernel name of the hash algorithm */
  readonly hash: string;
  /** last four bytes of the signer's subject key identifier, hexadecimal */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** The signature in an extended attribute, or undefined when it is none of a known form: files may carry any bytes. */
export function decodeSignature(bytes: Uint8Array): ImaSignature | undefined {
  if (bytes.length < HEADER_SIZE) return undefined;
  const type = TYPES.get(bytes[0]!);
  const version = bytes[1]!;
  const hash = kernelHashName(bytes[2]!);
  const size = (bytes[7]! << 8) | bytes[8]!;
  if (type === undefined || hash === undefined || (version !== 2 && version !== 3)) return undefined;
  if (size !== bytes.length - HEADER_SIZE) return undefined;
  return { type, version, hash, keyId: toHex(bytes.subarray(3, 7)), signature: bytes.subarray(HEADER_SIZE) };
}
