/** Link 1 of a host that enrolled: genuine, ours, resident; judged anew under the roots, the policy and the time of each appraisal. */
import { beforeAll, describe, expect, it } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import { createCache } from '../../src/chain/cache.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import { parseCheckParameters } from './parameters.ts';
import type { Enrolment, TrustStore } from '../../src/references/enrolment.ts';
import { hierarchyQualifiedName, qualifiedName } from '../../src/tpm/names.ts';
import { writePublic2B } from '../../src/tpm/public.ts';
import { makeEkAuthority, type EkAuthority } from '../support/ek-authority.ts';
import { codes } from '../support/fixtures.ts';
import { forge } from '../support/forge.ts';
import { makeEk } from '../tpm/endorsement-key.ts';
import { makeAk } from '../tpm/software-tpm.ts';

const EK = makeEk('L-2');
const AK = makeAk('ecdsa');
const ENDORSEMENT = hierarchyQualifiedName('endorsement');

let maker: EkAuthority;
let certificate: Uint8Array;

beforeAll(async () => {
  maker = await makeEkAuthority();
  certificate = await maker.certify(EK.area);
});

const enrolment = (change: Partial<Enrolment> = {}): Enrolment => ({
  host: '019ab000-0000-7000-8000-000000000001',
  ek: writePublic2B(EK.area),
  ekCertificates: [certificate],
  ak: writePublic2B(AK.area),
  akParent: 'endorsement',
  ours: { by: 'ek-pin', detail: 'pin-1' },
  activatedAt: Date.UTC(2026, 10, 1),
  ...change,
});
const trust = (change: Partial<TrustStore> = {}): TrustStore => ({ roots: [maker.root], crls: [], ...change });

/** A good host that enrolled so, in a quote by its AK under that parent. */
function host(enrolled: Enrolment, store: TrustStore | null = trust(), parent = ENDORSEMENT): AppraisalInput {
  const { pins: _, ...input } = forge('uki/baseline', (forged) => {
    forged.ak = AK;
    forged.parent = parent;
  });
  return { ...input, pins: [], enrolment: enrolled, ...(store !== null && { trust: store }) };
}

const withParameters = (input: AppraisalInput, parameters: object): AppraisalInput => ({
  ...input,
  policy: {
    ...input.policy,
    plan: input.policy.plan.map((planned) =>
      planned.check === 'identity.ek-genuine'
        ? { ...planned, parameters: parseCheckParameters(planned.check, parameters) }
        : planned,
    ),
  },
});

function found(input: AppraisalInput): string {
  const appraisal = appraise(input);
  return [appraisal.verdict, appraisal.weakestLink ?? '', ...codes(appraisal)].join(' ').trim();
}

