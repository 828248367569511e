/** What the digest of an event proves of its data: every rule, every quirk, and what must not pass for them. */
import { describe, expect, test } from 'vitest';
import { digest, type HashName } from '../../../src/bytes/hash.ts';
import type { DecodedEvent, EventBody } from '../../../src/logs/tcg/event-body.ts';
import { decodeLog } from '../../../src/logs/tcg/event-data.ts';
import { labelText } from '../../../src/logs/tcg/decode.ts';
import { parseTcgLog } from '../../../src/logs/tcg/parse.ts';
import { QUIRKS } from '../../../src/logs/tcg/quirks.ts';
import { labCapture } from '../../support/lab-bundle.ts';
import {
  agileLog,
  guid,
  GUIDS,
  legacyLog,
  separators,
  signatureList,
  tagged,
  u32,
  u64,
  utf16,
  variable,
  type EventSpec,
} from '../../support/tcg-log-builder.ts';

const EV = {
  separator: 4,
  action: 5,
  tag: 6,
  crtmContents: 7,
  crtmVersion: 8,
  flags: 0x0a,
  compactHash: 0x0c,
  ipl: 0x0d,
  driverConfig: 0x80000001,
  boot: 0x80000002,
  application: 0x80000003,
  gpt: 0x80000006,
  efiAction: 0x80000007,
  blob: 0x80000008,
  handoff: 0x80000009,
  blob2: 0x8000000a,
  handoff2: 0x8000000b,
  boot2: 0x8000000c,
  authority: 0x800000e0,
} as const;

const OTHER = Buffer.from('something else');

/** Decodes the last of the events of a log in the SHA-256 bank. */
function decodeLast(...events: EventSpec[]): DecodedEvent {
  return decodeLog(parseTcgLog(agileLog(['sha1', 'sha256'], events).bytes).untrusted, 'sha256').events.at(-1)!;
}

/** `bound`, `hint crtm-version-digest-unrelated`, …, and the kind of body. */
function outcome(...events: EventSpec[]): [string, EventBody['kind']] {
  const { binding, quirk, body } = decodeLast(...events);
  return [quirk === undefined ? binding : `${binding} ${quirk}`, body.kind];
}

function bodyOf<K extends EventBody['kind']>(kind: K, ...events: EventSpec[]): Extract<EventBody, { kind: K }> {
  const { body } = decodeLast(...events);
  expect(body.kind).toBe(kind);
  return body as Extract<EventBody, { kind: K }>;
}

const secureBoot = (value: number): Buffer => variable('SecureBoot', GUIDS.global, Buffer.from([value]));

