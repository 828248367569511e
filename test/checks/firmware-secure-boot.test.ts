/** Checks of links 4 and 5, each asked with facts from literals. */
import { describe, expect, test } from 'vitest';
import type { EventContent } from '../../src/facts/model.ts';
import {
  action,
  answer,
  ask,
  cert,
  dbxSet,
  errorSeparator,
  event,
  fact,
  firmwareSet,
  GLOBAL,
  hex,
  keySet,
  manifest,
  mokSet,
  order,
  SECURITY,
  separator,
  variable,
} from '../support/facts.ts';

describe('firmware components', () => {
  const crtm = event(0, 'crtm');
  const sets = [
    firmwareSet([
      [0, 'crtm'],
      [2, 'rom'],
    ]),
  ];
  test.each([
    ['known', [crtm, event(0, 'sep', separator), event(2, 'rom')], sets, 'yes'],
    ['unknown', [crtm, event(2, 'other')], sets, 'unknown: firmware.component-unknown'],
    ['known in another PCR', [crtm, event(2, 'crtm')], sets, 'unknown: firmware.component-unknown'],
    ['none in PCR 0', [event(0, 'sep', separator)], sets, 'unknown: firmware.component-unknown'],
    [
      'an error of the firmware',
      [crtm, event(0, 'error', errorSeparator)],
      sets,
      'unknown: firmware.component-unknown',
    ],
    ['no reference', [crtm], [], 'unknown: firmware.component-unknown'],
    ['known to be bad', [crtm, event(2, 'rom')], [...sets, firmwareSet([], ['rom'])], 'no: firmware.component-revoked'],
    [
      'known to be bad, beside an unknown one',
      [event(0, 'x'), event(2, 'rom')],
      [firmwareSet([], ['rom'])],
      'no: firmware.component-revoked',
    ],
  ])('%s', (_, facts, references, expected) => {
    expect(answer(ask('firmware.components-known', { facts, sets: references }))).toBe(expected);
  });
});

describe('configuration', () => {
  const open = { open: 'differs from host to host' };
  const sets = [
    firmwareSet([
      [1, 'boot'],
      [3, 'rom'],
      [6, 'vendor'],
    ]),
  ];
  test.each([
    ['known', [event(1, 'boot'), event(3, 'rom'), event(6, 'vendor'), event(6, 's', separator)], {}, 'yes'],
    ['unknown in a closed PCR', [event(1, 'x')], {}, 'no: firmware.configuration-unapproved'],
    ['unknown in PCR 6', [event(6, 'x')], { '1': open, '3': open }, 'no: firmware.configuration-unapproved'],
    ['unknown in an open PCR', [event(1, 'x')], { '1': open }, 'yes'],
    ['an error separator', [event(3, 'e', errorSeparator)], {}, 'no: firmware.configuration-unapproved'],
  ])('%s', (_, facts, parameters, expected) => {
    expect(answer(ask('firmware.configuration', { facts, sets, parameters }))).toBe(expected);
  });

  test('an open PCR is a note with the reason', () => {
    expect(ask('firmware.configuration', { parameters: { '1': open } }).notes).toEqual([
      'PCR 1 open: differs from host to host',
    ]);
  });
});

describe.each([
  ['firmware.no-debug-mode', 'UEFI Debug Mode', 'no: firmware.debug-mode'],
  ['firmware.dma-protection', 'DMA Protection Disabled', 'no: firmware.dma-protection-disabled'],
])('%s', (id, text, found) => {
  test('is told by the digest of the text, with a terminator and without, under any type', () => {
    expect(answer(ask(id, { facts: [event(7, text, action(text))] }))).toBe(found);
    expect(answer(ask(id, { facts: [event(7, text)] }))).toBe(found);
    expect(answer(ask(id, { facts: [event(7, `${text}\0`)] }))).toBe(found);
  });

  test('is of PCR 7 alone, and of that text', () => {
    expect(answer(ask(id, { facts: [event(5, text), event(7, 'Something else')] }))).toBe('yes');
  });
});

