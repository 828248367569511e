import { expect, test } from 'vitest';
import { run } from '../tools/programs.ts';
import { writeCpio, type ArchiveEntry } from './cpio.ts';
import { unknownProgram } from './foreign.ts';
import { readGuid, writeGuid } from './guid.ts';
import { readTransfers } from './port.ts';
import { appendSections } from './uki.ts';
import { GLOBAL_VARIABLE, certificateList, deleteVariable, readVariables, replaceVariable } from './variable-store.ts';

test('a cpio archive holds what was put in, with parents, in order', async () => {
  const file = (text: string): ArchiveEntry => ({ kind: 'file', data: Buffer.from(text), executable: false });
  const entries: [string, ArchiveEntry][] = [
    ['usr/share/b', file('bb')],
    ['init', file('a')],
    ['bin', { kind: 'link', target: 'usr/bin' }],
  ];
  const archive = writeCpio(new Map(entries));
  expect(writeCpio(new Map([...entries].reverse())).equals(archive)).toBe(true);
  const { stdout } = await run('cpio', ['-t', '--quiet'], { input: archive });
  expect(stdout.toString().trim().split('\n')).toEqual(['bin', 'init', 'usr', 'usr/share', 'usr/share/b']);
});

test('sections are appended to a PE image, the same bytes each time', () => {
  const stub = smallPe();
  const sections = [{ name: '.cmdline', address: 0x30000, data: Buffer.from('quiet') }];
  const image = appendSections(stub, sections);
  expect(appendSections(stub, sections).equals(image)).toBe(true);
  expect(image.readUInt16LE(0x84 + 2)).toBe(1);
  const header = 0x84 + 20 + 0x70;
  expect(image.toString('latin1', header, header + 8)).toBe('.cmdline');
  expect(image.readUInt32LE(header + 8)).toBe(5);
  expect(image.toString('latin1', image.readUInt32LE(header + 20)).replace(/\0+$/, '')).toBe('quiet');
  expect(() => appendSections(Buffer.alloc(0x400), sections)).toThrow('not a PE image');
});

test('a variable is replaced by a longer one and deleted', () => {
  const store = smallStore('PK', Buffer.from([1, 2, 3]));
  const list = certificateList('7d1c6a52-0b7e-4c53-9a52-3f1c6b1f2a10', Buffer.alloc(40, 7));
  const replaced = readVariables(replaceVariable(store, GLOBAL_VARIABLE, 'PK', list));
  expect(replaced.map((one) => [one.name, one.data.length])).toEqual([['PK', 84]]);
  expect(replaced[0]?.data.equals(list)).toBe(true);
  expect(readVariables(deleteVariable(store, GLOBAL_VARIABLE, 'PK'))).toEqual([]);
  expect(() => deleteVariable(store, GLOBAL_VARIABLE, 'KEK')).toThrow('no KEK');
  expect(() => replaceVariable(store, GLOBAL_VARIABLE, 'PK', Buffer.alloc(5000))).toThrow('full');
});

test('a GUID is written as it is read', () => {
  const bytes = Buffer.alloc(16);
  writeGuid(bytes, 0, GLOBAL_VARIABLE);
  expect(bytes.toString('hex')).toBe('61dfe48bca93d211aa0d00e098032b8c');
  expect(readGuid(bytes, 0)).toBe(GLOBAL_VARIABLE);
});

test('a transfer that was cut off or damaged is refused', () => {
  const digest = '0'.repeat(64);
  expect(() => readTransfers(Buffer.from(`noise\r\nBEGIN evidence ${digest}\r\nAAAA\r\n`))).toThrow('cut off');
  expect(() => readTransfers(Buffer.from(`BEGIN evidence ${digest}\nAAAA\nEND evidence\n`))).toThrow('damaged');
  expect(readTransfers(Buffer.from('firmware talks\r\n')).size).toBe(0);
});

test('the unknown program is an ELF file of one segment', () => {
  const program = unknownProgram();
  expect(program.toString('latin1', 1, 4)).toBe('ELF');
  expect(program.readBigUInt64LE(96)).toBe(BigInt(program.length));
});

/** A PE32+ image without sections. */
function smallPe(): Buffer {
  const image = Buffer.alloc(0x400);
  image.writeUInt32LE(0x80, 0x3c);
  image.write('PE\0\0', 0x80, 'latin1');
  image.writeUInt16LE(0x70, 0x84 + 16);
  const optional = 0x84 + 20;
  image.writeUInt32LE(0x200, optional + 32);
  image.writeUInt32LE(0x200, optional + 36);
  image.writeUInt32LE(0x400, optional + 60);
  return image;
}

/** A firmware volume with one authenticated variable. */
function smallStore(name: string, data: Buffer): Buffer {
  const store = Buffer.alloc(4096, 0xff);
  store.writeUInt16LE(72, 48);
  writeGuid(store, 72, 'aaf32c78-947b-439a-a180-2e144ec37792');
  store.writeUInt32LE(4000, 72 + 16);
  const offset = 72 + 28;
  const text = Buffer.from(`${name}\0`, 'utf16le');
  store.fill(0, offset, offset + 60);
  store.writeUInt16LE(0x55aa, offset);
  store.writeUInt8(0x3f, offset + 2);
  store.writeUInt32LE(text.length, offset + 36);
  store.writeUInt32LE(data.length, offset + 40);
  writeGuid(store, offset + 44, GLOBAL_VARIABLE);
  text.copy(store, offset + 60);
  data.copy(store, offset + 60 + text.length);
  return store;
}