describe('types whose digest must be of the data', () => {
  const cert = Buffer.concat([Buffer.from([0x30, 0x82, 0x01, 0x00]), Buffer.alloc(256, 7)]);
  const owner = guid('77fa9abd-0359-4d32-bd60-28f4e78f784b');
  const gpt = Buffer.concat([
    Buffer.from('EFI PART'),
    Buffer.alloc(48),
    GUIDS.global,
    u64(2),
    u32(128),
    u32(128),
    u32(0),
    u64(0),
  ]);
  test.each<[string, number, number, Buffer, EventBody['kind']]>([
    ['EV_SEPARATOR', 3, EV.separator, u32(0), 'separator'],
    ['EV_EFI_ACTION', 4, EV.efiAction, Buffer.from('Calling EFI Application from Boot Option'), 'action'],
    ['EV_EFI_GPT_EVENT', 5, EV.gpt, gpt, 'gpt'],
    ['EV_EFI_VARIABLE_DRIVER_CONFIG', 7, EV.driverConfig, secureBoot(1), 'variable'],
    ['EV_EFI_VARIABLE_BOOT2', 1, EV.boot2, variable('BootOrder', GUIDS.global, Buffer.from([1, 0])), 'variable'],
    [
      'EV_EFI_VARIABLE_AUTHORITY',
      7,
      EV.authority,
      variable('db', GUIDS.imageSecurity, Buffer.concat([owner, cert])),
      'authority',
    ],
  ])('attack 31: %s', (_name, pcr, type, data, kind) => {
    expect(outcome({ pcr, type, data })).toEqual(['bound', kind]);
    expect(outcome({ pcr, type, data, measured: OTHER })).toEqual(['mismatch', kind]);
    // A digest of less or more than the data is not of the data.
    expect(outcome({ pcr, type, data, measured: data.subarray(0, -1) })[0]).toBe('mismatch');
    expect(outcome({ pcr, type, data, measured: Buffer.concat([data, Buffer.alloc(1)]) })[0]).toBe('mismatch');
  });

  test('an authority has its certificate', () => {
    const body = bodyOf('authority', {
      pcr: 7,
      type: EV.authority,
      data: variable('db', GUIDS.imageSecurity, Buffer.concat([owner, cert])),
    });
    expect(body).toMatchObject({
      name: 'db',
      signature: { type: 'x509', owner: '77fa9abd-0359-4d32-bd60-28f4e78f784b' },
    });
    expect(Buffer.from(body.signature!.data)).toEqual(cert);
    const shims = bodyOf('authority', { pcr: 7, type: EV.authority, data: variable('Shim', GUIDS.shim, cert) });
    expect(shims.signature).toMatchObject({ type: 'x509', owner: undefined });
    const hash = Buffer.concat([owner, Buffer.alloc(32, 5)]);
    const byHash = bodyOf('authority', { pcr: 7, type: EV.authority, data: variable('db', GUIDS.imageSecurity, hash) });
    expect(byHash.signature).toMatchObject({ type: 'sha256', sha256: expect.any(String) as string });
    const level = variable('SbatLevel', GUIDS.shim, Buffer.from('sbat,1,2024010900\nshim,4\n'));
    expect(bodyOf('authority', { pcr: 7, type: EV.authority, data: level }).signature).toBeUndefined();
  });

  test('an authority too short for an owner has no signature', () => {
    const short = variable('db', GUIDS.imageSecurity, Buffer.alloc(3));
    expect(bodyOf('authority', { pcr: 7, type: EV.authority, data: short })).not.toHaveProperty('signature');
  });

  test('attack 24: a certificate that does not parse is kept as it is', () => {
    const bad = Buffer.concat([owner, Buffer.from('not DER')]);
    const list = signatureList(GUIDS.x509, [bad]);
    const body = bodyOf('variable', { pcr: 7, type: EV.driverConfig, data: variable('db', GUIDS.imageSecurity, list) });
    expect(body.signatureLists).toHaveLength(1);
    expect(Buffer.from(body.signatureLists![0]!.signatures)).toEqual(bad);
  });

  test('signature lists that do not parse cost their variable, not the log', () => {
    const list = signatureList(GUIDS.x509, [Buffer.alloc(20)]);
    list.writeUInt32LE(0xffffffff, 16);
    const body = bodyOf('variable', {
      pcr: 7,
      type: EV.driverConfig,
      data: variable('dbx', GUIDS.imageSecurity, list),
    });
    expect(body).toMatchObject({ nameBound: true, signatureListsError: 'uefi.signature-list-size' });
    expect(body.signatureLists).toBeUndefined();
    const empty = bodyOf('variable', {
      pcr: 7,
      type: EV.driverConfig,
      data: variable('PK', GUIDS.global, Buffer.alloc(0)),
    });
    expect(empty.signatureLists).toEqual([]);
  });

  test('a variable of another vendor is no key database, whatever its name', () => {
    const lists = Buffer.alloc(3);
    const read = (guid: Buffer) => {
      const data = variable('db', guid, lists);
      return bodyOf('variable', { pcr: 7, type: EV.driverConfig, data });
    };
    expect(read(GUIDS.imageSecurity)).toMatchObject({ signatureListsError: expect.any(String) });
    expect(read(GUIDS.global)).not.toHaveProperty('signatureListsError');
  });

  test('attack 18: a variable whose lengths overflow is malformed, with whatever its digest proves', () => {
    for (const [name, data] of [
      [2n ** 64n - 1n, 1n],
      [2n ** 63n, 2n ** 63n],
      [0n, 2n ** 64n - 32n],
      [1n, 2n],
    ] as const) {
      const bytes = Buffer.concat([GUIDS.global, u64(name), u64(data), Buffer.alloc(3)]);
      for (const [pcr, type] of [
        [7, EV.driverConfig],
        [7, EV.authority],
        [1, EV.boot],
        [1, EV.boot2],
      ] as const) {
        expect(outcome({ pcr, type, data: bytes })).toEqual(['bound', 'malformed']);
        expect(outcome({ pcr, type, data: bytes, measured: OTHER })).toEqual(['mismatch', 'malformed']);
      }
    }
    const trailing = Buffer.concat([secureBoot(1), Buffer.alloc(1)]);
    expect(outcome({ pcr: 7, type: EV.driverConfig, data: trailing })).toEqual(['bound', 'malformed']);
  });
});

