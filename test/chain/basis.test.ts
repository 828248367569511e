/** The least basis of reference values that a policy asks. */
import { describe, expect, test } from 'vitest';
import { appraise } from '../../src/chain/appraise.ts';
import { askOfBasis } from '../../src/chain/basis.ts';
import { checkById } from '../../src/checks/catalogue.ts';
import type { References } from '../../src/checks/references.ts';
import { Facts } from '../../src/facts/facts.ts';
import type { Fact } from '../../src/facts/model.ts';
import { readPolicy as readStored, writePolicy } from '../../src/policy/stored.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import type { ReferenceSet } from '../../src/references/reference-set.ts';
import type { Basis } from '../../src/references/schema.ts';
import { answer, cert, dbxSet, event, firmwareSet, keySet, NO_IMAGE, separator, variable } from '../support/facts.ts';
import { catalogue, codes, inputOf, readPolicy, statuses } from '../support/fixtures.ts';

const weakly = (set: ReferenceSet, basis: Basis = 'approved-capture'): ReferenceSet =>
  set.kind === 'firmware'
    ? { ...set, components: set.components.map((component) => ({ ...component, basis })) }
    : { ...set, basis };

function ask(id: string, facts: readonly Fact[], sets: readonly ReferenceSet[], minimum: Basis = 'computed-from-file') {
  const check = checkById(id)!;
  const references: References = { manifests: [], sets, expired: [], weak: [], selection: 'sha256:0-15', prior: null };
  const given = { facts: new Facts(facts, 'sha256'), image: NO_IMAGE, parameters: {} as never };
  return askOfBasis(check.link, minimum, references, (some) => check.evaluate({ ...given, references: some }));
}

const crtm = [event(0, 'crtm'), event(0, 's', separator)];
const firmware = (name: string, bad: readonly string[] = []) => firmwareSet([[0, name]], bad);

describe('firmware', () => {
  const id = 'firmware.components-known';
  test.each([
    ['covered by a basis as good', [firmware('crtm')], 'yes'],
    ['covered by a weaker one', [weakly(firmware('crtm'))], 'unknown: firmware.reference-basis'],
    ['covered by both', [weakly(firmware('crtm')), firmware('crtm')], 'yes'],
    ['covered by none', [weakly(firmware('other'))], 'unknown: firmware.component-unknown'],
    [
      'known to be bad by a weaker one',
      [firmware('crtm'), weakly(firmware('x', ['crtm']))],
      'no: firmware.component-revoked',
    ],
  ])('%s', (_, sets, expected) => expect(answer(ask(id, crtm, sets))).toBe(expected));

  test('each value by its own basis', () => {
    const measured = [...crtm, event(2, 'rom'), event(2, 'unknown')];
    const sets = [firmware('crtm'), weakly(firmwareSet([[2, 'rom']]))];
    const outcome = ask(id, measured, sets);
    expect(answer(outcome)).toBe('unknown: firmware.component-unknown, firmware.reference-basis');
    expect(outcome.findings.map(({ code, at }) => [code, at.pcr])).toEqual([
      ['firmware.component-unknown', 2],
      ['firmware.reference-basis', 2],
    ]);
  });

  test('a vendor’s signature is better than a computation, and counts for it', () => {
    expect(ask(id, crtm, [weakly(firmware('crtm'), 'vendor-signed')]).answer).toBe('yes');
    expect(answer(ask(id, crtm, [firmware('crtm')], 'vendor-signed'))).toBe('unknown: firmware.reference-basis');
  });

  test('what a closed PCR holds by a weaker basis is not proved, and not disproved', () => {
    const approved = [1, 3, 6].map((pcr) => event(pcr, 'set'));
    const sets = [
      weakly(
        firmwareSet([
          [1, 'set'],
          [3, 'set'],
          [6, 'set'],
        ]),
      ),
    ];
    const closed = { '1': 'closed', '3': 'closed', '6': 'closed' };
    const check = checkById('firmware.configuration')!;
    const references: References = { manifests: [], sets, expired: [], weak: [], selection: '', prior: null };
    const given = { facts: new Facts(approved, 'sha256'), image: NO_IMAGE, parameters: closed as never };
    const outcome = askOfBasis('firmware', 'computed-from-file', references, (some) =>
      check.evaluate({ ...given, references: some }),
    );
    expect(answer(outcome)).toBe('unknown: firmware.reference-basis');
  });
});

