import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { devicePathText } from '../../src/uefi/device-path.ts';
import {
  parseFirmwareBlob,
  parseFirmwareBlob2,
  parseHandoffTables,
  parseHandoffTables2,
  parseImageLoadEvent,
} from '../../src/uefi/firmware-events.ts';
import { parseGptEventData } from '../../src/uefi/gpt.ts';
import { GLOBAL_VARIABLE_GUID, guidName, guidText } from '../../src/uefi/guid.ts';
import { utf16Text } from '../../src/uefi/utf16.ts';
import { parseVariableData } from '../../src/uefi/variable.ts';
import { guid, GUIDS, u16, u32, u64, utf16, variable } from '../support/tcg-log-builder.ts';
import { errorCode, orMalformed } from '../tpm/outcome.ts';

const node = (type: number, subType: number, body: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from([type, subType]), u16(body.length + 4), body]);
const END = node(0x7f, 0xff);
const path = (...nodes: Buffer[]): string => devicePathText(Buffer.concat([...nodes, END]), 'event', 0);

test('GUIDs', () => {
  fc.assert(
    fc.property(fc.uuid(), (text) => {
      expect(guidText(guid(text))).toBe(text);
    }),
  );
  expect(guidName(GLOBAL_VARIABLE_GUID)).toBe('EFI_GLOBAL_VARIABLE');
  expect(guidName('constructor')).toBeUndefined();
});

describe('attack 19: UTF-16', () => {
  test('is read exactly, NUL included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(utf16Text(utf16(text), 'event', 0)).toBe(text);
      }),
    );
    expect(utf16Text(utf16('a\0b'), 'event', 0)).toBe('a\0b');
  });

  test('an odd length and half a surrogate pair are refused', () => {
    expect(errorCode(() => utf16Text(Buffer.from([0x41]), 'event', 0))).toBe('uefi.utf16');
    for (const units of [[0xd800], [0xdc00], [0xdc00, 0xd800], [0xdc00, 0xdc01], [0x41, 0xd83d, 0x42]]) {
      expect(errorCode(() => utf16Text(Buffer.concat(units.map(u16)), 'event', 0))).toBe('uefi.utf16');
    }
  });
});

describe('attack 18: variables', () => {
  test('are read to their last byte', () => {
    const read = parseVariableData(
      Buffer.concat([variable('SecureBoot', GUIDS.global, Buffer.from([1])), Buffer.from('x')]),
      'event',
      0,
    );
    expect(read).toMatchObject({ name: 'SecureBoot', guid: GLOBAL_VARIABLE_GUID, dataOffset: 52 });
    expect([Buffer.from(read.data), Buffer.from(read.trailing)]).toEqual([Buffer.from([1]), Buffer.from('x')]);
  });

  test.each([
    [2n ** 64n - 1n, 0n],
    [2n ** 63n, 0n],
    [0n, 2n ** 64n - 1n],
    [2n ** 63n, 2n ** 63n],
    [2n, 0n],
    [1n, 2n],
  ])('name of %i and data of %i in three bytes', (name, data) => {
    const bytes = Buffer.concat([GUIDS.global, u64(name), u64(data), Buffer.alloc(3)]);
    expect(errorCode(() => parseVariableData(bytes, 'event', 0))).toBe('uefi.variable-length');
  });

  test('cut short', () => {
    expect(errorCode(() => parseVariableData(GUIDS.global, 'event', 0))).toBe('bytes.truncated');
  });
});