test.each<[string, string | undefined]>([
  ['a', 'a'],
  ['a\0', 'a'],
  ['a\0b\0', 'ab'],
  ['a\0b\0\0\0', 'ab'],
  ['', undefined],
  ['\0', undefined],
  ['\0\0', undefined],
  ['a\0\0', undefined],
  ['a\0b', undefined],
  ['a\x07', undefined],
  ['a\x01b\x01', undefined],
])('the label %j reads %j', (bytes, text) => {
  expect(labelText(Buffer.from(bytes, 'latin1'))).toBe(text);
});

describe('types whose data only describes what was measured', () => {
  const node = Buffer.from('7fff0400', 'hex');
  const image = Buffer.concat([u64(1), u64(2), u64(0), u64(4), node]);
  test.each<[string, number, number, Buffer, EventBody['kind']]>([
    ['an image', 4, EV.application, image, 'image'],
    ['a firmware blob', 0, EV.blob, Buffer.concat([u64(0x1000), u64(0x2000)]), 'firmware-blob'],
    [
      'a described blob',
      0,
      EV.blob2,
      Buffer.concat([Buffer.from('\x05POST\0', 'latin1'), u64(1), u64(2)]),
      'firmware-blob',
    ],
    ['tables', 1, EV.handoff, Buffer.concat([u64(1), GUIDS.global, u64(5)]), 'handoff-tables'],
    ['described tables', 1, EV.handoff2, Buffer.concat([Buffer.from('\x02T\0', 'latin1'), u64(0)]), 'handoff-tables'],
    ['a file of GRUB', 9, EV.ipl, Buffer.from('(hd0,gpt2)/vmlinuz\0'), 'file'],
    ['a variable of shim', 14, EV.ipl, Buffer.from('MokList\0'), 'mok'],
    ['a label', 14, EV.ipl, Buffer.from('Something\0'), 'label'],
    ['S-CRTM contents', 0, EV.crtmContents, Buffer.from('Boot Guard Measured S-CRTM\0'), 'label'],
    ['S-CRTM contents as a blob', 0, EV.crtmContents, Buffer.concat([u64(0xff), u64(0xff)]), 'firmware-blob'],
  ])('attack 30: %s is a hint, whatever its digest', (_name, pcr, type, data, kind) => {
    expect(outcome({ pcr, type, data, measured: OTHER })).toEqual(['hint', kind]);
    expect(outcome({ pcr, type, data })).toEqual(['hint', kind]);
  });

  test('an image from no device has an empty path, and one whose path is none has none', () => {
    const described = (path: Buffer) => {
      const data = Buffer.concat([u64(1), u64(2), u64(0), u64(path.length), path]);
      return bodyOf('image', { pcr: 4, type: EV.application, data }).path;
    };
    expect(described(node)).toBe('');
    expect(described(Buffer.alloc(0))).toBe('');
    expect(described(Buffer.alloc(4))).toBeUndefined();
  });

  test('attack 25: a description longer than the event is malformed', () => {
    expect(outcome({ pcr: 0, type: EV.blob2, data: Buffer.from([200, 1, 2, 3]) })).toEqual(['hint', 'malformed']);
    expect(outcome({ pcr: 1, type: EV.handoff2, data: Buffer.from([0, 1]) })).toEqual(['hint', 'malformed']);
    const many = Buffer.concat([u64(2n ** 63n), Buffer.alloc(48)]);
    expect(outcome({ pcr: 1, type: EV.handoff, data: many })).toEqual(['hint', 'malformed']);
  });

  test('a device path that cannot be read leaves the image without one', () => {
    const broken = Buffer.concat([u64(1), u64(2), u64(0), u64(4), Buffer.from('04040300', 'hex')]);
    expect(bodyOf('image', { pcr: 4, type: EV.application, data: broken }).path).toBeUndefined();
    expect(bodyOf('image', { pcr: 4, type: EV.application, data: image }).path).toBe('');
  });
});

