/** Checks of links 1 to 3, each asked with facts from literals. */
import { describe, expect, test } from 'vitest';
import type { AkFact, Fact, FactValues } from '../../src/facts/model.ts';
import { answer, ask, fact, pcr, PCRS } from '../support/facts.ts';

const ATTRIBUTES = {
  restricted: true,
  sign: true,
  decrypt: false,
  fixedTPM: true,
  fixedParent: true,
  sensitiveDataOrigin: true,
};
const ak = (attributes: AkFact['attributes'] = ATTRIBUTES) => fact('ak', { name: '000b', attributes });
const pin = (state: FactValues['ak.pin']['state']) =>
  fact('ak.pin', { state, by: state === 'pinned' ? 'pin-set' : null, host: null, detail: 'x' });

describe('the pin', () => {
  test.each([
    ['pinned', 'yes'],
    ['not-pinned', 'no: identity.ak-not-pinned'],
    ['malformed', 'no: identity.malformed'],
    ['no-pins', 'unknown: identity.ak-unknown'],
    ['no-key', 'unknown: identity.ak-missing'],
  ] as const)('%s', (state, expected) => {
    expect(answer(ask('identity.ak-pinned', { facts: [pin(state), ak()] }))).toBe(expected);
  });

  test('a pinned key without its attributes is our own mistake, and no answer', () => {
    expect(() => ask('identity.ak-restricted', { facts: [pin('pinned')] })).toThrow('a pinned AK has an ak fact');
  });

  test('who vouches is a note; a key that nobody vouches for is named', () => {
    const by = (who: 'caller' | 'pin-set') =>
      ask('identity.ak-pinned', {
        facts: [fact('ak.pin', { state: 'pinned', by: who, host: null, detail: 'x' }), ak()],
      }).notes;
    expect(by('caller')).toEqual(['ak-pinned by the caller, residency not proved']);
    expect(by('pin-set')).toEqual(['ak-pinned by the policy’s pin set, residency not proved']);
    const observed = (...facts: readonly Fact[]) =>
      ask('identity.ak-pinned', { facts: [pin('not-pinned'), ...facts] }).findings.map((found) => found.observed);
    expect(observed(ak())).toEqual(['000b']);
    expect(observed()).toEqual(['no attestation key']);
  });

  test.each(['malformed', 'no-key'] as const)('%s: the attributes have the same cause', (state) => {
    const [pinned, restricted] = ['identity.ak-pinned', 'identity.ak-restricted'].map((id) =>
      ask(id, { facts: [pin(state)] }),
    );
    expect(restricted!.answer).toBe('unknown');
    expect(restricted!.findings).toEqual(pinned!.findings);
  });
});

describe('attributes', () => {
  const asked = (attributes: AkFact['attributes']) =>
    answer(ask('identity.ak-restricted', { facts: [pin('pinned'), ak(attributes)] }));

  test('of an attestation key', () => expect(asked(ATTRIBUTES)).toBe('yes'));
  test('of a bare public key are unknown', () => expect(asked(null)).toBe('unknown: identity.ak-attributes-unknown'));
  test.each(Object.keys(ATTRIBUTES) as (keyof typeof ATTRIBUTES)[])('with %s turned round', (name) => {
    expect(asked({ ...ATTRIBUTES, [name]: !ATTRIBUTES[name] })).toBe('no: identity.ak-attributes');
  });
});

