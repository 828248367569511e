/** Constants of the TPM 2.0 structures this verifier reads (TPM 2.0 Part 2; TCG Algorithm Registry). */

import { hashById, type HashName } from '../bytes/hash.ts';

/** TPM_ALG_ID (Part 2, 6.3; TCG Algorithm Registry, table 3). */
export const TPM_ALG = {
  RSA: 0x0001,
  TDES: 0x0003,
  AES: 0x0006,
  MGF1: 0x0007,
  KEYEDHASH: 0x0008,
  XOR: 0x000a,
  NULL: 0x0010,
  SM4: 0x0013,
  RSASSA: 0x0014,
  RSAES: 0x0015,
  RSAPSS: 0x0016,
  OAEP: 0x0017,
  ECDSA: 0x0018,
  ECDH: 0x0019,
  ECDAA: 0x001a,
  SM2: 0x001b,
  ECSCHNORR: 0x001c,
  ECMQV: 0x001d,
  KDF1_SP800_56A: 0x0020,
  KDF2: 0x0021,
  KDF1_SP800_108: 0x0022,
  ECC: 0x0023,
  SYMCIPHER: 0x0025,
  CAMELLIA: 0x0026,
  CFB: 0x0043,
} as const;

/** TPM_GENERATED_VALUE: the first word of whatever the TPM itself made (Part 2, 6.2). A restricted key signs nothing else. */
export const TPM_GENERATED_VALUE = 0xff544347;

/** TPM_ST of the attestation structures (Part 2, 6.9). */
export const TPM_ST_ATTEST = {
  NV: 0x8014,
  COMMAND_AUDIT: 0x8015,
  SESSION_AUDIT: 0x8016,
  CERTIFY: 0x8017,
  QUOTE: 0x8018,
  TIME: 0x8019,
  CREATION: 0x801a,
  NV_DIGEST: 0x801c,
} as const;

/** TPMA_OBJECT (Part 2, 8.3): what a key may do and how it is kept. */
export const TPMA_OBJECT = {
  fixedTPM: 1 << 1,
  stClear: 1 << 2,
  fixedParent: 1 << 4,
  sensitiveDataOrigin: 1 << 5,
  userWithAuth: 1 << 6,
  adminWithPolicy: 1 << 7,
  firmwareLimited: 1 << 8,
  svnLimited: 1 << 9,
  noDA: 1 << 10,
  encryptedDuplication: 1 << 11,
  restricted: 1 << 16,
  decrypt: 1 << 17,
  sign: 1 << 18,
  x509sign: 1 << 19,
} as const;

export type ObjectAttribute = keyof typeof TPMA_OBJECT;

/** The bits of TPMA_OBJECT that have a meaning; a TPM returns no other. */
export const TPMA_OBJECT_DEFINED = Object.values(TPMA_OBJECT).reduce((all, bit) => all | bit, 0);

/** TPM_RH of the hierarchies (Part 2, 7.4). */
export const TPM_RH = {
  owner: 0x40000001,
  null: 0x40000007,
  endorsement: 0x4000000b,
  platform: 0x4000000c,
} as const;

export type Hierarchy = keyof typeof TPM_RH;

export type CurveName = 'p256' | 'p384' | 'p521';

/** An elliptic curve of attestation and endorsement keys. */
export interface Curve {
  readonly name: CurveName;
  /** TPM_ECC_CURVE (Part 2, 6.4) */
  readonly id: number;
  /** bytes of a coordinate, and of r and s */
  readonly size: number;
  /** order of the base point (SP 800-186, 3.2.1) */
  readonly order: bigint;
  /** name in RFC 7518, 6.2.1.1 */
  readonly jwk: 'P-256' | 'P-384' | 'P-521';
  /** name Node gives the curve of a key */
  readonly node: 'prime256v1' | 'secp384r1' | 'secp521r1';
}

/** The curves TPM profiles name for attestation and endorsement keys and that are strong enough to judge by. */
export const CURVES: readonly Curve[] = [
  {
    name: 'p256',
    id: 0x0003,
    size: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    jwk: 'P-256',
    node: 'prime256v1',
  },
  {
    name: 'p384',
    id: 0x0004,
    size: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    jwk: 'P-384',
    node: 'secp384r1',
  },
  {
    name: 'p521',
    id: 0x0005,
    size: 66,
    order:
      0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    jwk: 'P-521',
    node: 'secp521r1',
  },
];

/** The curve of that TPM_ECC_CURVE; undefined for another. */
export function curveById(id: number): Curve | undefined {
  return CURVES.find((curve) => curve.id === id);
}

export function curveByName(name: CurveName): Curve {
  return CURVES.find((curve) => curve.name === name)!;
}

const NAMES = new Map<number, string>(Object.entries(TPM_ALG).map(([name, id]) => [id, name.toLowerCase()]));

/** The algorithm's name in lower case, or its id as `0x0012` where this verifier has no name for it. */
export function algorithmName(id: number): HashName | (string & {}) {
  return hashById(id)?.name ?? NAMES.get(id) ?? `0x${id.toString(16).padStart(4, '0')}`;
}
