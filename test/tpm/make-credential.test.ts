import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashSize } from '../../src/bytes/hash.ts';
import { fromHex, toHex } from '../../src/bytes/text.ts';
import { curveByName, TPM_ALG, TPMA_OBJECT } from '../../src/tpm/algorithms.ts';
import { credentialRandomSize, makeCredential, type MadeCredential } from '../../src/tpm/make-credential.ts';
import { publicName } from '../../src/tpm/names.ts';
import { readPublic2B, type TpmtPublic, type TpmtPublicEcc, type TpmtPublicRsa } from '../../src/tpm/public.ts';
import { CREDENTIAL_VECTORS } from './credential-vectors.ts';
import { activateCredential, makeEk } from './endorsement-key.ts';
import { errorCode, orMalformed } from './outcome.ts';
import { makeAk } from './software-tpm.ts';

const KEYS = ['L-1', 'L-2', 'H-3', 'H-4', 'H-6'].map((name) => ({ name, ek: makeEk(name) }));
const NAME = publicName(makeAk('ecdsa').area);
const [{ ek: RSA }, { ek: ECC }] = [KEYS[0]!, KEYS[1]!];

const zeros = (size: number): Uint8Array => new Uint8Array(size);
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe('makeCredential', () => {
  it.each(CREDENTIAL_VECTORS)('makes what a TPM opened, for a key of template $name', (vector) => {
    const ek = readPublic2B(fromHex(vector.ek)).public;
    const made = makeCredential(ek, fromHex(vector.akName), fromHex(vector.credential), fromHex(vector.random));
    expect(toHex(made.credentialBlob)).toBe(vector.credentialBlob);
    expect(toHex(made.secret)).toBe(vector.secret);
  });

  it.each(KEYS)('makes what the key of template $name opens, for the named key only', ({ ek }) => {
    const size = hashSize(ek.area.nameAlg);
    const credential = fc.uint8Array({ minLength: 1, maxLength: size });
    fc.assert(
      fc.property(credential, bytes(credentialRandomSize(ek.area)), fc.nat(NAME.length - 1), (secret, random, at) => {
        const made = makeCredential(ek.area, NAME, secret, random);
        expect(activateCredential(ek, NAME, made)).toEqual(secret);
        const other = NAME.slice();
        other[at]! ^= 1;
        expect(activateCredential(ek, other, made)).toBeUndefined();
      }),
      { numRuns: 12 },
    );
  });

  it.each(KEYS)('hides the credential, whose every change is noticed, for template $name', ({ ek }) => {
    const secret = zeros(16).fill(0x5a);
    const made = makeCredential(ek.area, NAME, secret, zeros(credentialRandomSize(ek.area)).fill(3));
    expect(toHex(made.credentialBlob).includes(toHex(secret))).toBe(false);
    for (let at = 4; at < made.credentialBlob.length; at++) {
      const credentialBlob = made.credentialBlob.slice();
      credentialBlob[at]! ^= 0x10;
      expect(activateCredential(ek, NAME, { ...made, credentialBlob })).toBeUndefined();
    }
  });

  it('follows from its arguments, and differs with each of them', () => {
    const text = ({ credentialBlob, secret }: MadeCredential): string => toHex(credentialBlob) + toHex(secret);
    for (const { area } of [RSA, ECC]) {
      const random = zeros(credentialRandomSize(area)).fill(9);
      const made = (name = NAME, credential = zeros(8), drawn = random): string =>
        text(makeCredential(area, name, credential, drawn));
      expect(made()).toBe(made());
      const other = [made(NAME.with(5, NAME[5]! ^ 1)), made(NAME, zeros(9)), made(NAME, zeros(8), random.with(0, 1))];
      expect(new Set([made(), ...other]).size).toBe(4);
    }
  });

  it('uses every byte of the randomness', () => {
    for (const { area } of [RSA, ECC]) {
      const random = zeros(credentialRandomSize(area)).fill(9);
      const secrets = Array.from(random, (_, at) =>
        toHex(makeCredential(area, NAME, zeros(8), random.with(at, 8)).secret),
      );
      expect(new Set(secrets).size).toBe(random.length);
    }
  });

  it('takes any randomness as a scalar, also 0 and the largest', () => {
    for (const { ek } of KEYS.filter(({ ek }) => ek.area.type === 'ecc')) {
      for (const fill of [0, 0xff]) {
        const made = makeCredential(ek.area, NAME, zeros(4), zeros(credentialRandomSize(ek.area)).fill(fill));
        expect(activateCredential(ek, NAME, made)).toEqual(zeros(4));
      }
    }
  });
});

/** TPM2B with a number as long as the modulus, or with two sized coordinates. */
function secretSize(ek: TpmtPublic): number {
  return ek.type === 'rsa' ? 2 + ek.unique.length : 6 + 2 * curveByName(ek.parameters.curveID).size;
}