describe('an enrolled host', () => {
  const enrolled = fact('ak.pin', { state: 'pinned', by: 'enrolment', host: 'h', detail: 'h' });
  const enrolment = (change: Partial<FactValues['enrolment']>) =>
    fact('enrolment', {
      host: 'h',
      ours: { by: 'approval', detail: 'me' },
      activatedAt: '2026-11-01T00:00:00Z',
      ...change,
    });
  const genuine = (change: object = {}) =>
    fact('ek', {
      name: '000b',
      state: 'genuine',
      class: 'discrete',
      root: 'maker',
      path: ['EK', 'maker'],
      concerns: [],
      quirks: [],
      ...change,
    });
  const asked = (id: string, facts: readonly Fact[], parameters = {}) =>
    answer(ask(id, { facts: [enrolled, ak(), ...facts], parameters }));

  test.each(['identity.ek-genuine', 'identity.host-ours', 'identity.ak-resident'])('a pin stands in for %s', (id) => {
    expect(answer(ask(id, { facts: [pin('pinned'), ak()] }))).toBe('yes');
    expect(answer(ask(id, { facts: [pin('no-pins'), ak()] }))).toBe('unknown: identity.ak-unknown');
    expect(() => ask(id, { facts: [enrolled, ak()] })).toThrow('an enrolled host has the fact');
  });
  test('is ours, or not decided', () => {
    expect(asked('identity.host-ours', [enrolment({})])).toBe('yes');
    expect(asked('identity.host-ours', [enrolment({ ours: null })])).toBe('unknown: identity.host-unapproved');
  });
  test('has an AK that was activated, or not', () => {
    expect(asked('identity.ak-resident', [enrolment({})])).toBe('yes');
    expect(asked('identity.ak-resident', [enrolment({ activatedAt: null })])).toBe('unknown: identity.ak-not-resident');
  });
  test.each([
    ['as it should be', {}, {}, 'yes'],
    ['of a virtual TPM', { class: 'virtual' }, {}, 'no: identity.ek-class'],
    ['of a virtual TPM, which the policy takes', { class: 'virtual' }, { classes: ['virtual'] }, 'yes'],
    ['without a list', { concerns: ['crl-missing'] }, {}, 'yes'],
    [
      'without a list that is required',
      { concerns: ['crl-missing'] },
      { revocation: 'required' },
      'unknown: identity.ek-unsure',
    ],
    ['with a list out of date', { concerns: ['crl-stale'] }, {}, 'unknown: identity.ek-unsure'],
    ['with SHA-1', { concerns: ['sha1-signature'] }, {}, 'unknown: identity.ek-unsure'],
    ['with SHA-1, which the policy takes', { concerns: ['sha1-signature'] }, { sha1Signatures: true }, 'yes'],
    [
      'with a key anyone can compute',
      { concerns: ['weak-key'] },
      { sha1Signatures: true },
      'unknown: identity.ek-unsure',
    ],
    ['refused', { state: 'refused', code: 'path.revoked', detail: 'x' }, {}, 'no: identity.ek-certificate'],
    ['of no known root', { state: 'unknown', detail: 'x' }, {}, 'unknown: identity.ek-root-unknown'],
    ['that is not there', { state: 'no-certificate' }, {}, 'unknown: identity.ek-certificate-missing'],
  ])('a certificate %s', (_, change, parameters, expected) => {
    expect(asked('identity.ek-genuine', [genuine(change)], parameters)).toBe(expected);
  });
});

const STEPS = ['signature', 'magic', 'type', 'qualified-signer', 'extra-data', 'selection', 'pcr-digest'] as const;
type Step = FactValues['quote.step'];
const step = (subject: string, value: Partial<Step> = {}, index = 0) =>
  fact('quote.step', { answer: 'yes', expected: 'e', observed: 'o', reached: true, ...value }, subject, {
    part: 'quote',
    index,
  });
const read = fact('quote', { state: 'read', quotes: 1 });
const quoted = (change: Partial<Record<(typeof STEPS)[number], Partial<Step>>> = {}) => [
  read,
  ...STEPS.map((one) => step(one, change[one])),
];