describe('attack 20: device paths', () => {
  test('as text', () => {
    expect(path()).toBe('');
    const root = node(2, 1, Buffer.concat([u32(0x0a0341d0), u32(0)]));
    const pci = node(1, 1, Buffer.from([2, 0x1f]));
    const sata = node(3, 18, Buffer.concat([u16(0), u16(0xffff), u16(0)]));
    const disk = node(
      4,
      1,
      Buffer.concat([
        u32(1),
        u64(63),
        u64(2048),
        Buffer.from('a1b2c3d4', 'hex'),
        Buffer.alloc(12),
        Buffer.from([1, 1]),
      ]),
    );
    const file = node(4, 4, utf16('\\EFI\\BOOT\\BOOTX64.EFI\0'));
    expect(path(root, pci, sata, disk, file)).toBe(
      'PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)/HD(1,MBR,0xD4C3B2A1,0x3F,0x800)/\\EFI\\BOOT\\BOOTX64.EFI',
    );
    expect(path(pci, node(0x7f, 1), pci)).toBe('Pci(0x1F,0x2),Pci(0x1F,0x2)');
    expect(path(node(3, 23, Buffer.concat([u32(1), Buffer.from('0102030405060708', 'hex')])))).toBe(
      'NVMe(0x1,08-07-06-05-04-03-02-01)',
    );
    expect(
      path(node(3, 11, Buffer.concat([Buffer.from('525400123456', 'hex'), Buffer.alloc(26), Buffer.from([1])]))),
    ).toBe('MAC(525400123456,0x1)');
  });

  const bytes = (...list: number[]): Buffer => Buffer.from(list);
  test.each<[string, number, number, Buffer]>([
    ['PcCard(0x7)', 1, 2, bytes(7)],
    ['Ctrl(0x1234)', 1, 5, u32(0x1234)],
    ['AcpiAdr(0x80010100)', 2, 3, u32(0x80010100)],
    ['Ata(Secondary,Master,0x2)', 3, 1, Buffer.concat([bytes(1, 0), u16(2)])],
    ['Scsi(0x1,0x2)', 3, 2, Buffer.concat([u16(1), u16(2)])],
    ['USB(0x1,0x2)', 3, 5, bytes(1, 2)],
    ['IPv4(192.0.2.1)', 3, 12, bytes(0, 0, 0, 0, 192, 0, 2, 1)],
    [
      'IPv6(20010db8000000000000000000000001)',
      3,
      13,
      Buffer.from(`${'00'.repeat(16)}20010db8${'00'.repeat(11)}01`, 'hex'),
    ],
    ['Unit(0x3)', 3, 17, bytes(3)],
    ['Vlan(100)', 3, 20, u16(100)],
    ['Uri(https://boot.example/x)', 3, 24, Buffer.from('https://boot.example/x')],
    ['UFS(0x1,0x2)', 3, 25, bytes(1, 2)],
    ['SD(0x1)', 3, 26, bytes(1)],
    ['eMMC(0x1)', 3, 29, bytes(1)],
    ['CDROM(0x1,0x40,0x800)', 4, 2, Buffer.concat([u32(1), u64(0x40), u64(0x800)])],
    ['Offset(0x10,0x20)', 4, 8, Buffer.concat([u32(0), u64(0x10), u64(0x20)])],
    ['MemoryMapped(0xB,0x1000,0x1FFF)', 1, 3, Buffer.concat([u32(11), u64(0x1000), u64(0x1fff)])],
  ])('a node as %s', (text, type, subType, body) => {
    expect(path(node(type, subType, body))).toBe(text);
  });

  test.each([
    ['VenHw', 1, 4],
    ['VenMsg', 3, 10],
    ['VenMedia', 4, 3],
    ['Media', 4, 5],
    ['FvFile', 4, 6],
    ['Fv', 4, 7],
  ])('a node that names a GUID as %s', (name, type, subType) => {
    expect(path(node(type, subType, guid(GLOBAL_VARIABLE_GUID)))).toContain(`${name}(${GLOBAL_VARIABLE_GUID}`);
  });

  test('an unknown node is shown raw and bounded', () => {
    expect(path(node(9, 9, Buffer.from([0xab])))).toBe('Path(9,9,ab)');
    expect(path(node(9, 9, Buffer.alloc(60_000)))).toHaveLength('Path(9,9,+59968)'.length + 64);
  });

  test.each<[string, Buffer, string]>([
    ['a node length of 0', Buffer.concat([Buffer.from([4, 4, 0, 0]), END]), 'uefi.device-path-node'],
    ['a node length of 3', Buffer.concat([Buffer.from([4, 4, 3, 0]), END]), 'uefi.device-path-node'],
    ['a node beyond the path', Buffer.from([4, 4, 5, 0]), 'bytes.truncated'],
    ['no end node', node(4, 4), 'uefi.device-path-end'],
    ['an empty path', Buffer.alloc(0), 'uefi.device-path-end'],
    ['bytes after the end node', Buffer.concat([END, Buffer.alloc(1)]), 'bytes.trailing'],
    ['a known node too short', Buffer.concat([node(1, 1, Buffer.from([1])), END]), 'bytes.truncated'],
    [
      'too many nodes',
      Buffer.concat([...Array.from({ length: 64 }, () => node(1, 1, Buffer.from([0, 0]))), END]),
      'uefi.device-path-count',
    ],
    ['a file path with half a character', Buffer.concat([node(4, 4, Buffer.from([0x41])), END]), 'uefi.utf16'],
  ])('%s', (_name, bytes, expected) => {
    expect(errorCode(() => devicePathText(bytes, 'event', 0))).toBe(expected);
  });

  test('any bytes are a path or an EvidenceError', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 31 }), fc.uint8Array({ maxLength: 60 })), { maxLength: 6 }),
        fc.uint8Array({ maxLength: 60 }),
        (nodes, noise) => {
          const built = Buffer.concat([...nodes.map(([type, subType, body]) => node(type, subType, body)), END]);
          for (const bytes of [built, noise])
            expect(typeof (orMalformed(() => devicePathText(bytes, 'event', 0)) ?? '')).toBe('string');
        },
      ),
    );
  });
});

