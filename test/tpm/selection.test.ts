import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/bytes/reader.ts';
import { fromHex, toHex } from '../../src/bytes/text.ts';
import {
  equalSelections,
  parseSelection,
  readSelection,
  selectionFlaws,
  selectionText,
  tpmlText,
  toSelection,
  toTpml,
  writeSelection,
} from '../../src/tpm/selection.ts';
import { minimumBank } from '../../src/tpm/quote.ts';
import { errorCode } from './outcome.ts';

const read = (hex: string): ReturnType<typeof readSelection> => {
  const reader = new ByteReader(fromHex(hex.replaceAll(' ', '')), 'selection');
  const list = readSelection(reader);
  reader.end();
  return list;
};

it('equals no selection that names a PCR there is not, nor does that equal itself', () => {
  const of = (pcr: number) => new Map([['sha256', [pcr]]] as const);
  expect(equalSelections(of(23), of(23))).toBe(true);
  for (const pcr of [-1, 24, 32, NaN]) {
    expect(equalSelections(of(pcr), of(pcr))).toBe(false);
    expect(equalSelections(of(pcr), of(0))).toBe(false);
  }
});

describe('TPML_PCR_SELECTION', () => {
  it('maps PCR n to bit n mod 8 of octet n div 8', () => {
    expect(read('00000002 000b 03 018080 0004 01 02')).toEqual([
      { hash: 0x0b, sizeofSelect: 3, pcrSelect: [0, 15, 23] },
      { hash: 0x04, sizeofSelect: 1, pcrSelect: [1] },
    ]);
    for (let pcr = 0; pcr <= 23; pcr++) {
      const bytes = writeSelection(toTpml(new Map([['sha256', [pcr]]])));
      const map = 1 << pcr;
      const octets = [map & 0xff, (map >> 8) & 0xff, (map >> 16) & 0xff];
      expect(toHex(bytes)).toBe(`00000001000b03${toHex(Uint8Array.from(octets))}`);
    }
  });

  // Attack 55
  it('refuses PCR above 23, a bit map of no or of five octets, and more banks than a TPM has', () => {
    expect(read('00000001 000b 04 ffffff00')[0]!.pcrSelect).toHaveLength(24);
    for (const octet of ['01', '80', 'ff'])
      expect(errorCode(() => read(`00000001 000b 04 000000${octet}`))).toBe('tpm.pcr-index');
    expect(errorCode(() => read('00000001 000b 00'))).toBe('tpm.selection-size');
    expect(errorCode(() => read('00000001 000b 05 0000000000'))).toBe('tpm.selection-size');
    expect(errorCode(() => read(`00000011 ${'000b03ffffff'.repeat(17)}`))).toBe('tpm.selection-count');
    expect(read(`00000010 ${'000b03ffffff'.repeat(16)}`)).toHaveLength(16);
    expect(errorCode(() => read('ffffffff'))).toBe('tpm.selection-count');
    expect(errorCode(() => read('00000002 000b 03 ffffff'))).toBe('bytes.truncated');
  });

  it('shows a repeated bank, an unknown bank and an empty selection as flaws', () => {
    expect(selectionFlaws(read('00000001 000b 03 ffff00'))).toEqual([]);
    expect(selectionFlaws(read('00000002 000b 03 010000 000b 03 020000'))).toEqual(['duplicate-bank']);
    expect(selectionFlaws(read('00000002 000b 03 010000 000b 03 000000'))).toEqual(['duplicate-bank']);
    expect(selectionFlaws(read('00000002 000b 03 010000 0012 03 020000'))).toEqual(['unknown-bank']);
    expect(selectionFlaws(read('00000002 000b 03 010000 0012 03 000000'))).toEqual([]);
    expect(selectionFlaws(read('00000001 000b 03 000000'))).toEqual(['empty']);
    expect(selectionFlaws(read('00000000'))).toEqual(['empty']);
  });

  it('becomes a set without empty and unknown banks, weakest bank first', () => {
    const list = read('00000004 000c 03 010000 000b 03 060000 0004 03 000000 0012 03 010000');
    expect(selectionText(toSelection(list))).toBe('sha256:1,2+sha384:0');
    expect(tpmlText(list)).toBe('sha384:0+sha256:1,2+sha1:+0x0012:0');
  });
});

describe('text of a selection', () => {
  it('reads lists and ranges, in any order, and writes one form', () => {
    expect(selectionText(parseSelection('sha256:0,1,2+sha384:0'))).toBe('sha256:0,1,2+sha384:0');
    expect(selectionText(parseSelection('sha384:0+sha256:2,0-1'))).toBe('sha256:0,1,2+sha384:0');
    expect(selectionText(parseSelection('sha1:23'))).toBe('sha1:23');
    expect(parseSelection('sha256:0-23').get('sha256')).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it.each([
    '',
    'sha256',
    'sha256:',
    ':0',
    'sm3:0',
    'SHA256:0',
    'sha256:24',
    'sha256:0-24',
    'sha256:3-1',
    'sha256:-1',
    'sha256:1-',
    'sha256:0,0',
    'sha256:0-3,2',
    'sha256:0,',
    'sha256:0+',
    'sha256:0+sha256:1',
    'sha256: 0',
    'sha256:0x1',
    'sha256:001',
    'sha256:1-2-3',
  ])('refuses %s', (text) => {
    expect(errorCode(() => parseSelection(text))).toBe('tpm.selection-text');
  });

  it('refuses a text longer than any selection before it is taken apart', () => {
    expect(() => parseSelection(`sha256:${'0,'.repeat(600)}0`)).toThrow('is too long');
  });

  it('reads back what it writes', () => {
    const pcrs = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1 });
    const banks = fc.uniqueArray(fc.tuple(fc.constantFrom('sha1', 'sha256', 'sha384', 'sha512'), pcrs), {
      minLength: 1,
      selector: ([bank]) => bank,
    });
    fc.assert(
      fc.property(banks, (list) => {
        const selection = parseSelection(list.map(([bank, of]) => `${bank}:${of.join(',')}`).join('+'));
        expect(new Map([...selection].map(([bank, of]) => [bank, new Set(of)]))).toEqual(
          new Map(list.map(([bank, of]) => [bank, new Set(of)])),
        );
        expect(parseSelection(selectionText(selection))).toEqual(selection);
        expect(toSelection(toTpml(selection))).toEqual(selection);
      }),
    );
  });

  it('compares as sets', () => {
    const a = new Map([['sha384', [0]] as const, ['sha256', [1, 0]] as const]);
    expect(equalSelections(a, parseSelection('sha256:0,1+sha384:0'))).toBe(true);
    expect(equalSelections(a, parseSelection('sha256:0,1'))).toBe(false);
    expect(equalSelections(parseSelection('sha256:0,1'), parseSelection('sha384:0,1'))).toBe(false);
    expect(equalSelections(parseSelection('sha256:0,1'), parseSelection('sha256:0,1,2'))).toBe(false);
  });

  it('finds the strongest bank with PCR 0 to 15, never SHA-1', () => {
    expect(minimumBank(parseSelection('sha256:0-15'))).toBe('sha256');
    expect(minimumBank(parseSelection('sha256:0-23+sha384:0-15'))).toBe('sha384');
    expect(minimumBank(parseSelection('sha256:0-15+sha384:0-14'))).toBe('sha256');
    expect(minimumBank(parseSelection('sha256:0-14,16'))).toBeUndefined();
    expect(minimumBank(parseSelection('sha256:0-7+sha384:8-15'))).toBeUndefined();
    expect(minimumBank(parseSelection('sha1:0-23'))).toBeUndefined();
  });
});
