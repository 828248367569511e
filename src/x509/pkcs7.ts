/** Certificates and lists in a PKCS#7 file (RFC 5652, clause 5.1: SignedData, usually without a signer). Nothing of it is verified or trusted. */

import { contextTag, derChildren, derExpect, derOid, derOnly, TAG, type DerNode } from '../bytes/der.ts';
import { DerFields } from '../bytes/der-fields.ts';

const SIGNED_DATA = '1.2.840.113549.1.7.2';

/** Whether the value is a ContentInfo: it begins with an object identifier. */
export function isContentInfo(root: DerNode): boolean {
  return derChildren(root)[0]?.tag === TAG.oid;
}

/**
 * @returns the DER of each certificate and each list; undefined for another kind of content
 * @throws EvidenceError `der.*`
 */
export function readSignedDataBags(
  root: DerNode,
): { certificates: readonly Uint8Array[]; crls: readonly Uint8Array[] } | undefined {
  const info = new DerFields(root);
  if (derOid(info.take(TAG.oid)) !== SIGNED_DATA) return undefined;
  const explicit = info.take(contextTag(0));
  info.end();
  const signedData = new DerFields(derExpect(derOnly(explicit), TAG.sequence, explicit));
  signedData.take(TAG.integer);
  signedData.take(TAG.set);
  signedData.take(TAG.sequence);
  const certificates = signedData.optional(contextTag(0));
  const crls = signedData.optional(contextTag(1));
  signedData.take(TAG.set);
  signedData.end();
  // Other choices than certificates and lists have tags of their own.
  const members = (bag: DerNode | undefined): Uint8Array[] =>
    bag === undefined
      ? []
      : derChildren(bag)
          .filter(({ tag }) => tag === TAG.sequence)
          .map(({ raw }) => raw);
  return { certificates: members(certificates), crls: members(crls) };
}