describe('steps of the quote', () => {
  const checks = [
    ['quote.signed', 'signature', 'quote.signature', 'unknown: quote.signature'],
    ['quote.made-by-tpm', 'magic', 'quote.magic', 'unknown: quote.magic'],
    ['quote.is-quote', 'type', 'quote.type', 'unknown: quote.type'],
    ['quote.signer', 'qualified-signer', 'quote.qualified-signer', 'yes'],
    ['quote.challenge', 'extra-data', 'quote.challenge', 'unknown: quote.challenge-unknown'],
    ['quote.digest', 'pcr-digest', 'quote.pcr-digest', 'unknown: quote.pcr-digest'],
    ['quote.selection', 'selection', 'quote.selection', 'unknown: quote.selection'],
  ] as const;

  test.each(checks)('%s: yes, no, unknown', (id, name, code, open) => {
    expect(answer(ask(id, { facts: quoted() }))).toBe('yes');
    expect(answer(ask(id, { facts: quoted({ [name]: { answer: 'no' } }) }))).toBe(`no: ${code}`);
    expect(answer(ask(id, { facts: quoted({ [name]: { answer: 'unknown' } }) }))).toBe(open);
  });

  test.each(checks)('%s: one quote that says no is enough', (id, name, code) => {
    const facts = [...quoted(), step(name, { answer: 'no' }, 1)];
    expect(answer(ask(id, { facts }))).toBe(`no: ${code}`);
  });

  test.each(checks.filter(([id]) => id !== 'quote.signed'))(
    '%s: a step that was not reached shows the cause',
    (id, name) => {
      const facts = quoted({ signature: { answer: 'no' }, [name]: { answer: 'unknown', reached: false } });
      expect(answer(ask(id, { facts }))).toBe('unknown: quote.signature');
    },
  );

  test.each(checks)('%s: without quotes, and with malformed ones', (id) => {
    expect(answer(ask(id, { facts: [fact('quote', { state: 'missing' })] }))).toBe('unknown: quote.missing');
    const malformed = fact('quote', { state: 'malformed', code: 'x', message: 'y', offset: 3 });
    expect(answer(ask(id, { facts: [malformed] }))).toBe('no: quote.malformed');
  });
});

describe('the selection', () => {
  const selection = (minimum: boolean) => fact('quote.selection', { bank: 'sha256', selection: 'sha256:0', minimum });
  test('holds the minimum, or does not', () => {
    expect(answer(ask('quote.selection', { facts: [...quoted(), selection(true)] }))).toBe('yes');
    expect(answer(ask('quote.selection', { facts: [...quoted(), selection(false)] }))).toBe(
      'no: quote.incomplete-selection',
    );
  });
});

test('quotes of several boots or keys', () => {
  const apart = fact('quote', { state: 'apart', message: 'two boots' });
  expect(answer(ask('quote.joined', { facts: [apart] }))).toBe('no: quote.joined');
  expect(answer(ask('quote.joined', { facts: [read] }))).toBe('yes');
  expect(answer(ask('quote.counters', { facts: [apart] }))).toBe('unknown: quote.joined');
});

describe('counters', () => {
  const clock = (change: Partial<FactValues['quote.clock']> = {}) =>
    fact('quote.clock', { clock: '100', resetCount: 5, restartCount: 2, safe: true, firmwareVersion: '1', ...change });
  const prior = (resetCount: number, restartCount: number, at: bigint) => ({
    prior: { resetCount, restartCount, clock: at, firmwareVersion: 1n },
  });
  const reactivated = { prior: { ...prior(6, 0, 0n).prior, reactivated: true } };
  const asked = (references: object, change = {}) =>
    ask('quote.counters', { facts: [read, clock(change)], references });

  test.each([
    ['nothing to compare with', {}, 'yes'],
    ['the same boot, later', prior(5, 2, 99n), 'yes'],
    ['the same quote', prior(5, 2, 100n), 'yes'],
    ['a new boot', prior(4, 9, 999n), 'yes'],
    ['an earlier boot', prior(6, 0, 0n), 'no: quote.counters-regressed'],
    ['an earlier restart', prior(5, 3, 0n), 'no: quote.counters-regressed'],
    ['an earlier clock', prior(5, 2, 101n), 'no: quote.counters-regressed'],
    ['an earlier boot, before the host was activated again', reactivated, 'yes'],
  ])('%s', (_, references, expected) => expect(answer(asked(references))).toBe(expected));

  test('first sight and an unsafe clock are notes', () => {
    expect(asked({}, { safe: false }).notes).toEqual([
      'first sight: no earlier quote to compare counters with',
      expect.stringContaining('safe = 0'),
    ]);
  });

  const slept = 'the machine slept since the earlier quote (restartCount rose)';
  const updated = 'the TPM runs other firmware than at the earlier quote';
  test.each([
    ['nothing of note', prior(5, 2, 99n), {}, ['same-boot']],
    ['a resume within one boot', prior(5, 1, 99n), {}, ['same-boot', slept]],
    ['restartCount over a reset, which compares with nothing', prior(4, 1, 99n), {}, ['new-boot']],
    ['other firmware of the TPM', prior(4, 0, 99n), { firmwareVersion: '2' }, ['new-boot', updated]],
    ['other firmware beside a regression', prior(6, 0, 0n), { firmwareVersion: '2' }, [updated]],
    ['a resume beside a clock that went back', prior(5, 1, 101n), {}, [slept]],
  ])('%s', (_, references, change, notes) => expect(asked(references, change).notes).toEqual(notes));
});