describe('types that are one or the other', () => {
  test('attack 23: tagged data, and one whose inner size is not the outer', () => {
    const data = tagged(0x8f3b22ec, Buffer.from('Linux initrd\0'));
    expect(outcome({ pcr: 9, type: EV.tag, data, measured: OTHER })).toEqual(['hint', 'tagged']);
    expect(bodyOf('tagged', { pcr: 9, type: EV.tag, data })).toMatchObject({ id: 0x8f3b22ec, name: 'linux-initrd' });
    expect(outcome({ pcr: 9, type: EV.tag, data })).toEqual(['bound', 'tagged']);
    for (const size of [0, 1, 0xffffffff]) {
      const bad = Buffer.from(data);
      bad.writeUInt32LE(size, 4);
      expect(outcome({ pcr: 9, type: EV.tag, data: bad })).toEqual(['bound', 'malformed']);
      expect(outcome({ pcr: 9, type: EV.tag, data: bad, measured: OTHER })).toEqual(['hint', 'malformed']);
    }
    expect(outcome({ pcr: 9, type: EV.tag, data: Buffer.from([1, 2]), measured: OTHER })).toEqual([
      'hint',
      'malformed',
    ]);
  });

  test('attack 22: Windows’ nested measurements are not descended into', () => {
    const nest = (depth: number): Buffer => (depth === 0 ? Buffer.alloc(4) : tagged(0x40010001, nest(depth - 1)));
    expect(outcome({ pcr: 12, type: EV.tag, data: nest(2000) })).toEqual(['bound', 'tagged']);
  });

  test.each([EV.flags, EV.compactHash])('type %i', (type) => {
    const pcr = type === EV.flags ? 1 : 11;
    expect(outcome({ pcr, type, data: Buffer.from('FeatureTME=0') })).toEqual(['bound', 'label']);
    expect(outcome({ pcr, type, data: Buffer.from('ACPI DATA'), measured: OTHER })).toEqual(['hint', 'label']);
  });

  test('a unified kernel image: names bound, contents named by the event before them', () => {
    const name = (text: string): EventSpec => ({
      pcr: 11,
      type: EV.ipl,
      data: utf16(`${text}\0`),
      measured: Buffer.from(`${text}\0`),
    });
    const content = (text: string): EventSpec => ({ ...name(text), measured: OTHER });
    const pair = [name('.linux'), content('.linux')];
    expect(outcome(name('.linux'))).toEqual(['bound', 'stub-section-name']);
    expect(outcome(...pair)).toEqual(['hint', 'stub-section']);
    expect(bodyOf('stub-section', ...pair)).toEqual({ kind: 'stub-section', name: '.linux', nameIndex: 1 });
    // Not named: the name is of another section, has been used, or an event came between.
    expect(outcome(name('.linux'), content('.initrd'))).toEqual(['hint', 'label']);
    expect(outcome(...pair, content('.linux'))).toEqual(['hint', 'label']);
    expect(outcome(name('.linux'), { pcr: 11, type: EV.tag, data: OTHER }, content('.linux'))).toEqual([
      'hint',
      'label',
    ]);
    expect(outcome(content('.linux'))).toEqual(['hint', 'label']);
    expect(outcome(name('.linux'), { pcr: 4, type: EV.efiAction, data: OTHER }, content('.linux'))).toEqual([
      'hint',
      'stub-section',
    ]);
    // The content may be anything, even what a name would be.
    expect(outcome(name('.linux'), name('.linux'))).toEqual(['hint', 'stub-section']);
  });

  test('a command line taken over by the stub, and a label in its place', () => {
    const text = utf16(' console=ttyS0\0');
    expect(bodyOf('stub-command-line', { pcr: 12, type: EV.ipl, data: text })).toMatchObject({
      text: ' console=ttyS0',
    });
    expect(outcome({ pcr: 12, type: EV.ipl, data: utf16('Credentials initrd\0'), measured: OTHER })).toEqual([
      'hint',
      'label',
    ]);
    expect(outcome({ pcr: 12, type: EV.ipl, data: utf16('a\0b\0') })).toEqual(['bound', 'label']);
    expect(outcome({ pcr: 13, type: EV.ipl, data: text })).toEqual(['hint', 'label']);
  });
});