describe('attack 21: partition tables', () => {
  const table = (change: { count?: bigint; entrySize?: number; entries?: Buffer } = {}): Buffer => {
    const entry = Buffer.concat([
      GUIDS.global,
      GUIDS.shim,
      u64(34),
      u64(2048),
      u64(0),
      utf16('EFI system partition'),
      Buffer.alloc(32),
    ]);
    const entries = change.entries ?? entry;
    return Buffer.concat([
      Buffer.from('EFI PART'),
      Buffer.alloc(32),
      u64(34),
      u64(4000),
      GUIDS.imageSecurity,
      u64(2),
      u32(128),
      u32(change.entrySize ?? 128),
      u32(0),
      u64(change.count ?? 1n),
      entries,
    ]);
  };
  const code = (bytes: Uint8Array): string => errorCode(() => parseGptEventData(bytes, 'event', 0));

  test('have their disk and partitions', () => {
    expect(parseGptEventData(table(), 'event', 0)).toMatchObject({
      diskGuid: 'd719b2cb-3d3a-4596-a3bc-dad00e67656f',
      firstUsableLba: 34n,
      lastUsableLba: 4000n,
      numberOfEntries: 128,
      partitions: [{ name: 'EFI system partition', startingLba: 34n, endingLba: 2048n }],
    });
  });

  test.each([0, 1, 127, 132])('entries of %i bytes', (entrySize) => {
    expect(code(table({ entrySize }))).toBe('uefi.gpt-entry-size');
  });

  test('counts that overflow or do not fit', () => {
    for (const count of [2n, 513n, 2n ** 57n, 2n ** 64n - 1n]) expect(code(table({ count }))).toBe('uefi.gpt-count');
    expect(code(table({ entrySize: 0xfffffff8 }))).toBe('uefi.gpt-count');
    expect(code(table({ count: 0n }))).toBe('bytes.trailing');
    expect(code(table({ count: 513n, entries: Buffer.alloc(513 * 128) }))).toBe('uefi.gpt-count');
    expect(code(table().subarray(0, 91))).toBe('bytes.truncated');
    expect(code(Buffer.alloc(200))).toBe('uefi.gpt-signature');
  });
});

describe('attack 25: images, blobs and tables', () => {
  test('as the firmware writes them', () => {
    expect(parseFirmwareBlob(Buffer.concat([u64(1), u64(2)]), 'event', 0)).toEqual({
      description: undefined,
      blobBase: 1n,
      blobLength: 2n,
    });
    const blob2 = Buffer.concat([Buffer.from('\x08PEI FV\0\0', 'latin1'), u64(1), u64(2)]);
    expect(parseFirmwareBlob2(blob2, 'event', 0)).toEqual({ description: 'PEI FV', blobBase: 1n, blobLength: 2n });
    expect(parseHandoffTables(Buffer.concat([u64(1), GUIDS.global, u64(7)]), 'event', 0).tables).toEqual([
      { guid: GLOBAL_VARIABLE_GUID, address: 7n },
    ]);
    expect(parseHandoffTables2(Buffer.concat([Buffer.from('\x02T\0', 'latin1'), u64(0)]), 'event', 0)).toEqual({
      description: 'T',
      tables: [],
    });
  });

  test.each<[string, () => unknown, string]>([
    ['a blob with a byte more', () => parseFirmwareBlob(Buffer.alloc(17), 'event', 0), 'bytes.trailing'],
    ['a blob with a byte less', () => parseFirmwareBlob(Buffer.alloc(15), 'event', 0), 'bytes.truncated'],
    [
      'a description longer than the event',
      () => parseFirmwareBlob2(Buffer.from([255, 1]), 'event', 0),
      'bytes.truncated',
    ],
    [
      'a description that leaves too little',
      () => parseFirmwareBlob2(Buffer.concat([Buffer.from([1]), Buffer.alloc(16)]), 'event', 0),
      'bytes.truncated',
    ],
    [
      'more tables than fit',
      () => parseHandoffTables(Buffer.concat([u64(2), Buffer.alloc(47)]), 'event', 0),
      'uefi.handoff-count',
    ],
    ['2⁶⁴−1 tables', () => parseHandoffTables(u64(2n ** 64n - 1n), 'event', 0), 'uefi.handoff-count'],
    [
      'fewer tables than bytes',
      () => parseHandoffTables(Buffer.concat([u64(0), Buffer.alloc(1)]), 'event', 0),
      'bytes.trailing',
    ],
    ['no length of a description', () => parseHandoffTables2(new Uint8Array(0), 'event', 0), 'bytes.truncated'],
    [
      'a device path longer than the event',
      () => parseImageLoadEvent(Buffer.concat([Buffer.alloc(24), u64(1)]), 'event', 0),
      'uefi.image-load-path',
    ],
    [
      'a device path of 2⁶⁴−1 bytes',
      () => parseImageLoadEvent(Buffer.concat([Buffer.alloc(24), u64(2n ** 64n - 1n), Buffer.alloc(8)]), 'event', 0),
      'uefi.image-load-path',
    ],
  ])('%s', (_name, act, expected) => {
    expect(errorCode(act)).toBe(expected);
  });
});