describe('an enrolled host', () => {
  it('is trusted, without the words of a pin', () => {
    const appraisal = appraise(host(enrolment()));
    expect(appraisal.verdict).toBe('trusted');
    const notes = appraisal.links[0]!.notes.join('\n');
    expect(notes).toContain('root test-maker, class discrete');
    expect(notes).toContain('ours by ek-pin: pin-1');
    expect(notes).not.toContain('residency not proved');
  });

  it('says of its AK and its EK whose word they rest on', () => {
    const outside = (input: AppraisalInput) =>
      appraise(input)
        .facts.filter(({ name }) => name === 'ak.pin' || name === 'ek')
        .map(({ name, provenance }) => [name, provenance.outside] as const);
    expect(new Map(outside(host(enrolment())))).toEqual(
      new Map([
        ['ak.pin', 'enrolled'],
        ['ek', 'reference'],
      ]),
    );
    expect(new Map(outside(host(enrolment({ ekCertificates: [] })))).get('ek')).toBe('enrolled');
  });

  it('is trusted with an AK under its EK', () => {
    const parent = qualifiedName(ENDORSEMENT, EK.area);
    expect(found(host(enrolment({ akParent: 'ek' }), trust(), parent))).toBe('trusted');
  });

  it.each<[string, () => AppraisalInput, string]>([
    [
      'attack 70: an AK of another hierarchy than it enrolled with',
      () => host(enrolment(), trust(), hierarchyQualifiedName('owner')),
      'untrusted quote quote.qualified-signer',
    ],
    [
      'attack 70: an AK that is not under the EK it says',
      () => host(enrolment({ akParent: 'ek' })),
      'untrusted quote quote.qualified-signer',
    ],
    [
      'attack 71: another AK than the one that was activated',
      () => host(enrolment({ ak: writePublic2B(makeAk('ecdsa').area) })),
      'untrusted identity identity.ak-not-pinned',
    ],
    [
      'attack 71: an AK that was never activated',
      () => host(enrolment({ activatedAt: null })),
      'unproven identity identity.ak-not-resident',
    ],
    [
      'attack 105: a genuine TPM that nobody said is ours',
      () => host(enrolment({ ours: null })),
      'unproven identity identity.host-unapproved',
    ],
    [
      'no EK certificate',
      () => host(enrolment({ ekCertificates: [] })),
      'unproven identity identity.ek-certificate-missing',
    ],
    ['no root at all (attack 84)', () => host(enrolment(), null), 'unproven identity identity.ek-root-unknown'],
    [
      'an empty list of roots',
      () => host(enrolment(), trust({ roots: [] })),
      'unproven identity identity.ek-root-unknown',
    ],
    [
      'attack 96: the certificate of another EK',
      () => host(enrolment({ ek: writePublic2B(makeEk('L-2').area) })),
      'untrusted identity identity.ek-certificate',
    ],
    [
      'a certificate that is no certificate',
      () => host(enrolment({ ekCertificates: [Uint8Array.of(0x30, 0)] })),
      'untrusted identity identity.ek-certificate',
    ],
    [
      'attack 81: a virtual TPM, which the policy does not take',
      () => host(enrolment(), trust({ roots: [{ ...maker.root, class: 'virtual' }] })),
      'untrusted identity identity.ek-class',
    ],
    [
      'no revocation list where the policy wants one',
      () => withParameters(host(enrolment()), { revocation: 'required' }),
      'unproven identity identity.ek-unsure',
    ],
    [
      'attack 104: a root that came with the certificate',
      () => host(enrolment({ ekCertificates: [certificate, maker.root.certificate] }), trust({ roots: [] })),
      'unproven identity identity.ek-root-unknown',
    ],
  ])('%s', (_, input, expected) => {
    expect(found(input())).toBe(expected);
  });

  it('is not trusted through a pin of the caller or of the policy', () => {
    const input = host(enrolment({ ours: null }));
    const pinned: AppraisalInput = { ...input, pins: [{ by: 'caller', publicArea: writePublic2B(AK.area) }] };
    expect(found(pinned)).toBe('unproven identity identity.host-unapproved');
  });

  it('loses its trust when the root is removed, also with a warm cache', () => {
    const cache = createCache();
    expect(appraise(host(enrolment()), cache).verdict).toBe('trusted');
    expect(appraise(host(enrolment(), trust({ roots: [] })), cache).verdict).toBe('unproven');
    expect(appraise(host(enrolment()), cache).verdict).toBe('trusted');
  });

  it('loses its trust when the certificate expires, also with a warm cache', async () => {
    const short = await maker.certify(EK.area, { notAfter: '2030-01-01T00:00:00Z' });
    const input = host(enrolment({ ekCertificates: [short] }));
    const cache = createCache();
    expect(appraise({ ...input, at: Date.UTC(2029, 11, 31) }, cache).links[0]!.status).toBe('holds');
    const late = appraise({ ...input, at: Date.UTC(2030, 0, 2) }, cache);
    expect(codes(late)).toContain('identity.ek-certificate');
    expect(late.links[0]!.findings[0]!.observed).toContain('path.expired');
  });

  it('is classed by the root its path ends in, not by another of the same name', async () => {
    const other = await makeEkAuthority('test-maker', 'virtual');
    const store = trust({ roots: [other.root, maker.root] });
    expect(found(host(enrolment(), store))).toBe('trusted');
    expect(found(host(enrolment(), trust({ roots: [other.root] })))).toBe('untrusted identity identity.ek-certificate');
  });

  it.each([
    ['another EK', () => enrolment({ ek: writePublic2B(makeEk('L-2').area) }), 'ek.key'],
    ['nothing', () => enrolment({ ekCertificates: [Uint8Array.of(0x30, 0)] }), 'x509.'],
  ])('is told what its certificate is: one of %s', (_, enrolled, code) => {
    expect(appraise(host(enrolled())).links[0]!.findings.map(({ observed }) => observed)).toEqual([
      expect.stringContaining(code),
    ]);
  });

  it.each(['L-1', 'L-2', 'H-1', 'H-3'] as const)('is trusted with an EK of the template %s', async (template) => {
    const ek = makeEk(template);
    const certificates = [await maker.certify(ek.area)];
    expect(found(host(enrolment({ ek: writePublic2B(ek.area), ekCertificates: certificates })))).toBe('trusted');
  });

  it('a root or a revocation list of the operator that cannot be read is no word on the evidence', () => {
    const root = { ...maker.root, certificate: new Uint8Array(3) };
    expect(() => appraise(host(enrolment(), trust({ roots: [root] })))).toThrow(
      'the trust root test-maker cannot be read',
    );
  });

  it('an enrolment that cannot be read is our own fault, never a verdict', () => {
    expect(() => appraise(host(enrolment({ ek: new Uint8Array(3) })))).toThrow('the enrolment holds no EK');
  });
});
