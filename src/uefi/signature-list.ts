/** EFI_SIGNATURE_LIST: what PK, KEK, db, dbx and MokList hold (UEFI 2.10, 32.4.1). */

import { digestHex } from '../bytes/hash.ts';
import { ByteReader } from '../bytes/reader.ts';
import { guidText } from './guid.ts';

/** More lists than any variable holds; the largest dbx seen has a few dozen. */
const MAX_LISTS = 4096;
/** SignatureType ‖ SignatureListSize ‖ SignatureHeaderSize ‖ SignatureSize */
const LIST_HEADER_SIZE = 28;
/** SignatureOwner, before the data of every signature */
const OWNER_SIZE = 16;

/** EFI_CERT_X509_GUID (UEFI 2.10, 32.4.1) */
export const CERT_X509_GUID = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
/** EFI_CERT_SHA256_GUID (UEFI 2.10, 32.4.1) */
export const CERT_SHA256_GUID = 'c1c41626-504c-4092-aca9-41f936934328';

/** Types whose signatures have one size by definition: data bytes after the owner. */
const DATA_SIZES: ReadonlyMap<string, number> = new Map([
  [CERT_SHA256_GUID, 32],
  ['826ca512-cf10-4ac9-b187-be01496631bd', 20], // EFI_CERT_SHA1_GUID
  ['0b6e5233-a65c-44c9-9407-d9ab83bfc8bd', 28], // EFI_CERT_SHA224_GUID
  ['ff3e5307-9fd0-48c9-85f1-8ad56c701e01', 48], // EFI_CERT_SHA384_GUID
  ['093e0fae-a6c4-4f50-9f1b-d41e2b89c19a', 64], // EFI_CERT_SHA512_GUID
  ['3c5766e8-269c-4e34-aa14-ed776e85b3b6', 256], // EFI_CERT_RSA2048_GUID
  ['e2b36190-879b-4a3d-ad8d-f2e7bba32784', 256], // EFI_CERT_RSA2048_SHA256_GUID
  ['67f8444f-8743-48f1-a328-1eaab8736080', 256], // EFI_CERT_RSA2048_SHA1_GUID
  ['3bd2a492-96c0-4079-b420-fcf98ef103ed', 48], // EFI_CERT_X509_SHA256_GUID
  ['7076876e-80c2-4ee6-aad2-28b349a6865b', 64], // EFI_CERT_X509_SHA384_GUID
  ['446dbf63-2502-4cda-bcfa-2465d2b0fe9d', 80], // EFI_CERT_X509_SHA512_GUID
]);

/** One list. Its signatures stay bytes until `signaturesOf` is asked: a dbx has hundreds. */
export interface SignatureList {
  /** SignatureType, a GUID */
  readonly type: string;
  /** offset of the list from the start of the variable's data */
  readonly offset: number;
  readonly header: Uint8Array;
  /** SignatureSize: owner and data of one signature, in bytes */
  readonly signatureSize: number;
  readonly count: number;
  /** `count` × `signatureSize` bytes */
  readonly signatures: Uint8Array;
}

/** EFI_SIGNATURE_DATA. A certificate that does not parse is still an entry: the data is kept as it is. */
export interface Signature {
  readonly type: string;
  /** SignatureOwner, a GUID */
  readonly owner: string;
  /** a certificate (DER), or a hash, by `type` */
  readonly data: Uint8Array;
}

/**
 * All lists of a variable, to its last byte.
 * @param base offset of `bytes` in `part`
 * @throws EvidenceError `bytes.truncated`, `uefi.signature-list-size`, `uefi.signature-size`, `uefi.signature-list-count`
 */
export function parseSignatureLists(bytes: Uint8Array, part: string, base: number): SignatureList[] {
  const r = new ByteReader(bytes, part, base);
  const lists: SignatureList[] = [];
  while (r.remaining > 0) {
    if (lists.length === MAX_LISTS)
      throw r.error('uefi.signature-list-count', `more than ${MAX_LISTS} signature lists`);
    const offset = r.offset;
    const type = guidText(r.take(16));
    const listSize = r.u32();
    const headerSize = r.u32();
    const signatureSize = r.u32();
    const bodySize = listSize - LIST_HEADER_SIZE;
    if (bodySize < 0 || bodySize > r.remaining || headerSize > bodySize) {
      throw r.error('uefi.signature-list-size', `a signature list of ${listSize} bytes with a header of ${headerSize}`);
    }
    const header = r.take(headerSize);
    const signatures = r.take(bodySize - headerSize);
    const fixed = DATA_SIZES.get(type);
    if (
      signatureSize < OWNER_SIZE ||
      (fixed !== undefined && signatureSize !== OWNER_SIZE + fixed) ||
      signatures.length % signatureSize !== 0
    ) {
      throw r.error('uefi.signature-size', `${signatures.length} bytes of signatures of ${signatureSize} bytes each`);
    }
    lists.push({ type, offset, header, signatureSize, count: signatures.length / signatureSize, signatures });
  }
  return lists;
}

/** The signatures of one list, in order. */
export function signaturesOf(list: SignatureList): Signature[] {
  const out: Signature[] = [];
  for (let i = 0; i < list.count; i++) {
    const at = i * list.signatureSize;
    const bytes = list.signatures.subarray(at, at + list.signatureSize);
    out.push({ type: list.type, owner: guidText(bytes.subarray(0, OWNER_SIZE)), data: bytes.subarray(OWNER_SIZE) });
  }
  return out;
}

/** How key sets name a signature: the SHA-256 of the certificate's bytes, lower-case hexadecimal. */
export function signatureSha256(signature: { readonly data: Uint8Array }): string {
  return digestHex('sha256', signature.data);
}
