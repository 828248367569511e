import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { akTemplate } from '../../src/tpm/ak-template.ts';
import { TPM_ST_ATTEST } from '../../src/tpm/algorithms.ts';
import type { SignedAttest } from '../../src/tpm/attest-check.ts';
import { readAttest, writeAttest, type AttestOf } from '../../src/tpm/attest.ts';
import {
  CERTIFICATION_STEPS,
  checkCertification,
  type CertificationCheck,
  type ExpectedCertification,
} from '../../src/tpm/certify.ts';
import { attestationKeyFromSpki, type AttestationKey } from '../../src/tpm/key.ts';
import { publicName, qualifiedName } from '../../src/tpm/names.ts';
import { readPublic, writePublic } from '../../src/tpm/public.ts';
import { orMalformed } from './outcome.ts';
import { CLOCK, makeAk, makeQuote, NONCE, PARENT, signWith, type SoftwareAk } from './software-tpm.ts';

const SIGNERS = [makeAk('ecdsa'), makeAk('rsassa'), makeAk('rsapss', 'sha384'), makeAk('ecdsa', 'sha512', 'p521')];
const AK = SIGNERS[0]!;
const OBJECT = { ...makeAk('ecdsa').area, objectAttributes: 0x40072 };

const EXPECTED: ExpectedCertification = { extraData: NONCE, object: OBJECT, parentQualifiedName: PARENT };

/** What TPM2_Certify gives; `change` may make it something else, which is signed after the change. */
function certification(
  from: SoftwareAk,
  change: (attest: AttestOf<'CERTIFY'>) => AttestOf<'CERTIFY'> = (attest) => attest,
): SignedAttest {
  const attest = writeAttest(
    change({
      type: TPM_ST_ATTEST.CERTIFY,
      qualifiedSigner: qualifiedName(PARENT, from.area),
      extraData: NONCE,
      clockInfo: CLOCK,
      firmwareVersion: 1n,
      attested: { name: publicName(OBJECT), qualifiedName: qualifiedName(PARENT, OBJECT) },
    }),
  );
  return { attest, signature: signWith(from, attest) };
}

const faults = ({ steps }: CertificationCheck): string[] =>
  steps.filter(({ answer }) => answer !== 'yes').map(({ step, answer, reason }) => `${step} ${answer} ${reason}`);

/** The faults, and that nothing is certified. */
function refused(input: SignedAttest, ak: AttestationKey = AK.ak, expected = EXPECTED): string[] {
  const result = checkCertification(input, ak, expected);
  expect(result.certified).toBeUndefined();
  expect(result.steps.map(({ step }) => step)).toEqual([...CERTIFICATION_STEPS]);
  return faults(result);
}

const NOT_REACHED = (from: number): string[] =>
  CERTIFICATION_STEPS.slice(from).map((step) => `${step} unknown not-reached`);

describe('a good certification', () => {
  it.each(SIGNERS.map((from) => [`${from.scheme} ${from.hash}`, from] as const))('by %s is yes', (_, from) => {
    const result = checkCertification(certification(from), from.ak, EXPECTED);
    expect(faults(result)).toEqual([]);
    expect(result.steps.map(({ step }) => step)).toEqual([...CERTIFICATION_STEPS]);
    expect(result.certified).toEqual({ name: publicName(OBJECT), qualifiedName: qualifiedName(PARENT, OBJECT) });
  });

  it('is one too where the parent of the signer, or its public area, is not known', () => {
    const { parentQualifiedName: _, ...without } = EXPECTED;
    const unknown = ['qualified-signer unknown not-given'];
    const first = checkCertification(certification(AK), AK.ak, without);
    expect([faults(first), first.certified?.name]).toEqual([unknown, publicName(OBJECT)]);
    const bare = attestationKeyFromSpki(new Uint8Array(AK.spki.export({ format: 'der', type: 'spki' })));
    const second = checkCertification(certification(AK), bare, EXPECTED);
    expect([faults(second), second.certified?.name]).toEqual([unknown, publicName(OBJECT)]);
  });
});

