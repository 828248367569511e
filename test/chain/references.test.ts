/** What an appraisal takes from its policy, its time and its pins. */
import { describe, expect, test } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import type { AppraisalInput } from '../../src/chain/model.ts';
import type { FactValues } from '../../src/facts/model.ts';
import { codes, inputOf, statuses } from '../support/fixtures.ts';

const input = inputOf('uki/baseline');
const EXPIRY = Date.parse('2099-01-01T00:00:00Z');
const at = (time: number) => appraise({ ...input, at: time });

describe('references', () => {
  test('count until they expire, to the millisecond', () => {
    expect(at(EXPIRY - 1).verdict).toBe('trusted');
    const expired = at(EXPIRY);
    expect([expired.verdict, codes(expired)]).toEqual(['unproven', ['firmware.component-unknown']]);
  });

  test('that expired are named, once, in the links that would have used them', () => {
    const secure = inputOf('uki-secureboot/baseline');
    const expiredNotes = (time: number) =>
      appraise({ ...secure, at: time }).links.flatMap(({ link, notes }) =>
        notes.filter((note) => note.includes('expired')).map((note) => `${link}: ${note.split(' expired')[0]}`),
      );
    expect(expiredNotes(EXPIRY - 1)).toEqual([]);
    expect(expiredNotes(EXPIRY)).toEqual([
      'firmware: the reference set lab-ovmf-secboot (firmware)',
      'secure-boot: the reference set lab-keys-snakeoil (secure-boot-keys)',
      'secure-boot: the reference set lab-dbx-snakeoil (dbx)',
    ]);
  });

  test('with an expiry that is no time have expired', () => {
    const references = input.policy.references.map((set) => ({ ...set, expiresAt: '2099-99-99T00:00:00Z' }));
    expect(appraise({ ...input, policy: { ...input.policy, references } }).verdict).toBe('unproven');
  });
});

describe('pins', () => {
  const pins = input.policy.pins!.hosts.map(({ host, akName }) => ({ by: 'caller' as const, host, name: akName }));
  const other = [{ by: 'caller' as const, name: pins[0]!.name.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }];

  test('of the caller count in place of the policy’s', () => {
    expect(appraise({ ...input, pins }).verdict).toBe('trusted');
    expect(codes(appraise({ ...input, pins: other }))).toEqual(['identity.ak-not-pinned']);
  });

  test('are hexadecimal in either case', () => {
    const upper = pins.map((pin) => ({ ...pin, name: pin.name.toUpperCase() }));
    expect(appraise({ ...input, pins: upper }).verdict).toBe('trusted');
  });
});

test('what changed in the TPM since the last accepted quote is a note of link 2', () => {
  const clock = appraise(input).facts.find((fact) => fact.name === 'quote.clock')!.value as FactValues['quote.clock'];
  const counters = { resetCount: clock.resetCount, restartCount: (clock.restartCount - 1) >>> 0, clock: 0n };
  const appraisal = appraise({ ...input, prior: { ...counters, firmwareVersion: BigInt(clock.firmwareVersion) + 1n } });
  expect(appraisal.verdict).toBe('trusted');
  expect(appraisal.links.find(({ link }) => link === 'quote')!.notes.slice(-3)).toEqual([
    'same-boot',
    'the TPM runs other firmware than at the earlier quote',
    'the machine slept since the earlier quote (restartCount rose)',
  ]);
});

describe('an excluded link', () => {
  const policy = { ...input.policy, excluded: { ...input.policy.excluded, firmware: 'another team looks after it' } };

  test('caps the result when it is link 4, and lets those behind it stand', () => {
    const appraisal = appraise({ ...input, policy });
    expect(appraisal.caps).toEqual(['link firmware excluded: another team looks after it']);
    expect(statuses(appraisal)).toMatchObject({ firmware: 'not-applicable', boot: 'holds', hypervisor: 'holds' });
  });
});

test('an unknown check in a plan is a fault of the policy, not of the evidence', () => {
  const plan = [...input.policy.plan, { check: 'boot.nothing', parameters: {} }];
  const broken: AppraisalInput = { ...input, policy: { ...input.policy, plan } };
  expect(() => appraise(broken)).toThrow('there is no check boot.nothing');
});

test('the image is named only where the boot is that image to the last event', () => {
  expect(appraise(input).image).toMatchObject({ name: 'lab-uki', outdated: false });
  expect(appraise(inputOf('uki/other-initrd')).image).toBeNull();
  const manifests = input.policy.manifests.map((manifest) => ({ ...manifest, superseded: true }));
  const outdated = appraise({ ...input, policy: { ...input.policy, manifests } });
  expect([outdated.verdict, outdated.image?.outdated]).toEqual(['trusted', true]);
});