test('startup locality', () => {
  const locality = (value: number) => ({
    facts: [fact('firmware.startup-locality', value, '', { part: 'log.firmware' })],
  });
  expect(answer(ask('firmware.startup-locality', locality(3)))).toBe('yes');
  expect(answer(ask('firmware.startup-locality', { ...locality(3), parameters: { allowed: [0] } }))).toBe(
    'no: firmware.locality',
  );
  expect(answer(ask('firmware.startup-locality', { ...locality(0), parameters: { allowed: [] } }))).toBe(
    'no: firmware.locality',
  );
});

const on = event(7, 'on', variable('SecureBoot', { value: '01' }));
const pk = event(7, 'pk', variable('PK', { entries: [cert('pk')] }));

describe('Secure Boot', () => {
  const secureBoot = (more: object, after = false) =>
    event(7, 'other', { ...variable('SecureBoot', { value: '01' }), ...more }, after);
  test.each([
    ['on', [on, pk], 'yes'],
    ['off', [secureBoot({ value: '00' }), pk], 'no: secure-boot.disabled'],
    ['of no value', [secureBoot({ value: '', empty: true }), pk], 'unknown: secure-boot.state-unknown'],
    ['of a long value', [event(7, 'l', variable('SecureBoot')), pk], 'unknown: secure-boot.state-unknown'],
    ['not measured', [pk], 'unknown: secure-boot.state-unknown'],
    ['measured behind the separator alone', [secureBoot({}, true), pk], 'unknown: secure-boot.state-unknown'],
    ['of another vendor', [secureBoot({ guid: SECURITY }), pk], 'unknown: secure-boot.state-unknown'],
    ['measured twice, differently', [on, secureBoot({ value: '00' }), pk], 'unknown: secure-boot.state-unknown'],
    ['without a platform key', [on, event(7, 'p', variable('PK', { entries: [] }))], 'no: secure-boot.setup-mode'],
    ['with a platform key that was not measured', [on], 'unknown: secure-boot.state-unknown'],
    ['off and not known', [secureBoot({ value: '00' })], 'no: secure-boot.disabled, secure-boot.state-unknown'],
  ])('%s', (_, facts, expected) => expect(answer(ask('secure-boot.enabled', { facts }))).toBe(expected));

  const mode = (name: string, value: string, after = false) =>
    event(7, `${name} ${value}`, variable(name, { value }), after);
  test.each([
    ['not audit mode', [mode('AuditMode', '00')], 'yes'],
    ['not setup mode', [mode('SetupMode', '00')], 'yes'],
    ['deployed mode', [mode('DeployedMode', '01')], 'yes'],
    ['user mode', [mode('DeployedMode', '00'), mode('AuditMode', '00'), mode('SetupMode', '00')], 'yes'],
    ['audit mode', [mode('AuditMode', '01')], 'no: secure-boot.mode-conflict'],
    ['setup mode beside a platform key', [mode('SetupMode', '01')], 'no: secure-boot.mode-conflict'],
    ['deployed and audit mode', [mode('DeployedMode', '01'), mode('AuditMode', '01')], 'no: secure-boot.mode-conflict'],
    ['a deployed mode of no meaning', [mode('DeployedMode', '02')], 'no: secure-boot.mode-conflict'],
    ['an audit mode that is empty', [mode('AuditMode', '')], 'no: secure-boot.mode-conflict'],
    ['an audit mode longer than is kept', [event(7, 'long', variable('AuditMode'))], 'no: secure-boot.mode-conflict'],
    [
      'deployed mode twice, differently',
      [mode('DeployedMode', '00'), mode('DeployedMode', '01')],
      'no: secure-boot.mode-conflict',
    ],
    ['audit mode behind the separator, which another check refuses', [mode('AuditMode', '01', true)], 'yes'],
  ])('%s', (_, modes, expected) => {
    expect(answer(ask('secure-boot.enabled', { facts: [on, pk, ...modes] }))).toBe(expected);
  });

  test('a mode that contradicts is shown with its place, and each by itself', () => {
    const audit = mode('AuditMode', '01');
    const { findings } = ask('secure-boot.enabled', { facts: [on, pk, audit, mode('SetupMode', '01')] });
    expect(findings.map(({ component, expected, observed }) => [component, expected, observed])).toEqual([
      ['SetupMode', '00, or not measured', '01'],
      ['AuditMode', '00, or not measured', '01'],
    ]);
    expect(findings[1]?.at).toMatchObject({ part: 'log.firmware', pcr: 7, index: audit.source.index });
  });
});