const log = (subject: 'firmware' | 'ima' | 'systemd', value: FactValues['log']) =>
  fact('log', value, subject, { part: `log.${subject}` });
const parsed = { state: 'parsed', format: 'x', events: 1 } as const;
const anomaly = (subject: string, fatal: boolean) =>
  fact('log.anomaly', { kind: 'truncated', fatal, detail: 'cut' }, subject, { part: 'log.firmware', offset: 9 });

describe.each([
  ['log.firmware-log', 'firmware', 'ima'],
  ['log.runtime-log', 'ima', 'firmware'],
] as const)('%s', (id, subject, other) => {
  test.each([
    ['parsed', [log(subject, parsed)], 'yes'],
    ['absent', [log(subject, { state: 'absent' })], 'unknown: log.missing'],
    ['malformed', [log(subject, { state: 'malformed', code: 'c', message: 'm', offset: 7 })], 'no: log.malformed'],
    ['with a fatal anomaly', [log(subject, parsed), anomaly(subject, true)], 'no: log.anomaly'],
    ['with another anomaly', [log(subject, parsed), anomaly(subject, false)], 'yes'],
    ['with a fatal anomaly of the other log', [log(subject, parsed), anomaly(other, true)], 'yes'],
  ])('%s', (_, facts, expected) => expect(answer(ask(id, { facts: [...PCRS, ...facts] }))).toBe(expected));

  test('an anomaly that is not fatal is a note; a malformed log names its offset', () => {
    expect(ask(id, { facts: [...PCRS, log(subject, parsed), anomaly(subject, false)] }).notes).toEqual([
      'truncated: cut',
    ]);
    const malformed = log(subject, { state: 'malformed', code: 'c', message: 'm', offset: 7 });
    expect(ask(id, { facts: [...PCRS, malformed] }).findings[0]?.at.offset).toBe(7);
  });
});

test('an absent runtime list is no gap where PCR 10 was never extended', () => {
  const absent = log('ima', { state: 'absent' });
  const asked = (ten: Fact) => answer(ask('log.runtime-log', { facts: [ten, absent] }));
  expect(asked(pcr(10, { events: 0 }))).toBe('yes');
  expect(asked(pcr(10, { events: 0, equal: false }))).toBe('unknown: log.missing');
  expect(asked(pcr(10, { events: 3 }))).toBe('unknown: log.missing');
});

test('systemd’s log need not be there, and must be right where it is', () => {
  const asked = (...facts: Fact[]) => answer(ask('log.systemd-log', { facts }));
  expect(asked(log('systemd', { state: 'absent' }))).toBe('yes');
  expect(asked(log('systemd', parsed))).toBe('yes');
  expect(asked(log('systemd', parsed), anomaly('systemd', true))).toBe('no: log.anomaly');
  expect(asked(log('systemd', parsed), anomaly('ima', true))).toBe('yes');
  const malformed = log('systemd', { state: 'malformed', code: 'c', message: 'm', offset: 7 });
  expect(asked(malformed)).toBe('no: log.malformed');
});