describe('GRUB', () => {
  test.each([
    ['grub_cmd: ', 'grub-command'],
    ['kernel_cmdline: ', 'kernel-command-line'],
    ['module_cmdline: ', 'module-command-line'],
    ['grub_cmd ', 'grub-command'],
    ['grub_kernel_cmdline ', 'kernel-command-line'],
  ] as const)('%j', (prefix, kind) => {
    const text = 'linux /vmlinuz root=/dev/sda1 ñ';
    const data = Buffer.from(`${prefix}${text}\0`);
    const event = (measured: Buffer): EventSpec => ({ pcr: 8, type: EV.ipl, data, measured });
    expect(bodyOf(kind, event(Buffer.from(text)))).toEqual({ kind, text });
    expect(outcome(event(Buffer.from(text)))).toEqual(['bound', kind]);
    expect(outcome(event(Buffer.from(`${text}\0`)))).toEqual(['bound-with-quirk grub-text-with-nul', kind]);
    expect(outcome(event(data))).toEqual(['mismatch', kind]);
    expect(outcome(event(Buffer.from(`${text} quiet`)))).toEqual(['mismatch', kind]);
  });

  test('attack 19: text that is not UTF-8 or not UTF-16 has no meaning', () => {
    const bad = Buffer.concat([Buffer.from('grub_cmd: '), Buffer.from([0xff, 0xfe])]);
    expect(outcome({ pcr: 8, type: EV.ipl, data: bad, measured: Buffer.from([0xff, 0xfe]) })).toEqual([
      'bound',
      'malformed',
    ]);
    const lone = Buffer.from([0x00, 0xd8, 0x61, 0x00]);
    expect(outcome({ pcr: 12, type: EV.ipl, data: lone })).toEqual(['bound', 'malformed']);
    const named = Buffer.concat([GUIDS.global, u64(2), u64(0), lone]);
    expect(outcome({ pcr: 7, type: EV.driverConfig, data: named })).toEqual(['bound', 'malformed']);
  });
});