const authority = (name: string, entry: string | null, text?: string): EventContent => ({
  kind: 'authority',
  variable: name,
  entry: entry === null ? null : cert(entry),
  ...(text !== undefined && { text }),
});

describe('events of PCR 7', () => {
  test.each([
    ['a variable', [on], 'yes'],
    [
      'a variable behind the separator',
      [event(7, 'v', variable('SecureBoot', { value: '01' }), true)],
      'no: secure-boot.event-unexpected',
    ],
    [
      'a variable nobody knows',
      [event(7, 'v', variable('Other', { value: '01' }))],
      'no: secure-boot.event-unexpected',
    ],
    [
      'a variable of another vendor',
      [event(7, 'v', variable('SecureBoot', { guid: SECURITY }))],
      'no: secure-boot.event-unexpected',
    ],
    ['a variable twice', [on, on], 'no: secure-boot.event-unexpected'],
    ['a database', [event(7, 'v', variable('dbx', { entries: [] }))], 'yes'],
    [
      'a database that is no list',
      [event(7, 'v', variable('db', { value: '00' }))],
      'no: secure-boot.event-unexpected',
    ],
    [
      'db under the vendor of PK',
      [event(7, 'v', variable('db', { entries: [cert('x')], guid: GLOBAL }))],
      'no: secure-boot.event-unexpected',
    ],
    ['an authority', [event(7, 'a', authority('db', 'x'), true)], 'yes'],
    ['a separator', [event(7, 's', separator)], 'yes'],
    ['a second separator', [event(7, 's', separator, true)], 'no: secure-boot.event-unexpected'],
    ['a separator with an error', [event(7, 's', errorSeparator)], 'no: secure-boot.event-unexpected'],
    ['a known action', [event(7, 'a', action('DMA Protection Disabled'))], 'yes'],
    ['another action', [event(7, 'a', action('Entering ROM Based Setup'))], 'no: secure-boot.event-unexpected'],
    ['something without a meaning', [event(7, 'x')], 'no: secure-boot.event-unexpected'],
  ])('%s', (_, facts, expected) => expect(answer(ask('secure-boot.events-known', { facts }))).toBe(expected));
});

describe('keys', () => {
  const sets = [keySet({ PK: ['pk'], KEK: ['kek'], db: ['db'] })];
  const databases = (db: readonly string[]) => [
    pk,
    event(7, 'kek', variable('KEK', { entries: [cert('kek')] })),
    event(7, 'db', variable('db', { entries: db.map((name) => cert(name)) })),
  ];
  test.each([
    ['approved, whoever owns them', databases(['db']), sets, 'yes'],
    ['none', databases([]), sets, 'yes'],
    ['one more', databases(['db', 'other']), sets, 'no: secure-boot.key-unapproved'],
    ['approved for another database', databases(['pk']), sets, 'no: secure-boot.key-unapproved'],
    ['a database that was not measured', databases(['db']).slice(1), sets, 'unknown: secure-boot.state-unknown'],
    [
      'a database that is no list',
      [...databases([]).slice(0, 2), event(7, 'db', variable('db', { value: '01' }))],
      sets,
      'unknown: secure-boot.state-unknown',
    ],
    ['no reference', databases(['db']), [], 'unknown: secure-boot.reference-missing'],
    ['of two references', databases(['db', 'more']), [...sets, keySet({ db: ['more'] })], 'yes'],
  ])('%s', (_, facts, references, expected) => {
    expect(answer(ask('secure-boot.keys-approved', { facts, sets: references }))).toBe(expected);
  });

  test('the type of an entry counts', () => {
    const hashed = event(7, 'db', variable('db', { entries: [{ ...cert('db'), type: 'sha256' }] }));
    const facts = [...databases([]).slice(0, 2), hashed];
    expect(answer(ask('secure-boot.keys-approved', { facts, sets }))).toBe('no: secure-boot.key-unapproved');
  });
});

