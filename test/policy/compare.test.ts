/** Which of two policies asks more of a host, item by item. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { comparePolicies } from '../../src/policy/compare.ts';
import { parsePolicy } from '../../src/policy/document.ts';
import { resolvePolicy, type Catalogue, type ResolvedPolicy } from '../../src/policy/resolve.ts';
import type { ReferenceSet } from '../../src/references/reference-set.ts';
import { dbxSet, firmwareSet } from '../support/facts.ts';
import { catalogue } from '../support/fixtures.ts';

const POLICY = `schema: assay.policy/1
name: test
version: '1'
selection: sha256:0-15
maxAgeSeconds: 900
pins: lab-hosts
manifests: [lab-uki]
references: [lab-ovmf]
`;

const later = '2100-01-01T00:00:00Z';
const named = (name: string, set: ReferenceSet, more: object = {}): [string, ReferenceSet] => [
  name,
  { ...set, name, ...more },
];
const own: Catalogue = {
  ...catalogue,
  references: new Map([
    ...catalogue.references,
    named('dbx-a', dbxSet('one')),
    named('dbx-b', dbxSet('two')),
    named('dbx-later', dbxSet('two'), { expiresAt: later }),
    named('dbx-none', dbxSet()),
    named('revoked', firmwareSet([], ['bad'])),
    named('mixed', firmwareSet([[0, 'part']], ['bad'])),
  ]),
};
const policy = (more = '', text = POLICY): ResolvedPolicy => resolvePolicy(parsePolicy(`${text}${more}\n`), own);
const compare = (base: ResolvedPolicy, derived: ResolvedPolicy): string[] =>
  comparePolicies(base, derived).map(({ key, relation }) => `${key} ${relation}`);

const checks = (text: string): ResolvedPolicy => policy(`checks: { ${text} }`);
const references = (names: string): ResolvedPolicy => policy('', POLICY.replace('[lab-ovmf]', `[${names}]`));

const least = (basis: string): ResolvedPolicy => policy(`minimumBasis: { firmware.components-known: ${basis} }`);

describe('a policy compared with a stricter one', () => {
  test.each<[string, ResolvedPolicy, ResolvedPolicy]>([
    ['selection', policy(), policy('', POLICY.replace('0-15', '0-17'))],
    ['maxAgeSeconds', policy(), policy('', POLICY.replace('900', '300'))],
    [
      'manifests.lab-uki-secureboot',
      policy('', POLICY.replace('[lab-uki]', '[lab-uki, lab-uki-secureboot]')),
      policy(),
    ],
    ['references.lab-ovmf', policy(), references('')],
    ['references.lab-keys-snakeoil', references('lab-ovmf, lab-keys-snakeoil'), policy()],
    ['references.dbx-b', references('dbx-a'), references('dbx-a, dbx-b')],
    ['references.dbx-none', references('dbx-none'), references('')],
    ['references.revoked', policy(), references('lab-ovmf, revoked')],
    ['minimumBasis.firmware.components-known', policy(), least('computed-from-file')],
    ['minimumBasis.firmware.components-known', least('computed-from-file'), least('vendor-signed')],
    ['pins', policy(), policy('', POLICY.replace('pins: lab-hosts\n', ''))],
    ['exclude.runtime', policy('exclude: { runtime: { reason: no list is kept } }'), policy()],
    [
      'accept.boot.order-approved',
      policy('accept: [{ check: boot.order-approved, reason: they race, owner: me }]'),
      policy(),
    ],
    [
      'checks.firmware.startup-locality.allowed',
      checks('firmware.startup-locality: { allowed: [0, 3] }'),
      checks('firmware.startup-locality: { allowed: [0] }'),
    ],
    ['checks.firmware.configuration.1', checks("firmware.configuration: { '1': { open: it differs } }"), policy()],
    ['checks.identity.ek-genuine.revocation', policy(), checks('identity.ek-genuine: { revocation: required }')],
    ['checks.identity.ek-genuine.sha1Signatures', checks('identity.ek-genuine: { sha1Signatures: true }'), policy()],
    [
      'checks.boot.phases-approved.paths',
      checks('boot.phases-approved: { paths: ["a:b", c] }'),
      checks('boot.phases-approved: { paths: [a] }'),
    ],
    [
      'checks.boot.phases-approved.reached',
      checks('boot.phases-approved: { paths: [a] }'),
      checks('boot.phases-approved: { paths: [a], reached: a }'),
    ],
    [
      'checks.hypervisor.parameters.required',
      checks('hypervisor.parameters: { required: [a] }'),
      checks('hypervisor.parameters: { required: [b, a] }'),
    ],
    [
      'checks.firmware.startup-locality',
      checks('firmware.startup-locality: { anyOf: [{ allowed: [0] }, { allowed: [3] }] }'),
      checks('firmware.startup-locality: { allowed: [3] }'),
    ],
    [
      'checks.runtime.pcr15',
      checks('runtime.pcr15: { pcr15: { open: it differs } }'),
      checks('runtime.pcr15: { anyOf: [{ pcr15: closed }] }'),
    ],
  ])('%s', (key, loose, strict) => {
    expect(compare(loose, strict)).toEqual([`${key} tighter`]);
    expect(compare(strict, loose)).toEqual([`${key} looser`]);
  });
});

describe('what neither asks more', () => {
  test.each<[string, ResolvedPolicy, ResolvedPolicy]>([
    ['selection', policy('', POLICY.replace(':0-15', ':0-15+sha384:0-15')), policy()],
    ['selection', policy('', POLICY.replace('sha256', 'sha384')), policy()],
    ['references.dbx-a', references(''), references('dbx-a')],
    ['references.dbx-later', references('dbx-a'), references('dbx-a, dbx-later')],
    ['references.mixed', policy(), references('lab-ovmf, mixed')],
    [
      'exclude.runtime',
      policy('exclude: { runtime: { reason: no list is kept } }'),
      policy('exclude: { runtime: { reason: another reason } }'),
    ],
    [
      'checks.firmware.configuration.1',
      checks("firmware.configuration: { '1': { open: it differs } }"),
      checks("firmware.configuration: { '1': { open: it is noise } }"),
    ],
    [
      'checks.firmware.startup-locality.allowed',
      checks('firmware.startup-locality: { allowed: [0] }'),
      checks('firmware.startup-locality: { allowed: [3] }'),
    ],
    [
      'checks.boot.phases-approved.reached',
      checks('boot.phases-approved: { paths: [a:b], reached: a }'),
      checks('boot.phases-approved: { paths: [a:b], reached: b }'),
    ],
  ])('%s', (key, one, another) => {
    expect(compare(one, another)).toEqual([`${key} other`]);
    expect(compare(another, one)).toEqual([`${key} other`]);
  });

  test('a document of the same name with other content', () => {
    const manifests = new Map([['lab-uki', { ...own.manifests.get('lab-uki')!, commandLine: 'quiet' }]]);
    const changed = resolvePolicy(parsePolicy(POLICY), { ...own, manifests });
    expect(compare(policy(), changed)).toEqual(['manifests.lab-uki other']);
  });
});

test('a check that only one of them asks', () => {
  const all = policy();
  const [first] = all.plan;
  const without = { ...all, plan: all.plan.slice(1) };
  expect(compare(without, all)).toEqual([`checks.${first!.check} tighter`]);
  expect(compare(all, without)).toEqual([`checks.${first!.check} looser`]);
});

test('names, versions and the order of lists are no difference', () => {
  const renamed = policy('', POLICY.replace('name: test', 'name: other').replace("'1'", "'2'"));
  expect(compare(policy(), renamed)).toEqual([]);
  const required = (list: string) => checks(`hypervisor.parameters: { required: [${list}] }`);
  expect(compare(required('a, b'), required('b, a'))).toEqual([]);
});

test('every parameter of every check says how its values compare', () => {
  for (const { id, parameters, tightens } of CATALOGUE) {
    const { properties = {} } = z.toJSONSchema(parameters, { io: 'input' });
    expect({ id, parameters: Object.keys(tightens ?? {}).toSorted() }).toEqual({
      id,
      parameters: Object.keys(properties).toSorted(),
    });
  }
});