describe('quirks', () => {
  const before = separators();
  const exact = variable('Shim', GUIDS.shim, Buffer.from('content'));
  const padded = Buffer.concat([exact, Buffer.alloc(5), Buffer.from([0xaf])]);
  const shim = (change: Partial<EventSpec> = {}): EventSpec => ({
    pcr: 7,
    type: EV.authority,
    data: padded,
    measured: padded.subarray(0, -1),
    ...change,
  });
  const QUIRK = 'bound-with-quirk shim-authority-minus-last-byte';

  test('attack 37: shim’s authority without its last byte, after the separator of PCR 7 alone', () => {
    expect(outcome(...before, shim())).toEqual([QUIRK, 'authority']);
    const ofDb = Buffer.concat([variable('db', GUIDS.imageSecurity, Buffer.from('c')), Buffer.alloc(6)]);
    expect(outcome(...before, shim({ data: ofDb, measured: ofDb.subarray(0, -1) }))).toEqual([QUIRK, 'authority']);
    expect(outcome(shim())).toEqual(['mismatch', 'malformed']);
    expect(outcome(...before.filter(({ pcr }) => pcr !== 7), shim())).toEqual(['mismatch', 'malformed']);
    const foreign = Buffer.concat([variable('Shim', GUIDS.global, Buffer.from('content')), Buffer.alloc(6)]);
    expect(outcome(...before, shim({ data: foreign, measured: foreign.subarray(0, -1) }))).toEqual([
      'mismatch',
      'malformed',
    ]);
    expect(outcome(...before, shim({ data: exact, measured: exact.subarray(0, -1) }))).toEqual([
      'mismatch',
      'authority',
    ]);
    const filled = Buffer.concat([exact, Buffer.from([0, 0, 1, 0, 0, 0])]);
    expect(outcome(...before, shim({ data: filled, measured: filled.subarray(0, -1) }))).toEqual([
      'mismatch',
      'malformed',
    ]);
    for (const extra of [1, 5, 7]) {
      const data = Buffer.concat([exact, Buffer.alloc(extra)]);
      expect(outcome(...before, shim({ data, measured: data.subarray(0, -1) }))).toEqual(['mismatch', 'malformed']);
    }
    expect(outcome(...before, shim({ type: EV.driverConfig }))).toEqual(['mismatch', 'malformed']);
    expect(outcome(...before, shim({ pcr: 1 }))).toEqual(['hint', 'unknown']);
  });

  test('boot variables: of the data, or of the whole', () => {
    const data = variable('BootOrder', GUIDS.global, Buffer.from([1, 0]));
    const event = { pcr: 1, type: EV.boot, data };
    expect(outcome({ ...event, measured: data.subarray(-2) })).toEqual(['bound', 'variable']);
    expect(bodyOf('variable', { ...event, measured: data.subarray(-2) }).nameBound).toBe(false);
    expect(outcome(event)).toEqual(['bound-with-quirk variable-boot-whole', 'variable']);
    expect(bodyOf('variable', event).nameBound).toBe(true);
    expect(outcome({ ...event, measured: OTHER })).toEqual(['mismatch', 'variable']);
  });

  test('configuration variables by their data alone: only in a TCG 1.2 log, and their name is not proved', () => {
    const data = secureBoot(1);
    const event: EventSpec = { pcr: 7, type: EV.driverConfig, data, measured: Buffer.from([1]) };
    expect(outcome(event)).toEqual(['mismatch', 'variable']);
    const { events } = decodeLog(parseTcgLog(legacyLog([event]).bytes).untrusted, 'sha1');
    expect(events.at(-1)).toMatchObject({
      binding: 'bound-with-quirk',
      quirk: 'variable-driver-config-data-only',
      body: { name: 'SecureBoot', nameBound: false },
    });
  });

  test('attack 38: separators of another value, of text, of another size', () => {
    const event = (data: Buffer, measured: Buffer = data): EventSpec => ({
      pcr: 0,
      type: EV.separator,
      data,
      measured,
    });
    expect(bodyOf('separator', event(u32(1)))).toEqual({ kind: 'separator', value: 1, error: true });
    expect(outcome(event(u32(0), u32(1)))).toEqual(['mismatch', 'separator']);
    expect(outcome(event(u32(1), u32(0)))).toEqual(['mismatch', 'separator']);
    expect(outcome(event(Buffer.from('Skiboot Boot'), u32(0xffffffff)))).toEqual([
      'bound-with-quirk separator-data-text',
      'separator',
    ]);
    expect(outcome(event(Buffer.from('Skiboot Boot'), u32(0)))).toEqual(['mismatch', 'separator']);
    expect(outcome(event(Buffer.from([1, 2, 3]), u32(0xffffffff)))).toEqual(['mismatch', 'separator']);
    expect(outcome(event(Buffer.alloc(8)))).toEqual(['mismatch', 'separator']);
  });

  test('a command line in UTF-16 with another terminator than was hashed', () => {
    const text = utf16('initrd=\\initrd.img root=/dev/sda1');
    const nul = Buffer.alloc(2);
    const event = (data: Buffer, measured: Buffer): EventSpec => ({ pcr: 8, type: EV.ipl, data, measured });
    const expected = ['bound-with-quirk stub-text-terminator', 'stub-command-line'];
    expect(outcome(event(Buffer.concat([text, nul, Buffer.alloc(1)]), Buffer.concat([text, nul])))).toEqual(expected);
    expect(outcome(event(Buffer.concat([text, nul]), text))).toEqual(expected);
    expect(outcome(event(text, Buffer.concat([text, nul])))).toEqual(expected);
    expect(outcome(event(text, text))).toEqual(['bound', 'stub-command-line']);
    expect(outcome(event(Buffer.concat([text, nul, Buffer.from('x')]), text))).toEqual(['hint', 'label']);
  });

  test('version and action of firmware that extends something else are hints, by name', () => {
    expect(outcome({ pcr: 0, type: EV.crtmVersion, data: utf16('2.3.5\0') })).toEqual(['bound', 'crtm-version']);
    expect(outcome({ pcr: 0, type: EV.crtmVersion, data: utf16('2.3.5\0'), measured: OTHER })).toEqual([
      'hint crtm-version-digest-unrelated',
      'crtm-version',
    ]);
    expect(outcome({ pcr: 4, type: EV.action, data: Buffer.from('BOOTKERNEL'), measured: OTHER })).toEqual([
      'hint action-digest-unrelated',
      'action',
    ]);
  });

  test('each says why and by which rule, and none by whom', () => {
    for (const { why, rule } of QUIRKS) {
      expect(why.length).toBeGreaterThan(40);
      expect(rule).not.toMatch(/Dell|Lenovo|Supermicro|Intel|Google|GCE/);
    }
  });
});