describe('forbidden signatures', () => {
  const dbx = (...names: readonly string[]) => [
    event(7, 'dbx', variable('dbx', { entries: names.map((name) => cert(name)) })),
  ];
  test.each([
    ['all there', dbx('a', 'b'), [dbxSet('a')], 'yes'],
    ['one is missing', dbx('a'), [dbxSet('a', 'b')], 'no: secure-boot.dbx-incomplete'],
    ['of two references', dbx('a'), [dbxSet('a'), dbxSet('b')], 'no: secure-boot.dbx-incomplete'],
    ['none required, none there', dbx(), [dbxSet()], 'yes'],
    ['none there', dbx(), [dbxSet('a')], 'no: secure-boot.dbx-incomplete'],
    ['not measured', [], [dbxSet()], 'unknown: secure-boot.state-unknown'],
    ['no list', [event(7, 'dbx', variable('dbx', { value: '00' }))], [dbxSet()], 'unknown: secure-boot.state-unknown'],
    ['no reference', dbx('a'), [], 'unknown: secure-boot.reference-missing'],
  ])('%s', (_, facts, sets, expected) =>
    expect(answer(ask('secure-boot.dbx-current', { facts, sets }))).toBe(expected),
  );
});

const withShim = (more: object = {}) => ({
  image: { manifest: manifest({ shim: { vendorCertificates: [hex('vendor')], sbatLevels: ['sbat,1\n'] }, ...more }) },
});

describe('authorities', () => {
  const sets = [keySet({ db: ['db'] })];
  test.each([
    ['approved', [event(7, 'a', authority('db', 'db'))], sets, {}, 'yes'],
    ['not approved', [event(7, 'a', authority('db', 'other'))], sets, {}, 'no: secure-boot.authority-unapproved'],
    ['no signature', [event(7, 'a', authority('MokList', null))], sets, {}, 'no: secure-boot.authority-unapproved'],
    [
      'shim’s SBAT level, which is asked about elsewhere',
      [event(7, 'a', authority('SbatLevel', null))],
      sets,
      {},
      'yes',
    ],
    ['shim’s vendor, with such a shim', [event(7, 'a', authority('Shim', 'vendor'))], sets, withShim(), 'yes'],
    [
      'shim’s vendor, without a shim',
      [event(7, 'a', authority('Shim', 'vendor'))],
      sets,
      {},
      'no: secure-boot.authority-unapproved',
    ],
    ['none', [], sets, {}, 'yes'],
    ['no reference', [], [], {}, 'unknown: secure-boot.reference-missing'],
  ])('%s', (_, facts, references, more, expected) => {
    expect(answer(ask('secure-boot.authorities-approved', { facts, sets: references, ...more }))).toBe(expected);
  });
});

describe('signers', () => {
  const image = (admittedBy: 'firmware' | 'none', ...authorities: readonly string[]) => ({
    image: {
      manifest: manifest({
        images: [{ component: 'uki', digests: { sha256: hex('uki') }, admittedBy, authorities: authorities.map(hex) }],
      }),
    },
  });
  test.each([
    ['measured', [event(7, 'a', authority('db', 'one'))], image('firmware', 'one', 'two'), 'yes'],
    [
      'another measured',
      [event(7, 'a', authority('db', 'other'))],
      image('firmware', 'one'),
      'no: secure-boot.authority-missing',
    ],
    ['not signed', [event(7, 'a', authority('db', 'other'))], image('firmware'), 'no: secure-boot.authority-missing'],
    ['admitted by nobody', [], image('none'), 'yes'],
    ['no image', [], {}, 'unknown: secure-boot.reference-missing'],
  ])('%s', (_, facts, more, expected) =>
    expect(answer(ask('secure-boot.signers-measured', { facts, ...more }))).toBe(expected),
  );
});

describe('the SBAT level', () => {
  const level = (text: string) => [event(7, 'l', authority('SbatLevel', null, text))];
  test.each([
    ['of shim', level('sbat,1\n'), [], withShim(), 'yes'],
    ['of shim, ended otherwise', level('sbat,1\0'), [], withShim(), 'yes'],
    ['of the reference', level('sbat,2'), [mokSet([], ['sbat,2\n'])], withShim(), 'yes'],
    ['another', level('sbat,0'), [], withShim(), 'no: secure-boot.sbat-level'],
    ['one more', [...level('sbat,1'), ...level('sbat,0')], [], withShim(), 'no: secure-boot.sbat-level'],
    ['none, with a shim', [], [], withShim(), 'no: secure-boot.sbat-level'],
    ['none, without a shim', [], [], {}, 'yes'],
    ['one, without a shim', level('sbat,1'), [], {}, 'no: secure-boot.sbat-level'],
  ])('%s', (_, facts, sets, more, expected) => {
    expect(answer(ask('secure-boot.sbat-level', { facts, sets, ...more }))).toBe(expected);
  });
});