describe('a certification is refused', () => {
  it('when another key signed it, even one that has the same name in it', () => {
    const other = makeAk('ecdsa');
    const qualifiedSigner = qualifiedName(PARENT, AK.area);
    const input = certification(other, (attest) => ({ ...attest, qualifiedSigner }));
    expect(refused(input)).toEqual(['signature no not-verified', ...NOT_REACHED(1)]);
  });

  it('when it is signed with SHA-1, or by a scheme that is not the key’s', () => {
    const { attest } = certification(AK);
    const signed = (hash: 'sha1' | 'sha384'): SignedAttest => ({ attest, signature: signWith(AK, attest, { hash }) });
    expect(refused(signed('sha1'))[0]).toBe('signature no weak-hash');
    expect(refused(signed('sha384'))[0]).toBe('signature no scheme-mismatch');
  });

  it('when the TPM did not make what was signed', () => {
    const { attest } = certification(AK);
    const bytes = attest.with(0, 0xfe);
    const input = { attest: bytes, signature: signWith(AK, bytes) };
    expect(refused(input)).toEqual(['magic no differs', ...NOT_REACHED(2)]);
  });

  it.each(Object.entries(TPM_ST_ATTEST).filter(([name]) => name !== 'CERTIFY'))('when it is a %s', (_, type) => {
    const bytes = certification(AK).attest.slice();
    bytes.set([type >> 8, type & 0xff], 4);
    const input = { attest: bytes, signature: signWith(AK, bytes) };
    expect(refused(input)).toEqual(['type no differs', 'name unknown not-reached']);
  });

  it('when it is a quote that answers the challenge', () => {
    const { attest, signature } = makeQuote(AK).input;
    expect(refused({ attest, signature })).toEqual(['type no differs', 'name unknown not-reached']);
  });

  it('when the signer has another parent', () => {
    const input = certification(AK, (attest) => ({ ...attest, qualifiedSigner: qualifiedName(NONCE, AK.area) }));
    expect(refused(input)).toEqual(['qualified-signer no differs']);
  });

  it('when it answers another challenge, a part of it, or none', () => {
    const other = [NONCE.with(31, 0), NONCE.subarray(0, 31), Uint8Array.of(...NONCE, 0), new Uint8Array(0)];
    for (const extraData of other) {
      const input = certification(AK, (attest) => ({ ...attest, extraData }));
      expect(refused(input)).toEqual(['extra-data no differs']);
    }
  });

  it('when the challenge is too short to be one, though the two are equal', () => {
    const answer = (length: number): CertificationCheck => {
      const extraData = NONCE.subarray(0, length);
      const input = certification(AK, (attest) => ({ ...attest, extraData }));
      return checkCertification(input, AK.ak, { ...EXPECTED, extraData });
    };
    for (const length of [0, 1, 15]) {
      expect([faults(answer(length)), answer(length).certified]).toEqual([['extra-data no short'], undefined]);
    }
    expect(answer(16).certified).toBeDefined();
  });

  // Attack 71: another key, or the same key with other attributes, in place of the one that was certified.
  it('when the public area is not that of the certified object', () => {
    const changed = [
      makeAk('ecdsa').area,
      AK.area,
      { ...OBJECT, objectAttributes: 0x50072 },
      { ...OBJECT, objectAttributes: 0x40070 },
      { ...OBJECT, nameAlg: 'sha384' as const },
      { ...OBJECT, authPolicy: new Uint8Array(32) },
      akTemplate('ecc', NONCE),
    ];
    for (const object of changed) {
      expect(refused(certification(AK), AK.ak, { ...EXPECTED, object })).toEqual(['name no differs']);
    }
  });

  it('when the qualified name is the object’s, the name another’s', () => {
    const name = publicName(AK.area);
    const input = certification(AK, (attest) => ({ ...attest, attested: { ...attest.attested, name } }));
    expect(refused(input)).toEqual(['name no differs']);
  });

  it('when the object is named by SHA-1', () => {
    const object = { ...OBJECT, nameAlg: 'sha1' as const };
    const attested = { name: publicName(object), qualifiedName: qualifiedName(PARENT, object) };
    const input = certification(AK, (attest) => ({ ...attest, attested }));
    expect(refused(input, AK.ak, { ...EXPECTED, object })).toEqual(['name no weak-hash']);
  });

  it('when any byte of it is another', () => {
    for (const from of SIGNERS) {
      const input = certification(from);
      for (const part of ['attest', 'signature'] as const) {
        fc.assert(
          fc.property(fc.nat(input[part].length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
            const changed = { ...input, [part]: input[part].with(at, input[part][at]! ^ mask) };
            expect(orMalformed(() => checkCertification(changed, from.ak, EXPECTED))?.certified).toBeUndefined();
          }),
          { numRuns: 40 },
        );
      }
    }
  });
});

it('names what it compared', () => {
  const object = readPublic(writePublic(OBJECT));
  const { steps } = checkCertification(certification(AK), AK.ak, { ...EXPECTED, object });
  const [name, extraData] = [steps[5]!, steps[4]!];
  const attest = readAttest(certification(AK).attest);
  expect(name.expected).toBe(Buffer.from(publicName(OBJECT)).toString('hex'));
  expect(name.observed).toBe(name.expected);
  expect(extraData.observed).toBe(Buffer.from(attest.extraData).toString('hex'));
});
