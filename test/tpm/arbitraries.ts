/** Arbitrary TPM structures for property tests. */

import * as fc from 'fast-check';
import { HASHES, hashSize, type HashName } from '../../src/bytes/hash.ts';
import { CURVES, TPM_ALG, TPM_ST_ATTEST, TPMA_OBJECT_DEFINED } from '../../src/tpm/algorithms.ts';
import type { TpmsAttest } from '../../src/tpm/attest.ts';
import type { AttestedAs, AttestKind } from '../../src/tpm/attested.ts';
import type { TpmtAsymScheme, TpmtPublic } from '../../src/tpm/public.ts';
import type { TpmlPcrSelection } from '../../src/tpm/selection.ts';
import type { TpmtSignature } from '../../src/tpm/signature.ts';

export const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });

const READ_TYPES = new Set<number>(
  (['QUOTE', 'CERTIFY', 'CREATION', 'TIME', 'NV'] as const).map((kind) => TPM_ST_ATTEST[kind]),
);

export const hashName = fc.constantFrom<HashName>(...HASHES.map(({ name }) => name));

export const tpml: fc.Arbitrary<TpmlPcrSelection> = fc.array(
  fc.integer({ min: 1, max: 4 }).chain((sizeofSelect) =>
    fc.record({
      hash: u16,
      sizeofSelect: fc.constant(sizeofSelect),
      pcrSelect: fc
        .uniqueArray(fc.integer({ min: 0, max: Math.min(23, sizeofSelect * 8 - 1) }))
        .map((pcrs) => pcrs.toSorted((a, b) => a - b)),
    }),
  ),
  { maxLength: 16 },
);

const clockInfo = fc.record({ clock: u64, resetCount: u32, restartCount: u32, safe: fc.boolean() });

const header = {
  qualifiedSigner: bytes(66),
  extraData: bytes(66),
  clockInfo,
  firmwareVersion: u64,
};

const of = <K extends AttestKind>(kind: K, attested: fc.Arbitrary<AttestedAs<K>['attested']>) =>
  fc.record({ type: fc.constant(TPM_ST_ATTEST[kind]), ...header, attested });

/** One of each kind that is read; the last is kept as bytes. */
export const attest: fc.Arbitrary<TpmsAttest> = fc.oneof(
  of('QUOTE', fc.record({ pcrSelect: tpml, pcrDigest: bytes(66) })),
  of('CERTIFY', fc.record({ name: bytes(66), qualifiedName: bytes(66) })),
  of('CREATION', fc.record({ objectName: bytes(66), creationHash: bytes(66) })),
  of('TIME', fc.record({ time: fc.record({ time: u64, clockInfo }), firmwareVersion: u64 })),
  of('NV', fc.record({ indexName: bytes(66), offset: u16, nvContents: bytes(2048) })),
  fc.record({ type: u16.filter((type) => !READ_TYPES.has(type)), ...header, attested: bytes(100) }),
);

export const signature: fc.Arbitrary<TpmtSignature> = fc.oneof(
  fc.record({ sigAlg: fc.constantFrom(TPM_ALG.RSASSA, TPM_ALG.RSAPSS), hash: hashName, sig: bytes(512) }),
  fc.record({
    sigAlg: fc.constant(TPM_ALG.ECDSA),
    hash: hashName,
    signatureR: bytes(512),
    signatureS: bytes(512),
  }),
);

const scheme = (
  withHash: readonly number[],
  extra: fc.Arbitrary<TpmtAsymScheme>,
): fc.Arbitrary<TpmtAsymScheme | null> =>
  fc.oneof(
    fc.constant(null),
    fc.record({ scheme: fc.constantFrom(...withHash), hashAlg: hashName, count: fc.constant(null) }),
    extra,
  );

const symmetric = fc.option(
  fc.record({
    algorithm: fc.constantFrom(TPM_ALG.AES, TPM_ALG.SM4, TPM_ALG.CAMELLIA, TPM_ALG.TDES),
    keyBits: u16,
    mode: u16,
  }),
);

const area = hashName.chain((nameAlg) =>
  fc.record({
    nameAlg: fc.constant(nameAlg),
    objectAttributes: u32.map((mask) => (mask & TPMA_OBJECT_DEFINED) >>> 0),
    authPolicy: fc.oneof(fc.constant(new Uint8Array(0)), bytes(hashSize(nameAlg), hashSize(nameAlg))),
  }),
);

const rsaParameters = fc.record({
  symmetric,
  scheme: scheme(
    [TPM_ALG.RSASSA, TPM_ALG.RSAPSS, TPM_ALG.OAEP],
    fc.constant({ scheme: TPM_ALG.RSAES, hashAlg: null, count: null }),
  ),
  keyBits: u16,
  exponent: u32,
});

export const publicArea: fc.Arbitrary<TpmtPublic> = fc.oneof(
  fc
    .record({ area, parameters: rsaParameters, unique: bytes(512) })
    .map(({ area: common, ...rest }) => ({ type: 'rsa' as const, ...common, ...rest })),
  fc.constantFrom(...CURVES).chain((curve) =>
    fc
      .record({
        area,
        parameters: fc.record({
          symmetric,
          scheme: scheme(
            [TPM_ALG.ECDSA, TPM_ALG.ECDH, TPM_ALG.SM2, TPM_ALG.ECSCHNORR, TPM_ALG.ECMQV],
            fc.record({ scheme: fc.constant(TPM_ALG.ECDAA), hashAlg: hashName, count: u16 }),
          ),
          curveID: fc.constant(curve.name),
          kdf: fc.option(
            fc.record({
              scheme: fc.constantFrom(TPM_ALG.MGF1, TPM_ALG.KDF1_SP800_56A, TPM_ALG.KDF2, TPM_ALG.KDF1_SP800_108),
              hashAlg: hashName,
            }),
          ),
        }),
        unique: fc.record({ x: bytes(curve.size), y: bytes(curve.size) }),
      })
      .map(({ area: common, ...rest }) => ({ type: 'ecc' as const, ...common, ...rest })),
  ),
);