describe('a set that expired is named by whoever would have used it', () => {
  const expired = [firmwareSet([]), keySet({}), dbxSet(), mokSet([])];
  const level = [event(7, 'l', authority('SbatLevel', null, 'sbat,1'))];
  const dbx = [event(7, 'dbx', variable('dbx', { entries: [] }))];
  test.each([
    ['firmware.components-known', 'no', 'firmware', [event(0, 'rom')], [firmwareSet([], ['rom'])]],
    ['firmware.components-known', 'unknown', 'firmware', [event(0, 'rom')], []],
    ['firmware.components-known', 'yes', 'firmware', [event(0, 'rom')], [firmwareSet([[0, 'rom']])]],
    ['firmware.configuration', 'no', 'firmware', [event(1, 'x')], []],
    ['firmware.configuration', 'yes', 'firmware', [], []],
    ['secure-boot.keys-approved', 'unknown', 'keys', [pk], []],
    ['secure-boot.keys-approved', 'unknown', 'keys', [event(7, 'p', variable('PK', { entries: [] }))], [keySet({})]],
    ['secure-boot.keys-approved', 'no', 'keys', [pk], [keySet({})]],
    ['secure-boot.authorities-approved', 'unknown', 'keys', [], []],
    ['secure-boot.authorities-approved', 'yes', 'keys', [], [keySet({})]],
    ['secure-boot.dbx-current', 'unknown', 'dbx', dbx, []],
    ['secure-boot.dbx-current', 'unknown', 'dbx', [], [dbxSet()]],
    ['secure-boot.dbx-current', 'no', 'dbx', dbx, [dbxSet('a')]],
    ['secure-boot.sbat-level', 'no', 'mok', level, []],
    ['secure-boot.mok-state', 'no', 'mok', [event(14, 'x')], []],
  ])('%s, which says %s', (id, word, name, facts, sets) => {
    const { answer: said, notes } = ask(id, { facts, sets, references: { expired } });
    expect(said).toBe(word);
    const named = notes.filter((note) => note.includes('expired'));
    expect(named).toEqual([expect.stringMatching(`^the reference set ${name} .* expired at 2099-01-01T00:00:00Z `)]);
  });

  test('and by nobody else', () => {
    expect(ask('secure-boot.enabled', { references: { expired } }).notes).toEqual([]);
    expect(ask('firmware.components-known', { references: { expired: [dbxSet()] } }).notes).toEqual([]);
  });
});

describe('the machine owner’s keys', () => {
  const pcrs = { ...manifest().pcrs, '14': [order(['mok', 'MokList']), order(['mok', 'MokList'], ['mok', 'Trusted'])] };
  const image = { manifest: manifest({ pcrs }) };
  const events = (...names: readonly string[]) => names.map((name) => event(14, name));
  test.each([
    ['of the reference', events('List'), [mokSet(['List'])], {}, 'yes'],
    ['of the image', events('MokList', 'Trusted'), [], { image }, 'yes'],
    ['another', events('other'), [mokSet(['List'])], { image }, 'no: secure-boot.mok-unapproved'],
    ['one content twice', events('MokList', 'MokList'), [], { image }, 'no: secure-boot.mok-unapproved'],
    ['one content as often as a reference has it', events('one', 'one'), [mokSet(['one', 'one'])], {}, 'yes'],
    [
      'once in the reference and once in the image is once',
      events('MokList', 'MokList'),
      [mokSet(['MokList'])],
      { image },
      'no: secure-boot.mok-unapproved',
    ],
    ['none', [], [], {}, 'yes'],
  ])('%s', (_, facts, sets, more, expected) => {
    expect(answer(ask('secure-boot.mok-state', { facts, sets, ...more }))).toBe(expected);
  });
});
