/** Names and qualified names of TPM objects (TPM 2.0 Part 1, 16 and 26.5). */

import { digest, hashByName, type HashName } from '../bytes/hash.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { TPM_RH, type Hierarchy } from './algorithms.ts';
import { writePublic, type TpmtPublic } from './public.ts';

/**
 * The name of a key: nameAlg ‖ H_nameAlg(TPMT_PUBLIC).
 * @param bytes the public area as it was read; written again from `area` when left out
 */
export function publicName(area: TpmtPublic, bytes: Uint8Array = writePublic(area)): Uint8Array {
  return nameOf(area.nameAlg, bytes);
}

/**
 * The qualified name of a key: nameAlg ‖ H_nameAlg(qualified name of its parent ‖ name).
 * @param area the key's own public area
 */
export function qualifiedName(parentQualifiedName: Uint8Array, area: TpmtPublic): Uint8Array {
  return nameOf(area.nameAlg, new ByteWriter().raw(parentQualifiedName).raw(publicName(area)).bytes());
}

/** The qualified name of a hierarchy, parent of its primary keys: the handle itself. */
export function hierarchyQualifiedName(hierarchy: Hierarchy): Uint8Array {
  return new ByteWriter().u32be(TPM_RH[hierarchy]).bytes();
}

function nameOf(hash: HashName, bytes: Uint8Array): Uint8Array {
  return new ByteWriter().u16be(hashByName(hash)!.id).raw(digest(hash, bytes)).bytes();
}
