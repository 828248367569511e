/** The template of a host's signing key, with which it proves possession of what its AK certified. */

import { TPMA_OBJECT } from './algorithms.ts';
import type { TpmtPublic } from './public.ts';
import { signingTemplate } from './signing-template.ts';
import { templateDifferences, type TemplateDifference } from './template.ts';

const { fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, sign } = TPMA_OBJECT;

/** Not restricted: it signs what its host gives it. `noDA` as the AK. */
const HOST_KEY_ATTRIBUTES = fixedTPM | fixedParent | sensitiveDataOrigin | userWithAuth | noDA | sign;

/**
 * The template of a host key: P-256 with ECDSA and SHA-256.
 * @param unique 32 bytes of the installation: the TPM makes the same primary key from the same bytes
 * @throws RangeError for any other number of bytes
 */
export function hostKeyTemplate(unique: Uint8Array): TpmtPublic {
  return signingTemplate('ecc', HOST_KEY_ATTRIBUTES, unique);
}

const TEMPLATE = hostKeyTemplate(new Uint8Array(32));

/** Every field in which a public area is not that of a host key; empty for a key made from {@link hostKeyTemplate}. */
export function hostKeyDifferences(area: TpmtPublic): readonly TemplateDifference[] {
  return templateDifferences(area, TEMPLATE);
}
