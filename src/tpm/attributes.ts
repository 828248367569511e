/** What a public area says about its key, as data; whether that is right for an attestation key is for a check to say. */

import type { HashName } from '../bytes/hash.ts';
import { algorithmName, TPMA_OBJECT, type ObjectAttribute } from './algorithms.ts';
import type { KeyShape } from './key.ts';
import type { TpmtPublic } from './public.ts';

interface AkAttributes extends Readonly<Record<ObjectAttribute, boolean>> {
  readonly shape: KeyShape;
  /** the signing scheme by name, `rsassa`, `rsapss`, `ecdsa` …; null when the key has none of its own */
  readonly scheme: string | null;
  /** hash of the scheme */
  readonly schemeHash: HashName | null;
  readonly nameAlg: HashName;
  /** whether the key encrypts children, as storage keys do */
  readonly symmetric: boolean;
  /** whether a policy authorizes the use of the key */
  readonly authPolicy: boolean;
}

/** Attributes, scheme and size of a key, read from its public area. */
export function akAttributes(area: TpmtPublic): AkAttributes {
  const has = (name: ObjectAttribute): boolean => (area.objectAttributes & TPMA_OBJECT[name]) !== 0;
  const { scheme, symmetric } = area.parameters;
  return {
    fixedTPM: has('fixedTPM'),
    stClear: has('stClear'),
    fixedParent: has('fixedParent'),
    sensitiveDataOrigin: has('sensitiveDataOrigin'),
    userWithAuth: has('userWithAuth'),
    adminWithPolicy: has('adminWithPolicy'),
    firmwareLimited: has('firmwareLimited'),
    svnLimited: has('svnLimited'),
    noDA: has('noDA'),
    encryptedDuplication: has('encryptedDuplication'),
    restricted: has('restricted'),
    decrypt: has('decrypt'),
    sign: has('sign'),
    x509sign: has('x509sign'),
    shape:
      area.type === 'rsa'
        ? { type: 'rsa', keyBits: area.parameters.keyBits }
        : { type: 'ecc', curve: area.parameters.curveID },
    scheme: scheme === null ? null : algorithmName(scheme.scheme),
    schemeHash: scheme?.hashAlg ?? null,
    nameAlg: area.nameAlg,
    symmetric: symmetric !== null,
    authPolicy: area.authPolicy.length > 0,
  };
}

/** Attributes an AK must have (Part 2, 8.3.3; TCG AK template): only such a key signs nothing but what its TPM says. */
const AK_REQUIRED = ['restricted', 'sign', 'fixedTPM', 'fixedParent', 'sensitiveDataOrigin'] as const;

/** {@link AK_REQUIRED}, and the one it must lack. */
type JudgedAttributes = Pick<AkAttributes, (typeof AK_REQUIRED)[number] | 'decrypt'>;

/** What an AK must be, in words. */
export const AK_EXPECTED = `${AK_REQUIRED.join(', ')}, not decrypt`;

/** What of it a key is not; empty for a key that may attest. */
export function akFlaws(attributes: JudgedAttributes): readonly string[] {
  const missing = AK_REQUIRED.filter((attribute) => !attributes[attribute]).map((attribute) => `not ${attribute}`);
  return attributes.decrypt ? [...missing, 'decrypt'] : missing;
}