describe('makeCredential refuses', () => {
  const make = (
    ek: TpmtPublic,
    name = NAME,
    credential = zeros(16),
    random = zeros(credentialRandomSize(ek)),
  ): string => errorCode(() => makeCredential(ek, name, credential, random));

  it('a credential that is empty or longer than a digest', () => {
    for (const { ek } of KEYS) {
      const size = hashSize(ek.area.nameAlg);
      expect(make(ek.area, NAME, zeros(size))).toBe('accepted');
      for (const length of [0, size + 1]) expect(() => make(ek.area, NAME, zeros(length))).toThrow(RangeError);
    }
  });

  it('randomness of another length', () => {
    for (const { ek } of KEYS) {
      const size = credentialRandomSize(ek.area);
      for (const length of [0, size - 1, size + 1]) {
        expect(() => make(ek.area, NAME, zeros(16), zeros(length))).toThrow(RangeError);
      }
    }
  });

  // Attack 70: a name by a weak or unknown hash may be that of a second key.
  it('a name by a weak or unknown hash, or of another length', () => {
    const bad = [
      zeros(0),
      NAME.subarray(0, 1),
      NAME.subarray(2),
      NAME.subarray(0, 33),
      Uint8Array.of(...NAME, 0),
      NAME.with(1, 0x0c),
      NAME.with(1, 0x10),
      Uint8Array.of(0, 4, ...zeros(20)),
      Uint8Array.of(0x40, 0, 0, 0x0b),
    ];
    expect(bad.filter((name) => make(ECC.area, name) !== 'tpm.ak-name')).toEqual([]);
    const wide = [Uint8Array.of(0, 0x0c, ...zeros(48)), Uint8Array.of(0, 0x0d, ...zeros(64))];
    expect(wide.map((name) => make(ECC.area, name))).toEqual(['accepted', 'accepted']);
  });

  it('an endorsement key named by SHA-1', () => {
    for (const { area } of [RSA, ECC]) {
      expect(make({ ...area, nameAlg: 'sha1' })).toBe('tpm.ek-name-alg');
    }
  });

  it('a key that is no storage key', () => {
    const { restricted, decrypt, sign } = TPMA_OBJECT;
    for (const { area } of [RSA, ECC]) {
      for (const bit of [restricted, decrypt, sign]) {
        expect(make({ ...area, objectAttributes: area.objectAttributes ^ bit })).toBe('tpm.ek-storage');
      }
    }
    const scheme = { scheme: TPM_ALG.OAEP, hashAlg: 'sha256', count: null } as const;
    const area = RSA.area as TpmtPublicRsa;
    expect(make({ ...area, parameters: { ...area.parameters, scheme } })).toBe('tpm.ek-storage');
    expect(make(makeAk('ecdsa').area)).toBe('tpm.ek-storage');
  });

  it('a cipher other than AES-128 and AES-256 in CFB mode', () => {
    const area = ECC.area as TpmtPublicEcc;
    const aes = area.parameters.symmetric!;
    const other = [
      null,
      { ...aes, keyBits: 192 },
      { ...aes, keyBits: 0 },
      { ...aes, keyBits: 64 },
      { ...aes, algorithm: TPM_ALG.SM4 },
      { ...aes, algorithm: TPM_ALG.CAMELLIA },
      { ...aes, mode: 0x0042 },
      { ...aes, mode: TPM_ALG.NULL },
    ];
    for (const symmetric of other) {
      expect(make({ ...area, parameters: { ...area.parameters, symmetric } })).toBe('tpm.ek-symmetric');
    }
    expect(make({ ...area, parameters: { ...area.parameters, symmetric: { ...aes, keyBits: 256 } } })).toBe('accepted');
  });

  it('a point that is not on the curve, and names the endorsement key as the culprit', () => {
    const area = ECC.area as TpmtPublicEcc;
    const { x, y } = area.unique;
    const points = [
      { x, y: y.with(31, y[31]! ^ 1) },
      { x: zeros(32), y: zeros(32) },
      { x: zeros(0), y: zeros(0) },
      { x: y, y: x },
    ];
    for (const unique of points) expect(make({ ...area, unique })).toBe('tpm.ecc-point');
    expect(() => makeCredential({ ...area, unique: points[1]! }, NAME, zeros(1), zeros(40))).toThrow(
      expect.objectContaining({ part: 'ek' }),
    );
  });

  it('an RSA key of another size or exponent', () => {
    const area = RSA.area as TpmtPublicRsa;
    const change = (parameters: Partial<TpmtPublicRsa['parameters']>, unique = area.unique): string =>
      make({ ...area, parameters: { ...area.parameters, ...parameters }, unique });
    expect(change({ exponent: 65537 })).toBe('accepted');
    for (const exponent of [1, 3, 65539]) expect(change({ exponent })).toBe('tpm.rsa-exponent');
    expect(change({ keyBits: 1024 }, area.unique.subarray(0, 128).with(127, 1))).toBe('tpm.rsa-size');
    expect(change({ keyBits: 3072 })).toBe('tpm.rsa-size');
    expect(change({}, area.unique.subarray(1))).toBe('tpm.rsa-size');
    expect(change({}, area.unique.with(0, 0x7f))).toBe('tpm.rsa-size');
    expect(change({}, area.unique.with(255, 0x10))).toBe('tpm.rsa-size');
  });

  it('whatever else a host may send as its endorsement key, with no other error', () => {
    const mask = fc.integer({ min: 1, max: 255 });
    for (const { ek } of CREDENTIAL_VECTORS) {
      const sent = fromHex(ek);
      fc.assert(
        fc.property(fc.nat(sent.length - 1), mask, (at, flip) => {
          const area = orMalformed(() => readPublic2B(sent.with(at, sent[at]! ^ flip)).public);
          if (area === undefined) return;
          const random = zeros(credentialRandomSize(area)).fill(1);
          const made = orMalformed(() => makeCredential(area, NAME, zeros(16), random));
          expect(made?.secret.length ?? secretSize(area)).toBe(secretSize(area));
        }),
      );
    }
  });
});