describe('meaning needs a known type and PCR', () => {
  test('attack 28: a type in a PCR it has no meaning in is unknown and a hint', () => {
    for (const [pcr, type] of [
      [0, EV.driverConfig],
      [8, EV.driverConfig],
      [14, EV.authority],
      [8, EV.separator],
      [4, EV.ipl],
      [23, EV.efiAction],
      [7, 0x8401],
    ] as const) {
      expect(outcome({ pcr, type, data: secureBoot(1) })).toEqual(['hint', 'unknown']);
    }
  });

  test('attack 29: EV_UNUSED is an event like any other, without a meaning', () => {
    expect(outcome({ pcr: 7, type: 2, data: secureBoot(0) })).toEqual(['hint', 'unknown']);
  });

  test('a database of devices that is no variable is malformed, with whatever its digest proves', () => {
    for (const type of [0x800000e3, 0x800000e4]) {
      expect(outcome({ pcr: 7, type, data: Buffer.alloc(3) })).toEqual(['bound', 'malformed']);
      expect(outcome({ pcr: 7, type, data: Buffer.alloc(3), measured: OTHER })).toEqual(['hint', 'malformed']);
      expect(outcome({ pcr: 7, type, data: secureBoot(1) })).toEqual(['bound', 'variable']);
    }
  });

  test('attack 26: SPDM measurements are not read, only compared', () => {
    expect(outcome({ pcr: 2, type: 0x800000e1, data: OTHER })).toEqual(['bound', 'label']);
    expect(outcome({ pcr: 2, type: 0x800000e1, data: Buffer.alloc(3), measured: OTHER })).toEqual(['hint', 'label']);
    const policy = variable('devdb', GUIDS.imageSecurity, Buffer.alloc(0));
    expect(outcome({ pcr: 7, type: 0x800000e3, data: policy })).toEqual(['bound', 'variable']);
  });

  test('attack 28: a separator that is called something else still ends the phase of its PCR', () => {
    const hidden = before7({ type: EV.tag });
    const late: EventSpec = { pcr: 7, type: EV.driverConfig, data: secureBoot(1) };
    const log = parseTcgLog(agileLog(['sha256'], [hidden, late]).bytes).untrusted;
    expect(decodeLog(log, 'sha256').afterSeparator).toEqual([false, false, true]);
  });

  test('attack 36: EV_NO_ACTION is never extended, and a RIM it points to is the host’s word', () => {
    const data = Buffer.concat([Buffer.from('SP800-155 Event3'), Buffer.alloc(40)]);
    expect(decodeLast({ pcr: 0, type: 3, data, measured: 'zero' })).toMatchObject({
      binding: 'not-extended',
      body: { kind: 'no-action', subject: 'sp800-155' },
    });
    expect(bodyOf('no-action', { pcr: 0, type: 3, data: Buffer.from([1]), measured: 'zero' }).subject).toBe('other');
  });

  test('an event of a measurement register has no meaning here', () => {
    const log = parseTcgLog(
      agileLog(['sha384'], [{ pcr: 1, type: EV.driverConfig, data: secureBoot(1) }]).bytes,
    ).untrusted;
    expect(log.registers).toBe('ccel-mr');
    expect(decodeLog(log, 'sha384').events[1]).toMatchObject({ binding: 'bound', body: { kind: 'unknown' } });
  });

  function before7(change: Partial<EventSpec>): EventSpec {
    return { pcr: 7, type: EV.separator, data: u32(0), ...change };
  }
});

