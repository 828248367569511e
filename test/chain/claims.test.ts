/** Native quotes: nonce and claims together in `extraData`. */
import { expect, it } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import type { AppraisalInput, Challenge } from '../../src/chain/model.ts';
import { boundExtraData, hintsId, type Claims } from '../../src/evidence/claims.ts';
import { celLog } from '../support/cel-builder.ts';
import { codes } from '../support/fixtures.ts';
import { forge } from '../support/forge.ts';
import { NONCE } from '../tpm/software-tpm.ts';

const hints = new Map([['hostname', 'lab-a']]);
const plain = forge('uki/baseline').evidence;
const CLAIMS: Claims = {
  bootId: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
  hostKey: null,
  guests: [],
  hints: hintsId(hints),
  firmwareLog: plain.firmwareLog!.bytes!.length,
  imaLog: plain.imaLog!.bytes!.length,
  systemdLog: null,
};

/** A host that signs `signed` and sends `sent`. */
function native(signed: Claims, sent: Claims = signed, challenge: Partial<Challenge> = {}): AppraisalInput {
  const input = forge('uki/baseline', (host) => {
    host.attest = (attest) => ({ ...attest, extraData: boundExtraData(NONCE, signed) });
  });
  return {
    ...input,
    evidence: { ...input.evidence, claims: sent, hints },
    challenge: { ...input.challenge!, ...challenge },
  };
}

function found(input: AppraisalInput): string {
  const appraisal = appraise(input);
  return [appraisal.verdict, appraisal.weakestLink ?? '', ...codes(appraisal)].join(' ').trim();
}

it('a quote over nonce and claims is trusted, whether the challenge says so or leaves it to the host', () => {
  expect(found(native(CLAIMS))).toBe('trusted');
  const asked = appraise(native(CLAIMS, CLAIMS, { rule: 'assay-quote-1' }));
  expect(asked.verdict).toBe('trusted');
  expect(asked.facts.find(({ name }) => name === 'quote.claims')?.value).toMatchObject({
    state: 'present',
    misfits: [],
  });
  expect(asked.inputs).toHaveProperty('claims');
});

it('claims changed on the way answer another challenge', () => {
  const changed = { ...CLAIMS, guests: ['0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f9'] };
  expect(found(native(CLAIMS, changed))).toBe('untrusted quote quote.challenge');
});

it('claims left out, or put beside a quote over the nonce alone, answer another challenge', () => {
  const without = native(CLAIMS);
  const { claims: _, ...evidence } = without.evidence;
  expect(found({ ...without, evidence })).toBe('untrusted quote quote.challenge');
  expect(found(native(CLAIMS, CLAIMS, { rule: 'nonce' }))).toBe('untrusted quote quote.challenge');
});

it('a quote over the nonce alone does not answer a challenge that asks for claims', () => {
  const input = forge('uki/baseline');
  const challenge: Challenge = { ...input.challenge!, rule: 'assay-quote-1' };
  expect(found({ ...input, challenge })).toBe('unproven quote quote.claims-missing');
});

it('a nonce too short to be one does not become long by hashing it', () => {
  const nonce = NONCE.slice(0, 15);
  const input = forge('uki/baseline', (host) => {
    host.attest = (attest) => ({ ...attest, extraData: boundExtraData(nonce, CLAIMS) });
  });
  const evidence = { ...input.evidence, claims: CLAIMS, hints };
  expect(found({ ...input, evidence, challenge: { nonce } })).toBe('untrusted quote quote.challenge');
});

it.each<[string, Partial<Claims>, string]>([
  ['other hints', { hints: hintsId(new Map()) }, 'the hints are not those claimed'],
  ['a firmware log of another length', { firmwareLog: 1 }, 'bytes and 1 were claimed'],
  ['no firmware log, and one came', { firmwareLog: null }, 'bytes and none were claimed'],
  ['a longer runtime list', { imaLog: CLAIMS.imaLog! + 1 }, `${CLAIMS.imaLog! + 1} were claimed`],
])('claims of %s break the link quote', (_, change, text) => {
  const appraisal = appraise(native({ ...CLAIMS, ...change }));
  const [, quote] = appraisal.links;
  expect(quote!.findings.map(({ code }) => code)).toEqual(['quote.claims']);
  expect(quote!.findings[0]!.observed).toContain(text);
});

it('systemd’s log may have grown since the claims were made, and never shrunk', () => {
  const bytes = celLog([{ text: 'ready' }]);
  const fits = (systemdLog: number | null) => {
    const input = native({ ...CLAIMS, systemdLog });
    const appraisal = appraise({ ...input, evidence: { ...input.evidence, systemdLog: { id: 'sha256:1', bytes } } });
    return codes(appraisal).includes('quote.claims');
  };
  expect(fits(bytes.length)).toBe(false);
  expect(fits(bytes.length - 1)).toBe(false);
  expect(fits(null)).toBe(false);
  expect(fits(bytes.length + 1)).toBe(true);
});

it('a runtime list that grew since the claims were made fits them', () => {
  expect(found(native({ ...CLAIMS, imaLog: 1 }))).toBe('trusted');
});
