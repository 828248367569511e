import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readVariableStore, variableData } from '../../../src/images/firmware/variable-store.ts';
import { requiredDbx, secureBootKeys } from '../../../src/images/references.ts';
import { bytesSource } from '../../../src/images/source.ts';
import { digestHex } from '../../../src/bytes/hash.ts';
import { writeGuid } from '../../lab/guid.ts';
import {
  certificateList,
  deleteVariable,
  GLOBAL_VARIABLE,
  IMAGE_SECURITY,
  replaceVariable,
} from '../../lab/variable-store.ts';
import { testCertificate } from '../../support/authenticode-writer.ts';
import { evidenceCode } from '../../support/evidence-error.ts';

const OWNER = '7d1c6a52-0b7e-4c53-9a52-3f1c6b1f2a10';
const certificate = testCertificate();
const meta = { name: 'test', version: '1', source: 'test', author: 'test', expiresAt: '2099-01-01T00:00:00Z' };

interface Written {
  readonly guid: string;
  readonly name: string;
  readonly data: Uint8Array;
}

/** A firmware volume with an authenticated variable store of these variables, and erased flash behind them. */
function store(variables: readonly Written[]): Buffer {
  const flash = Buffer.alloc(16 * 1024, 0xff);
  flash.fill(0, 0, 100);
  flash.write('_FVH', 40, 'latin1');
  flash.writeUInt16LE(72, 48);
  writeGuid(flash, 72, 'aaf32c78-947b-439a-a180-2e144ec37792');
  flash.writeUInt32LE(16_000, 88);
  flash.writeUInt16LE(0xfe5a, 92);
  let at = 100;
  for (const { guid, name, data } of variables) {
    const text = Buffer.from(`${name}\0`, 'utf16le');
    flash.fill(0, at, at + 60);
    flash.writeUInt16LE(0x55aa, at);
    flash.writeUInt8(0x3f, at + 2);
    flash.writeUInt32LE(0x27, at + 4);
    flash.writeUInt32LE(text.length, at + 36);
    flash.writeUInt32LE(data.length, at + 40);
    writeGuid(flash, at + 44, guid);
    text.copy(flash, at + 60);
    flash.set(data, at + 60 + text.length);
    at = (at + 60 + text.length + data.length + 3) & ~3;
  }
  return flash;
}

const list = certificateList(OWNER, certificate);
const keys = store([
  { guid: GLOBAL_VARIABLE, name: 'PK', data: list },
  { guid: GLOBAL_VARIABLE, name: 'KEK', data: list },
  { guid: IMAGE_SECURITY, name: 'db', data: Buffer.concat([list, list]) },
]);

describe('a store', () => {
  test('gives its variables', () => {
    const variables = readVariableStore(keys, 'test');
    expect(variables.map(({ name }) => name)).toEqual(['PK', 'KEK', 'db']);
    expect(Buffer.from(variableData(variables, IMAGE_SECURITY, 'db'))).toEqual(Buffer.concat([list, list]));
    expect(variableData(variables, GLOBAL_VARIABLE, 'db')).toHaveLength(0);
  });

  test('leaves out what was deleted, and has the newer of two values', () => {
    expect(readVariableStore(deleteVariable(keys, GLOBAL_VARIABLE, 'PK'), 'test').map(({ name }) => name)).toEqual([
      'KEK',
      'db',
    ]);
    const replaced = readVariableStore(replaceVariable(keys, GLOBAL_VARIABLE, 'PK', Buffer.from('new')), 'test');
    expect(Buffer.from(variableData(replaced, GLOBAL_VARIABLE, 'PK')).toString()).toBe('new');
  });

  test('becomes a key set that names certificates by their digest', () => {
    const set = secureBootKeys(bytesSource(keys), meta);
    const entry = { type: 'x509', owner: OWNER, sha256: digestHex('sha256', certificate) };
    expect(set.PK).toEqual([expect.objectContaining(entry)]);
    expect(set.db).toHaveLength(2);
  });

  test('without dbx becomes a requirement only with a reason', () => {
    expect(() => requiredDbx(bytesSource(keys), meta)).toThrow(/an empty dbx requirement needs a reason/);
    expect(requiredDbx(bytesSource(keys), meta, 'nothing is revoked')).toMatchObject({ required: [] });
  });
});

describe('refused', () => {
  test.each([
    ['no volume', Buffer.alloc(1000), 'variables.volume'],
    ['no store', Buffer.from(keys).fill(0, 72, 88), 'variables.store'],
    ['a store that is not formatted', Buffer.from(keys).fill(0xff, 92, 94), 'variables.store'],
    ['a store smaller than its header', Buffer.from(keys).fill(0, 88, 92), 'variables.store'],
    ['a store larger than the flash', keys.subarray(0, 8000), 'bytes.truncated'],
    ['a name longer than the store', Buffer.from(keys).fill(0x7f, 136, 140), 'bytes.truncated'],
    [
      'one variable in force twice',
      store([
        { guid: GLOBAL_VARIABLE, name: 'PK', data: list },
        { guid: GLOBAL_VARIABLE, name: 'PK', data: list },
      ]),
      'variables.twice',
    ],
  ])('%s', (_, flash, code) => {
    expect(evidenceCode(() => readVariableStore(flash, 'test'))).toBe(code);
  });

  test('an entry that is neither a certificate nor a SHA-256', () => {
    const sha1 = Buffer.from(list.subarray(0, 28 + 36));
    writeGuid(sha1, 0, '826ca512-cf10-4ac9-b187-be01496631bd');
    sha1.writeUInt32LE(28 + 36, 16);
    sha1.writeUInt32LE(36, 24);
    const flash = store([{ guid: IMAGE_SECURITY, name: 'db', data: sha1 }]);
    expect(evidenceCode(() => secureBootKeys(bytesSource(flash), meta))).toBe('reference.signature-type');
  });

  test('any change is read or refused, never more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const changed = Buffer.from(keys);
        changed[at] = value;
        const code = evidenceCode(() => secureBootKeys(bytesSource(changed), meta));
        expect(code).toMatch(/^(variables|uefi|bytes|der|x509|reference)\.|^no error$/);
      }),
      { numRuns: 200 },
    );
  });
});