describe('dbx', () => {
  const dbx = [event(7, 'dbx', variable('dbx', { entries: [{ ...cert('one'), type: 'sha256' }] }))];
  const id = 'secure-boot.dbx-current';
  test.each([
    ['held as a weaker basis requires', [weakly(dbxSet('one'))], 'unknown: secure-boot.reference-basis'],
    ['not held as a weaker basis requires', [dbxSet('one'), weakly(dbxSet('two'))], 'no: secure-boot.dbx-incomplete'],
    ['held as both require', [dbxSet('one'), weakly(dbxSet('one'))], 'yes'],
  ])('%s', (_, sets, expected) => expect(answer(ask(id, dbx, sets))).toBe(expected));
});

describe('keys', () => {
  const measured = ['PK', 'KEK', 'db'].map((name) => event(7, name, variable(name, { entries: [cert(name)] })));
  const approved = keySet({ PK: ['PK'], KEK: ['KEK'], db: ['db'] });
  const id = 'secure-boot.keys-approved';
  test.each([
    ['approved by a weaker basis', [weakly(approved)], 'unknown: secure-boot.reference-basis'],
    [
      'one of them approved by a weaker basis',
      [keySet({ PK: ['PK'], db: ['db'] }), weakly(keySet({ KEK: ['KEK'] }))],
      'unknown: secure-boot.reference-basis',
    ],
    [
      'one of them approved by none',
      [weakly(keySet({ PK: ['PK'], db: ['db'] }))],
      'no: secure-boot.key-unapproved, secure-boot.reference-basis',
    ],
  ])('%s', (_, sets, expected) => expect(answer(ask(id, measured, sets))).toBe(expected));
});

describe('in a policy', () => {
  const document = readPolicy('policies/kvm-uki.yaml');
  const under = (minimumBasis: Readonly<Record<string, Basis>>) =>
    resolvePolicy({ ...document, minimumBasis }, catalogue);
  const judged = (minimumBasis: Readonly<Record<string, Basis>>) =>
    appraise({ ...inputOf('uki/baseline'), policy: readStored(writePolicy(under(minimumBasis))) });

  test('a captured firmware does not hold where the file is asked for', () => {
    const appraisal = judged({ firmware: 'computed-from-file' });
    expect(appraisal.verdict).toBe('unproven');
    expect(statuses(appraisal).firmware).toBe('unproven');
    expect(codes(appraisal)).toEqual(['firmware.reference-basis']);
  });

  test('the most specific counts, and the weakest asks nothing', () => {
    expect(judged({ all: 'vendor-signed', firmware: 'approved-capture' }).verdict).toBe('trusted');
    const bases = under({ all: 'computed-from-file', 'firmware.configuration': 'vendor-signed' }).plan;
    const of = (id: string) => bases.find(({ check }) => check === id)?.minimumBasis;
    expect([of('firmware.configuration'), of('secure-boot.dbx-current'), of('boot.images-approved')]).toEqual([
      'vendor-signed',
      'computed-from-file',
      undefined,
    ]);
    expect(under({ all: 'approved-capture' }).id).toBe(under({}).id);
  });

  test.each(['firmwares', 'boot', 'boot.images-approved'])('%s, which compares with no set, is refused', (name) => {
    expect(() => under({ [name]: 'vendor-signed' })).toThrow(
      expect.objectContaining({ code: 'policy.basis' }) as Error,
    );
  });
});
