/** The template of Assay's own attestation key: a restricted signing key, primary in the endorsement hierarchy. */

import { TPMA_OBJECT } from './algorithms.ts';
import type { TpmtPublic } from './public.ts';
import { signingTemplate, type SigningKeyType } from './signing-template.ts';
import { templateDifferences, type TemplateDifference } from './template.ts';

const { fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, sign } = TPMA_OBJECT;

/**
 * What it takes that the key never leaves its TPM, and signs nothing that another made look like the TPM's. Its authorization
 * value is empty, so `noDA`: or wrong guesses at other keys would lock this one too, and the host could not attest.
 */
const AK_ATTRIBUTES = fixedTPM | fixedParent | sensitiveDataOrigin | userWithAuth | noDA | restricted | sign;

/**
 * The template of an AK: RSA-2048 with RSASSA, or P-256 with ECDSA, both with SHA-256.
 * @param unique 32 bytes of the installation: the TPM makes the same key from the same bytes, and another from others
 * @throws RangeError for any other number of bytes
 */
export function akTemplate(type: SigningKeyType, unique: Uint8Array): TpmtPublic {
  return signingTemplate(type, AK_ATTRIBUTES, unique);
}

const TEMPLATES = {
  rsa: akTemplate('rsa', new Uint8Array(32)),
  ecc: akTemplate('ecc', new Uint8Array(32)),
} as const;

/** Every field in which a public area is not that of an AK of its type; empty for an AK made from {@link akTemplate}. */
export function akTemplateDifferences(area: TpmtPublic): readonly TemplateDifference[] {
  return templateDifferences(area, TEMPLATES[area.type]);
}