describe('the logs of booted machines', () => {
  const decoded = (scenario: string, bank: HashName): readonly DecodedEvent[] =>
    decodeLog(parseTcgLog(labCapture(scenario, 'baseline').firmware).untrusted, bank).events;

  test.each(['uki', 'uki-secureboot', 'shim-grub'])(
    '%s: nothing is a mismatch, and every bank proves the same',
    (scenario) => {
      const events = decoded(scenario, 'sha256');
      expect(events.filter(({ binding }) => binding === 'mismatch')).toEqual([]);
      expect(events.filter(({ body }) => body.kind === 'malformed' || body.kind === 'unknown')).toEqual([]);
      for (const bank of ['sha1', 'sha384'] as const) expect(decoded(scenario, bank)).toEqual(events);
    },
  );

  test('uki: the sections in order', () => {
    const names = decoded('uki', 'sha256').flatMap(({ body }) => (body.kind === 'stub-section' ? [body.name] : []));
    expect(names).toEqual(['.linux', '.osrel', '.cmdline', '.initrd']);
  });

  test('shim-grub: command lines, MOK and authorities', () => {
    const events = decoded('shim-grub', 'sha256');
    const of = (kind: EventBody['kind']): DecodedEvent[] => events.filter(({ body }) => body.kind === kind);
    expect(of('kernel-command-line')).toHaveLength(1);
    expect(of('grub-command').every(({ binding }) => binding === 'bound')).toBe(true);
    expect(of('mok').map(({ body }) => (body.kind === 'mok' ? body.name : ''))).toEqual([
      'MokList',
      'MokListX',
      'MokListTrusted',
    ]);
    expect(of('authority').length).toBeGreaterThan(1);
    const boot = events.find(({ body }) => body.kind === 'variable' && body.name === 'SecureBoot');
    expect(boot).toMatchObject({ binding: 'bound', body: { data: new Uint8Array([1]), nameBound: true } });
  });
});

test('the digest of an event decides, not that of a like event: attack 34 in one bank', () => {
  const data = secureBoot(1);
  const event: EventSpec = { pcr: 7, type: EV.driverConfig, data, digests: { sha1: digest('sha1', secureBoot(0)) } };
  const log = parseTcgLog(agileLog(['sha1', 'sha256'], [event]).bytes).untrusted;
  expect(decodeLog(log, 'sha256').events[1]!.binding).toBe('bound');
  expect(decodeLog(log, 'sha1').events[1]!.binding).toBe('mismatch');
});