describe('replay', () => {
  const there = log('ima', parsed);
  const earlier = fact('ima.earlier-list', { bytes: 7 });
  test.each([
    ['every PCR', [...PCRS, there], 'yes'],
    ['nothing', [there], 'unknown: log.missing'],
    ['a PCR that differs', [pcr(4, { equal: false }), there], 'no: log.replay-mismatch'],
    ['a PCR that no log explains', [pcr(12, { equal: false, events: 0 }), there], 'no: log.pcr-unexplained'],
    ['a PCR of another bank', [pcr(4), pcr(4, { equal: false }, 'sha384'), there], 'no: log.replay-mismatch'],
    [
      'PCR 10 without its list, in any bank',
      [pcr(4), pcr(10, { equal: false }), pcr(10, { equal: false }, 'sha384'), log('ima', { state: 'absent' })],
      'yes',
    ],
    ['PCR 10 with its list', [pcr(10, { equal: false }), there], 'no: log.replay-mismatch'],
    [
      'PCR 10 and another with the list of an earlier boot',
      [pcr(4, { equal: false }), pcr(10, { equal: false }), there, earlier],
      'no: log.list-of-earlier-boot, log.replay-mismatch',
    ],
    ['PCR 10 that replays, with the list of an earlier boot', [pcr(10), there, earlier], 'yes'],
    [
      'another PCR, and no list',
      [pcr(9, { equal: false }), log('ima', { state: 'absent' })],
      'no: log.replay-mismatch',
    ],
  ])('%s', (_, facts, expected) => expect(answer(ask('log.replays', { facts }))).toBe(expected));
});

describe('separators', () => {
  test.each([
    ['one each', PCRS, 'yes'],
    ['none in PCR 3', [pcr(3, { separators: 0 })], 'no: log.separator-missing'],
    ['two in PCR 7', [pcr(7, { separators: 2 })], 'no: log.separator-missing'],
    ['none in PCR 8', [pcr(8, { separators: 0 })], 'yes'],
    ['none in another bank', [pcr(3, { separators: 0 }, 'sha384')], 'yes'],
    ['none in a PCR that does not replay, which is said elsewhere', [pcr(3, { separators: 0, equal: false })], 'yes'],
  ])('%s', (_, facts, expected) => expect(answer(ask('log.separators', { facts }))).toBe(expected));
});

test('data that is not what was measured, and banks that disagree', () => {
  const place = { part: 'log.firmware', pcr: 1 } as const;
  const mismatch = fact('log.mismatch', { type: 'EV_X', digest: '00', detail: 'variable' }, '3', place);
  const disagreement = fact('log.bank-disagreement', { type: 'EV_X', banks: 'a and b' }, '3', place);
  expect(answer(ask('log.data-bound', { facts: [mismatch] }))).toBe('no: log.data-mismatch');
  expect(answer(ask('log.banks-agree', { facts: [disagreement] }))).toBe('no: log.bank-disagreement');
  expect(answer(ask('log.data-bound', { facts: [disagreement] }))).toBe('yes');
  expect(answer(ask('log.banks-agree', { facts: [mismatch] }))).toBe('yes');
});

test.each([
  'identity.ak-pinned',
  'identity.ak-restricted',
  'quote.signed',
  'quote.selection',
  'quote.counters',
  'quote.joined',
  'log.firmware-log',
  'log.runtime-log',
  'log.systemd-log',
  'firmware.startup-locality',
  'runtime.pcr15',
])('%s: an appraisal that states nothing it always states is a fault of ours, never an answer', (id) => {
  expect(() => ask(id)).toThrow(/^(the appraisal states no|a replayed PCR)/);
});
